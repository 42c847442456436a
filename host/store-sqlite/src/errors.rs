//! What can go wrong, sorted by what is to be done about it.

use std::path::{Path, PathBuf};

use dormouse_core::StoreError;
use rusqlite::ErrorCode;

/// Why a store could not be opened. Each message names the file and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open.
    #[error("the state directory `{}` is in use{}; stop that process, or choose another directory", .directory.display(), by(.holder))]
    Locked {
        /// The state directory.
        directory: PathBuf,
        /// The process that has it, if it can be told.
        holder: Option<u32>,
    },
    /// The file is something else than a SQLite database.
    #[error("`{}` is not a SQLite database; move it away, or choose another state directory", .path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a SQLite database, but not one of Dormouse.
    #[error("`{}` is a database of another program (application id {application_id:#010x}); choose another state directory", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it says that it is; 0 if nothing.
        application_id: i32,
    },
    /// The file was written by a later version.
    #[error("`{}` was made by a newer dormouse (schema {found}, this one knows up to {known}); upgrade dormouse", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its schema.
        found: i32,
        /// The newest version that is known here.
        known: i32,
    },
    /// The file was written by an earlier version, and cannot be brought up to date by who only reads.
    #[error("`{}` was made by an older dormouse (schema {found}, this one reads {known}); start the host once, which brings it up to date", .path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// The version of its schema.
        found: i32,
        /// The version that is read here.
        known: i32,
    },
    /// There is no store, and who only reads makes none.
    #[error("there is no store `{}`; check the state directory, or start the host once, which makes one", .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The newest of it is in a log that cannot be read without its index, and who only reads makes none.
    #[error("`{}-wal` has no `-shm` file beside it; copy all three files, or start the host once", .path.display())]
    NoIndex {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("`{}` is damaged ({detail}); restore it from a backup, or move it away together with its `-wal` and `-shm` files to begin anew", .path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Nothing can be written there.
    #[error("`{}` cannot be written; check its owner and permissions, and that its file system is not mounted read-only", .path.display())]
    ReadOnly {
        /// The file or directory.
        path: PathBuf,
    },
    /// There is no room.
    #[error("there is no space left for `{}`; free some and try again", .path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Anything else.
    #[error("failed to open `{}`", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system or SQLite says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

fn by(holder: &Option<u32>) -> String {
    holder.map(|pid| format!(" by process {pid}")).unwrap_or_default()
}

impl OpenError {
    pub(crate) fn sqlite(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        if is_no_space(&error) {
            return Self::Full { path };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt { path, detail: error.to_string() },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            _ => Self::Io { path, source: error.into() },
        }
    }

    pub(crate) fn io(path: &Path, error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::ReadOnly { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Io { path, source: error.into() },
        }
    }
}

/// Why one command failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// SQLite refused.
    Sqlite(rusqlite::Error),
    /// The command itself did.
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Fault {
    /// A stored value that means nothing.
    pub(crate) fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Store(StoreError::Corrupt(what.to_string()))
    }

    /// It is the disk's or the machine's fault and not the command's: others in the batch would fail too.
    pub(crate) fn concerns_all(&self) -> bool {
        matches!(self.code(), Some(code) if !is_of_data(code))
    }

    pub(crate) fn is_full(&self) -> bool {
        matches!(self, Self::Sqlite(error) if is_no_space(error))
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            Self::Store(_) => None,
        }
    }

    /// What whoever asked is told; `path` is the database's.
    pub(crate) fn into_store_error(self, path: &Path) -> StoreError {
        let error = match self {
            Self::Store(error) => return error,
            Self::Sqlite(error) => error,
        };
        let text = format!("`{}`: {error}", path.display());
        match error.sqlite_error_code() {
            Some(_) if is_no_space(&error) => StoreError::Full(text),
            Some(code) if is_of_data(code) => StoreError::Corrupt(text),
            Some(_) => StoreError::Unavailable(text),
            // No code: a value that could not be read as what it must be.
            None => StoreError::Corrupt(text),
        }
    }
}

/// Full, or no room for another page of the log's index, which SQLite calls an I/O error.
fn is_no_space(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        error.code == ErrorCode::DiskFull || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
    })
}

const fn is_of_data(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::ConstraintViolation
            | ErrorCode::TypeMismatch
            | ErrorCode::TooBig
            | ErrorCode::ParameterOutOfRange
            | ErrorCode::Unknown
    )
}
