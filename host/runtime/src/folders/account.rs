//! How much an app has in its folders, and whether more may come.
//!
//! The account is the app's, and all its runs share it. It is kept by the very steps that change the folders, each
//! under the account's lock and judged before it is done; so it is exact, and two runs that write at once cannot pass
//! the limit together. It begins with a count of what is there, the first time that something is to grow, and begins
//! again where it cannot be known what a step did.
//!
//! What counts is the length of each file, once for each of its names, and the entries of directories. A file without
//! a name counts for as long as some run has it open.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use cap_std::fs::Dir;
use dormouse_core::AppLimits;
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use super::walk;

/// What a file is known by: its device and its number there.
pub(super) type Key = (u64, u64);

/// Why something was not done in an app's folder.
#[derive(Debug)]
pub(crate) enum Refused {
    /// This limit of the app's is reached.
    Full(&'static str),
    /// The machine says so.
    Io(io::Error),
    /// WASI says so.
    Code(ErrorCode),
    /// The guest is at fault.
    Trap(wasmtime::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<FsError> for Refused {
    fn from(error: FsError) -> Self {
        error.downcast().map_or_else(Self::Trap, Self::Code)
    }
}

/// What is in the folders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) bytes: u64,
    pub(crate) entries: u64,
}

/// A file that is open somewhere, with a handle of the account's own to look at it.
#[derive(Debug)]
struct Open {
    handles: u32,
    file: File,
}

/// The account of one app.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// What the app may keep. Not with the books, which are held while a disk is waited for.
    limits: Mutex<AppLimits>,
    books: Mutex<Books>,
    /// Files that were closed while somebody else had the books, who enters them when he is done: the lock is held
    /// while a disk is waited for, and what closes files may be a thread that must not.
    closed: Mutex<Vec<Key>>,
}

/// What the lock guards.
#[derive(Debug, Default)]
pub(super) struct Books {
    limits: AppLimits,
    roots: Vec<Dir>,
    /// The folders were removed: what an app still has open it keeps nothing in.
    gone: bool,
    /// None: not counted yet, or not known any more.
    sum: Option<Sum>,
    open: HashMap<Key, Open>,
}

impl Account {
    /// What the app may keep from now on, and where.
    pub(super) fn set(&self, limits: AppLimits, roots: [Dir; 2]) {
        self.limit(limits);
        self.with(|books| {
            books.roots = roots.into();
            books.gone = false;
            books.sum = None;
        });
    }

    /// Removes the folders, when nobody is in the middle of changing them. From then on nothing is kept in what is left
    /// open of them: a run that was killed may still have something under way.
    pub(super) fn remove(&self, removal: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.with(|books| {
            books.gone = true;
            books.roots.clear();
            books.sum = None;
            removal()
        })
    }

    /// Changes what is in the folders, if they are still there.
    pub(super) fn change<R>(
        &self,
        work: impl FnOnce(&mut Books) -> Result<R, Refused>,
    ) -> Result<R, Refused> {
        self.with(|books| if books.gone { Err(Refused::Code(ErrorCode::NoEntry)) } else { work(books) })
    }

    /// What the app may keep from now on. Waits for no disk.
    pub(super) fn limit(&self, limits: AppLimits) {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner) = limits;
    }

    /// How much is in the folders. None: more entries than are allowed.
    pub(super) fn used(&self) -> io::Result<Option<Sum>> {
        self.with(|books| books.sum().map(|sum| sum.copied()))
    }

    /// Works on the books. Waits for whoever has them, and for his disk.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut Books) -> R) -> R {
        let done = {
            let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
            self.enter(&mut books);
            books.limits = *self.limits.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut books)
        };
        self.enter_closures();
        done
    }

    /// A file has one handle less. Waits for no disk.
    pub(super) fn closed(&self, key: Key) {
        self.closures().push(key);
        self.enter_closures();
    }

    fn closures(&self) -> MutexGuard<'_, Vec<Key>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter_closures(&self) {
        while !self.closures().is_empty() {
            let mut books = match self.books.try_lock() {
                Ok(books) => books,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // Whoever has them does it.
                Err(TryLockError::WouldBlock) => return,
            };
            self.enter(&mut books);
        }
    }

    fn enter(&self, books: &mut Books) {
        let closed = std::mem::take(&mut *self.closures());
        closed.into_iter().for_each(|key| books.closed(key));
    }
}

