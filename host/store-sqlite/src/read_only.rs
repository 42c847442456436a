//! A look into a state directory that another process may have, or that cannot be written. Nothing is made there,
//! and nobody is kept waiting.
//!
//! | what is beside the file | means | it is read |
//! | --- | --- | --- |
//! | a log with something in it, and its index | a host has it open, or fell | as SQLite reads: log and file |
//! | no log, or an empty one | everything is in the file | as a file that never changes |
//! | a log, and no index | somebody copied only these two | not at all: SQLite would have to make the index |
//!
//! To read a file that never changes takes no lock and makes no log, so it works where nothing can be written. If a
//! host opens the file meanwhile, that is seen before and after each answer, and the question is asked again in the
//! other way.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use dormouse_core::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::errors::{Fault, OpenError};
use crate::open::{BUSY, inspect, prepare_to_read};
use crate::schema;

/// How often a question is asked again because the file changed under it.
const TRIES_MAX: u32 = 8;

/// What tells that a file changed.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    log_len: u64,
}

impl Stamp {
    fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self { len: metadata.len(), modified: metadata.modified().ok(), log_len: log_len(path) })
    }
}

/// The file beside the database that has this at the end of its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The length of the log, in bytes; 0 if there is none.
pub(crate) fn log_len(path: &Path) -> u64 {
    std::fs::metadata(beside(path, "-wal")).map_or(0, |metadata| metadata.len())
}

/// A connection that reads.
#[derive(Debug)]
pub(crate) struct View {
    conn: Connection,
    path: Arc<Path>,
    /// Of a file that is read as one that never changes.
    stamp: Option<Stamp>,
}

impl View {
    /// Of a store that this process has.
    pub(crate) const fn of_own(conn: Connection, path: Arc<Path>) -> Self {
        Self { conn, path, stamp: None }
    }

    pub(crate) fn open(path: Arc<Path>) -> Result<Self, OpenError> {
        let stamp = match Stamp::of(&path) {
            Ok(stamp) => stamp,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(OpenError::Missing { path: path.to_path_buf() });
            }
            Err(error) => return Err(OpenError::io(&path, error)),
        };
        let failed = |error| OpenError::sqlite(&path, error);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let len = stamp.len;
        let (conn, stamp) = if stamp.log_len == 0 {
            let conn = Connection::open_with_flags(as_unchanging(&path), flags | OpenFlags::SQLITE_OPEN_URI);
            (conn, Some(stamp))
        } else if beside(&path, "-shm").exists() {
            (Connection::open_with_flags(&path, flags), None)
        } else {
            return Err(OpenError::NoIndex { path: path.to_path_buf() });
        };
        let conn = conn.map_err(failed)?;
        conn.busy_timeout(BUSY).map_err(failed)?;
        let found = inspect(&conn, &path, len)?;
        if found < schema::VERSION {
            return Err(OpenError::Older { path: path.to_path_buf(), found, known: schema::VERSION });
        }
        prepare_to_read(&conn).map_err(failed)?;
        Ok(Self { conn, path, stamp })
    }

    /// Asks, again if the file changed meanwhile.
    pub(crate) fn ask<T>(&mut self, read: impl Fn(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        for _ in 0..TRIES_MAX {
            if self.is_true() {
                let answer = read(&self.conn);
                if self.is_true() {
                    return answer;
                }
            }
            let path = Arc::clone(&self.path);
            *self = Self::open(path).map_err(|error| unavailable(&error))?;
        }
        Err(unavailable(&format_args!("`{}` changes all the time; try again", self.path.display())))
    }

    fn is_true(&self) -> bool {
        self.stamp.as_ref().is_none_or(|stamp| Stamp::of(&self.path).is_ok_and(|now| now == *stamp))
    }
}

fn unavailable(why: &dyn std::fmt::Display) -> Fault {
    Fault::Store(StoreError::Unavailable(why.to_string()))
}

/// The URI by which SQLite takes a file for one that never changes.
fn as_unchanging(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' => {
                uri.push(char::from(*byte))
            }
            // Writing to a string cannot fail.
            other => drop(write!(uri, "%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_same_in_a_uri() {
        let uri = as_unchanging(Path::new("/a b/50%?#ä.db"));
        assert_eq!(uri, "file:/a%20b/50%25%3F%23%C3%A4.db?immutable=1");
    }
}
