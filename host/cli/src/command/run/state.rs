//! Where a run keeps what it keeps.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::fs::Dir;
use dormouse::{MemoryStore, Store};
use dormouse_store_sqlite::{OpenError, SqliteStore};
use tempfile::TempDir;

use crate::error::{Failure, Result};
use crate::exit::Exit;

/// The store and the folders of apps.
pub(super) struct State {
    pub(super) store: Arc<dyn Store>,
    /// Given to the host.
    pub(super) folders: Dir,
    /// None if all is gone at the end.
    pub(super) kept_in: Option<PathBuf>,
    /// Removed when it is dropped.
    _temporary: Option<TempDir>,
}

impl State {
    /// Opens the state in `directory`, making it if need be; or a temporary one.
    pub(super) fn open(directory: Option<&Path>) -> Result<Self> {
        match directory {
            Some(directory) => Self::permanent(directory),
            None => Self::temporary(),
        }
    }

    fn permanent(directory: &Path) -> Result<Self> {
        let failed = |error: &io::Error| {
            let what = format!("the state directory `{}` cannot be used", directory.display());
            Failure::new(Exit::State, what)
                .because(error)
                .help("give --state a directory that you may write to; it is made if it does not exist")
        };
        private_dir(directory).map_err(|e| failed(&e))?;
        let store = SqliteStore::open(directory).map_err(|e| open_failed(&e))?;
        let folders = folders(directory).map_err(|e| failed(&e))?;
        Ok(Self { store: Arc::new(store), folders, kept_in: Some(directory.to_owned()), _temporary: None })
    }

    fn temporary() -> Result<Self> {
        let open = || {
            let directory = tempfile::Builder::new().prefix("dormouse-").tempdir()?;
            Ok((folders(directory.path())?, directory))
        };
        let (folders, directory) = open().map_err(|error: io::Error| {
            Failure::new(Exit::State, "a temporary directory cannot be made")
                .because(&error)
                .help("set TMPDIR to a directory that you may write to, or use --state")
        })?;
        let store = Arc::new(MemoryStore::new());
        Ok(Self { store, folders, kept_in: None, _temporary: Some(directory) })
    }
}

/// What is in it is nobody else's business: arguments, results, the task's files.
fn private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn folders(state: &Path) -> io::Result<Dir> {
    let path = state.join("apps");
    private_dir(&path)?;
    File::open(&path).map(Dir::from_std_file)
}

fn open_failed(error: &OpenError) -> Failure {
    // The store's own messages say what is wrong and, after a semicolon, what to do.
    let failure = Failure::from_error(Exit::State, error);
    let help = match error {
        OpenError::Locked { .. } => {
            "one process at a time can use a state directory; stop the other, or give another --state"
        }
        OpenError::NotADatabase { .. } | OpenError::Foreign { .. } => "give --state a directory of its own",
        OpenError::Newer { .. } => "upgrade dormouse, or give another --state",
        OpenError::Corrupt { .. } => "restore `dormouse.db` from a backup, or give another --state",
        OpenError::ReadOnly { .. } => "give --state a directory that you may write to",
        OpenError::Full { .. } => "free some space, or give --state a directory on another disk",
        _ => "give another --state, or find out what is wrong with this one",
    };
    failure.help(help)
}
