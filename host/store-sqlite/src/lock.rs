//! One process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use crate::errors::OpenError;

/// The name of the lock file in the state directory.
const FILE_NAME: &str = "dormouse.lock";

/// How often the lock is tried again before somebody is said to have it.
const TRIES_MAX: u32 = 40;

/// Between two tries. Whoever only looks has it for microseconds, unless the machine has no time for him.
const TRY_EVERY: Duration = Duration::from_millis(2);

/// The state directory, held by this process until it is dropped or the process ends, however that does.
///
/// SQLite's own locks would let a second host in, and both would run what the other one runs. The file
/// stays: removing it would race with whoever opens it next. It holds the process id of its last holder.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    pub(crate) fn take(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(FILE_NAME);
        let failed = |error| OpenError::io(&path, error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(failed)?;
        // Somebody may be looking who holds it, which takes a moment: that is no reason to refuse.
        let mut tries = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < TRIES_MAX => {
                    tries += 1;
                    pause();
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(OpenError::Locked {
                        directory: directory.to_owned(),
                        holder: first_line(&file),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

#[expect(clippy::disallowed_methods, reason = "opening blocks, and a lock tells nobody when it is free")]
fn pause() {
    std::thread::sleep(TRY_EVERY);
}

/// The process that has the state directory `directory`; none if nobody has, or if it cannot be told. It may be a
/// process of another container, where its id means nothing.
#[must_use]
pub fn holder(directory: &Path) -> Option<u32> {
    let file = File::open(directory.join(FILE_NAME)).ok()?;
    match file.try_lock_shared() {
        // Nobody; and this lock goes with the file.
        Ok(()) | Err(TryLockError::Error(_)) => None,
        Err(TryLockError::WouldBlock) => first_line(&file),
    }
}

/// Whoever holds it may be about to write its id: then it cannot be told.
fn first_line(file: &File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.lines().next()?.trim().parse().ok()
}