impl Books {
    /// What is in the folders, counted now if need be. None: more entries than are allowed, and not counted further.
    fn sum(&mut self) -> io::Result<Option<&mut Sum>> {
        if self.sum.is_none() {
            let mut sum = Sum::default();
            for root in &self.roots {
                if !walk::count(root, &mut sum, self.limits.folder_entries)? {
                    return Ok(None);
                }
            }
            for open in self.open.values() {
                let found = open.file.metadata()?;
                if found.nlink() == 0 {
                    sum.bytes = sum.bytes.saturating_add(found.len());
                }
            }
            self.sum = Some(sum);
        }
        Ok(self.sum.as_mut())
    }

    /// Does what makes an entry with `bytes` in it, if there is room for it.
    pub(super) fn made<T>(
        &mut self,
        bytes: u64,
        make: impl FnOnce() -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let limits = self.limits;
        let Some(sum) = self.sum()? else { return Err(Refused::Full("folder-entries")) };
        if sum.entries >= limits.folder_entries {
            return Err(Refused::Full("folder-entries"));
        }
        if bytes > 0 && sum.bytes.saturating_add(bytes) > limits.folder_bytes {
            return Err(Refused::Full("folder-bytes"));
        }
        let made = make()?;
        sum.entries += 1;
        sum.bytes += bytes;
        Ok(made)
    }

    /// How many bytes a file of `names` names may grow.
    pub(super) fn room(&mut self, names: u64) -> Result<u64, Refused> {
        let limit = self.limits.folder_bytes;
        let Some(sum) = self.sum()? else { return Err(Refused::Full("folder-entries")) };
        match limit.saturating_sub(sum.bytes) / names {
            0 => Err(Refused::Full("folder-bytes")),
            room => Ok(room),
        }
    }

    /// A file of `names` names had `before` bytes, and has `after`.
    pub(super) fn resized(&mut self, names: u64, before: u64, after: u64) {
        if let Some(sum) = &mut self.sum {
            let grown = names.saturating_mul(after.saturating_sub(before));
            let shrunk = names.saturating_mul(before.saturating_sub(after));
            sum.bytes = sum.bytes.saturating_add(grown).saturating_sub(shrunk);
        }
    }

    /// An entry that was like this is gone. None: nobody knows what it was like.
    pub(super) fn removed(&mut self, was: Option<&cap_std::fs::Metadata>) {
        use cap_std::fs::MetadataExt as _;

        let Some(was) = was else { return self.forget() };
        let kept = was.nlink() <= 1 && self.open.contains_key(&(was.dev(), was.ino()));
        if let Some(sum) = &mut self.sum {
            sum.entries = sum.entries.saturating_sub(1);
            if !was.is_dir() && !kept {
                sum.bytes = sum.bytes.saturating_sub(was.len());
            }
        }
    }

    /// Something happened that nobody can put a figure to: it is counted anew when that matters.
    pub(super) fn forget(&mut self) {
        self.sum = None;
    }

    /// `file` has one more handle.
    pub(super) fn opened(&mut self, file: &File) -> io::Result<Key> {
        let found = file.metadata()?;
        let key = (found.dev(), found.ino());
        match self.open.get_mut(&key) {
            Some(open) => open.handles += 1,
            None => {
                self.open.insert(key, Open { handles: 1, file: file.try_clone()? });
                if found.nlink() == 0 {
                    // Between the opening and now its last name went, and its bytes with it.
                    self.resized(1, 0, found.len());
                }
            }
        }
        Ok(key)
    }

    /// It has one less; a file without a name goes with its last handle.
    fn closed(&mut self, key: Key) {
        let Some(open) = self.open.get_mut(&key) else { return };
        open.handles -= 1;
        if open.handles > 0 {
            return;
        }
        let Some(open) = self.open.remove(&key) else { return };
        match open.file.metadata() {
            Ok(found) if found.nlink() == 0 => self.resized(1, found.len(), 0),
            Ok(_) => {}
            Err(_) => self.forget(),
        }
    }
}

#[cfg(test)]
impl Account {
    /// Bytes and entries, if they are counted.
    pub(super) fn figures(&self) -> Option<(u64, u64)> {
        self.with(|books| books.sum).map(|sum| (sum.bytes, sum.entries))
    }
}
