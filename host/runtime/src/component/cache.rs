//! Compiled components, kept on disk between processes.
//!
//! What is in a cache is run as native code: a file is used only if a code that nobody else can make says that
//! this cache wrote it, for this component and this compiler. What does not prove that is removed and compiled
//! again.

mod entries;
mod file;

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use cap_std::fs::{Dir, File, OpenOptions, OpenOptionsExt as _};
use rustix::fs::{fstat, fsync};
use uuid::Uuid;

use super::{Code, Digest};
use crate::engine::Fingerprint;
use file::{FILE_LEN_MAX, KEY_LEN, Key};

/// What a cache keeps unless told otherwise, in bytes.
pub const CACHE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// The file with the key of the cache.
const KEY: &str = "key";

/// A directory of compiled components. Cheap to clone; several processes may use one directory at once.
#[derive(Clone)]
pub struct ComponentCache {
    inner: Arc<Inner>,
    bytes_max: u64,
}

struct Inner {
    dir: Dir,
    key: Key,
}

/// Why a directory is no cache. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Others may use the directory or read its key: they could put code into this process.
    #[error("{what} is open to others (its mode is {mode:03o}): make it your own with `chmod go-rwx`")]
    Exposed {
        /// What.
        what: &'static str,
        /// Its permission bits.
        mode: u32,
    },
    /// Somebody else owns it.
    #[error("{what} belongs to user {owner}: name a directory of your own")]
    Foreign {
        /// What.
        what: &'static str,
        /// Who.
        owner: u32,
    },
    /// It cannot be read or written.
    #[error("the cache directory cannot be used: make it writable, or name another one")]
    Io(#[from] io::Error),
}

impl ComponentCache {
    /// A cache in `dir`, which its owner alone may use (mode 0700) and which holds nothing else. It keeps
    /// [`CACHE_BYTES_MAX`]. An empty directory is an empty cache: a key is made for it.
    ///
    /// # Errors
    ///
    /// [`CacheError`].
    pub fn open(dir: Dir) -> Result<Self, CacheError> {
        private("the cache directory", &dir)?;
        let key = open_key(&dir)?;
        Ok(Self { inner: Arc::new(Inner { dir, key }), bytes_max: CACHE_BYTES_MAX })
    }

    /// It keeps at most so many bytes; what was not used for the longest time goes first.
    #[must_use]
    pub fn with_bytes_max(mut self, bytes_max: u64) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    /// The code of a component for a compiler, if it is here and proven.
    pub(super) fn get(&self, component: &Digest, compiler: &Fingerprint) -> Option<Code> {
        let name = entries::name(component, compiler);
        let mut file = match self.inner.dir.open(&name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(%component, %error, "a compiled component cannot be read: it is compiled again");
                return None;
            }
        };
        let reason = match read(&mut file) {
            Ok(bytes) => match file::open(&self.inner.key, component, compiler, bytes) {
                Ok(code) => {
                    entries::touch(&file);
                    return Some(Code(code));
                }
                Err(fault) => fault.to_string(),
            },
            Err(error) => error.to_string(),
        };
        tracing::warn!(%component, %reason, "a file in the cache of components is not what was kept: it is removed, and the component compiled again");
        if let Err(error) = self.inner.dir.remove_file(&name) {
            tracing::warn!(%component, %error, "a file in the cache of components cannot be removed");
        }
        None
    }

    /// Keeps the code of a component. If it cannot, a log says so and nothing is kept.
    pub(super) fn put(&self, component: &Digest, compiler: &Fingerprint, code: &Code) {
        let bytes = file::seal(&self.inner.key, component, compiler, &code.0);
        let len = bytes.len() as u64;
        if len > self.bytes_max.min(FILE_LEN_MAX) {
            tracing::warn!(%component, len, bytes_max = self.bytes_max, "a compiled component is larger than the cache: it is not kept");
            return;
        }
        let name = entries::name(component, compiler);
        let kept = write(&self.inner.dir, &bytes, |dir, unfinished| dir.rename(unfinished, dir, &name));
        if let Err(error) = kept.and_then(|()| entries::evict(&self.inner.dir, self.bytes_max, &name)) {
            tracing::warn!(%component, %error, "a compiled component cannot be kept");
        }
    }
}

impl std::fmt::Debug for ComponentCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ComponentCache").field("bytes_max", &self.bytes_max).finish_non_exhaustive()
    }
}

/// Refuses what another user owns, or may use in any way.
fn private(what: &'static str, opened: &impl std::os::fd::AsFd) -> Result<(), CacheError> {
    let stat = fstat(opened).map_err(io::Error::from)?;
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(CacheError::Foreign { what, owner: stat.st_uid });
    }
    let mode = stat.st_mode & 0o777;
    if mode & 0o077 != 0 {
        return Err(CacheError::Exposed { what, mode });
    }
    Ok(())
}

/// Reads the key, or makes one.
fn open_key(dir: &Dir) -> Result<Key, CacheError> {
    for _ in 0..2 {
        match dir.open(KEY) {
            Ok(file) => {
                private("the key of the cache", &file)?;
                let mut bytes = Vec::new();
                file.take(KEY_LEN as u64 + 1).read_to_end(&mut bytes)?;
                if let Ok(bytes) = <[u8; KEY_LEN]>::try_from(bytes) {
                    return Ok(Key::new(bytes));
                }
                tracing::warn!(
                    "the key of the cache of components is damaged: it is made anew, and all are compiled again"
                );
                dir.remove_file(KEY)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let mut bytes = [0; KEY_LEN];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        // A link is not made where there is one: of two processes, the second takes the key of the first.
        let made = write(dir, &bytes, |dir, unfinished| {
            let linked = dir.hard_link(unfinished, dir, KEY);
            dir.remove_file(unfinished)?;
            linked
        });
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
    }
    match dir.open(KEY) {
        Ok(_) => Err(io::Error::other("another process takes its key away").into()),
        Err(error) => Err(error.into()),
    }
}

/// Writes a file that is there whole or not at all: under a name of its own first, then `place` gives it its
/// name.
fn write(dir: &Dir, bytes: &[u8], place: impl FnOnce(&Dir, &str) -> io::Result<()>) -> io::Result<()> {
    let unfinished = entries::unfinished(Uuid::new_v4());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let written = dir.open_with(&unfinished, &options).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| place(dir, &unfinished)) {
        // It may not be there.
        let _ = dir.remove_file(&unfinished);
        return Err(error);
    }
    fsync(dir).map_err(io::Error::from)
}

/// Reads no more than a file of a cache may have, and one byte that says that it has more.
fn read(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(FILE_LEN_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
