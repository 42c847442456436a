//! Files of an app's own folders, open, and what is written to them.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Arc, Weak};

use super::account::{Account, Key, Refused};

/// That a file is open: for as long as this lives, its bytes count, whatever names it has.
#[derive(Debug)]
pub(crate) struct OpenFile {
    account: Arc<Account>,
    key: Key,
    /// The handle that WASI has, and lends to streams that may outlive the descriptor.
    lent: Weak<File>,
}

impl OpenFile {
    /// `file` was opened in a folder of this account's app.
    pub(super) fn new(account: &Arc<Account>, file: &Arc<File>) -> Result<Self, Refused> {
        let key = account.change(|books| Ok(books.opened(file)?))?;
        Ok(Self { account: Arc::clone(account), key, lent: Arc::downgrade(file) })
    }

    /// Whether WASI still has a handle.
    pub(crate) fn is_lent(&self) -> bool {
        self.lent.strong_count() > 0
    }

    /// Writes `bytes` at `offset`, or at the end if there is none. Answers how many: fewer if there is room for fewer.
    pub(crate) fn write(&self, file: &File, bytes: &[u8], offset: Option<u64>) -> Result<usize, Refused> {
        self.account.change(|books| {
            let (names, len) = facts(file)?;
            let offset = offset.unwrap_or(len);
            let wanted = offset.saturating_add(bytes.len() as u64);
            let mut bytes = bytes;
            if wanted > len && !bytes.is_empty() {
                let most = len.saturating_add(books.room(names)?);
                let fits = usize::try_from(most.saturating_sub(offset)).unwrap_or(usize::MAX);
                if fits == 0 {
                    return Err(Refused::Full("folder-bytes"));
                }
                bytes = bytes.get(..fits).unwrap_or(bytes);
            }
            let written = file.write_at(bytes, offset)?;
            if written > 0 {
                books.resized(names, len, len.max(offset.saturating_add(written as u64)));
            }
            Ok(written)
        })
    }

    /// Gives the file `size` bytes.
    pub(crate) fn resize(&self, file: &File, size: u64) -> Result<(), Refused> {
        self.account.change(|books| {
            let (names, len) = facts(file)?;
            if size > len && size - len > books.room(names)? {
                return Err(Refused::Full("folder-bytes"));
            }
            file.set_len(size)?;
            books.resized(names, len, size);
            Ok(())
        })
    }
}

/// How often the bytes of a file count, and how many there are.
fn facts(file: &File) -> std::io::Result<(u64, u64)> {
    let found = file.metadata()?;
    Ok((found.nlink().max(1), found.len()))
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        self.account.closed(self.key);
    }
}
