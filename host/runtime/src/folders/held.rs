//! What one run has open in its app's own folders.

use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;

use super::{Account, OpenFile, Refused};

/// What stands behind a descriptor.
#[derive(Debug)]
pub(crate) enum Held {
    Dir(Arc<Account>),
    File(Arc<OpenFile>),
}

/// Descriptors in the app's own folders, by WASI's number for them. A run that opens none has nothing here.
#[derive(Debug, Default)]
pub(crate) struct OwnFiles {
    held: HashMap<u32, Held>,
    /// Files without a descriptor that a stream still reads.
    lent: Vec<Arc<OpenFile>>,
}

impl OwnFiles {
    pub(crate) fn insert(&mut self, descriptor: u32, held: Held) {
        self.held.insert(descriptor, held);
    }

    pub(crate) fn get(&self, descriptor: u32) -> Option<&Held> {
        self.held.get(&descriptor)
    }

    /// The descriptor is gone; a stream that was made of it may not be.
    pub(crate) fn remove(&mut self, descriptor: u32) {
        if let Some(Held::File(file)) = self.held.remove(&descriptor) {
            self.lent.push(file);
        }
        self.sweep();
    }

    /// Lets go of files that no stream reads any more.
    pub(crate) fn sweep(&mut self) {
        self.lent.retain(|file| file.is_lent());
    }
}

/// A file in an app's own folders, to write to.
#[derive(Clone, Debug)]
pub(crate) struct OwnFile {
    pub(crate) held: Arc<OpenFile>,
    pub(crate) file: Arc<File>,
    /// Whether calls on it may block their thread.
    pub(crate) inline: bool,
}

impl OwnFile {
    /// See [`OpenFile::write`].
    pub(crate) fn write(&self, bytes: &[u8], offset: Option<u64>) -> Result<usize, Refused> {
        self.held.write(&self.file, bytes, offset)
    }

    /// Writes all of `bytes`. Answers how many they were.
    pub(crate) fn write_all(&self, bytes: &[u8], offset: Option<u64>) -> Result<u64, Refused> {
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            match self.write(rest, offset.map(|offset| offset.saturating_add(written as u64)))? {
                0 => return Err(std::io::Error::from(std::io::ErrorKind::WriteZero).into()),
                some => written += some,
            }
        }
        Ok(written as u64)
    }

    /// See [`OpenFile::resize`].
    pub(crate) fn resize(&self, size: u64) -> Result<(), Refused> {
        self.held.resize(&self.file, size)
    }
}
