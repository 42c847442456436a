//! Where a host keeps what it keeps.
//!
//! ```text
//! dormouse.db    registrations, activations, runs
//! dormouse.lock  held by the process that uses it, whose id is in it
//! dormouse.sock  the control API, while `dormouse serve` runs
//! token          what opens the control API at a TCP address, once there was one
//! apps/          each app's /local and /temp
//! packages/      installed packages
//! cache/         their components, compiled
//! ```

mod check;
mod holder;

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::fs::Dir;
use dormouse::{ComponentCache, MemoryStore, PackageConfig, Store};
use dormouse_store_sqlite::{OpenError, SqliteStore, Synchronous};
use etcetera::BaseStrategy as _;
use etcetera::base_strategy::Xdg;
use tempfile::TempDir;

pub(crate) use self::check::is_directory;
use crate::cli::HomeArgs;
use crate::command::compile_worker;
use crate::error::{Failure, Result};
use crate::exit::Exit;

/// The name of the database in a state directory.
pub(crate) const DATABASE: &str = "dormouse.db";

/// The name of the socket of the control API in a state directory.
pub(crate) const SOCKET: &str = "dormouse.sock";

/// The store and the folders of apps.
pub(crate) struct State {
    pub(crate) store: Arc<dyn Store>,
    /// The same, if it is kept.
    pub(crate) kept: Option<Arc<SqliteStore>>,
    /// None if all is gone at the end.
    pub(crate) kept_in: Option<PathBuf>,
    apps: Dir,
    /// Removed when it is dropped.
    _temporary: Option<TempDir>,
}

impl State {
    /// Opens the state in `directory`, as [`State::own`]; or a temporary one.
    pub(crate) fn open(directory: Option<&Path>) -> Result<Self> {
        match directory {
            Some(directory) => Self::own(directory, Synchronous::Full),
            None => Self::temporary(),
        }
    }

    /// Opens the state in `directory`, making it if need be. It must be of the user who asks, and nobody else's business.
    pub(crate) fn own(directory: &Path, synchronous: Synchronous) -> Result<Self> {
        is_directory(directory)?;
        private_dir(directory).map_err(|e| unusable(directory, &e))?;
        check::is_ours(directory)?;
        let store = SqliteStore::open_with(directory, synchronous).map_err(|e| open_failed(&e))?;
        let apps = folder(directory, "apps").map_err(|e| unusable(directory, &e))?;
        let store = Arc::new(store);
        let kept = Some(store.clone());
        Ok(Self { store, kept, apps, kept_in: Some(directory.to_owned()), _temporary: None })
    }

    fn temporary() -> Result<Self> {
        let open = || {
            let directory = tempfile::Builder::new().prefix("dormouse-").tempdir()?;
            Ok((folder(directory.path(), "apps")?, directory))
        };
        let (apps, directory) = open().map_err(|error: io::Error| {
            Failure::new(Exit::State, "a temporary directory cannot be made")
                .because(&error)
                .help("set TMPDIR to a directory that you may write to, or use --state")
        })?;
        let store = Arc::new(MemoryStore::new());
        Ok(Self { store, kept: None, apps, kept_in: None, _temporary: Some(directory) })
    }

    /// The folders of apps, for the host.
    pub(crate) fn folders(&self) -> Result<Dir> {
        self.apps.try_clone().map_err(|error| {
            Failure::new(Exit::State, "the folders of apps cannot be opened")
                .because(&error)
                .help("close some other programs: files that are open at once are bounded")
        })
    }

    /// The packages, for the host; none if the state is not kept.
    pub(crate) fn packages(&self) -> Result<Option<PackageConfig>> {
        let Some(directory) = &self.kept_in else { return Ok(None) };
        let failed = |error: &io::Error| unusable(directory, error);
        let packages = folder(directory, "packages").map_err(|e| failed(&e))?;
        let cache = folder(directory, "cache").map_err(|e| failed(&e))?;
        let cache = ComponentCache::open(cache).map_err(|error| {
            Failure::new(Exit::State, format!("`{}` cannot be used", directory.join("cache").display()))
                .because(&error)
                .help("make it your own with `chmod go-rwx`, or remove it: it is made anew")
        })?;
        let compiler = compile_worker::compiler();
        Ok(Some(PackageConfig { directory: packages, compiler, cache: Some(cache) }))
    }
}

/// The state directory that a command is to use.
pub(crate) fn home(args: &HomeArgs) -> Result<PathBuf> {
    if let Some(directory) = &args.state {
        return Ok(directory.clone());
    }
    let base = Xdg::new().ok().and_then(|base| base.state_dir());
    base.map(|base| base.join("dormouse")).ok_or_else(|| {
        Failure::new(Exit::Usage, "there is no home directory, and so no place for the state")
            .help("name a directory with --state, or in DORMOUSE_STATE")
    })
}

/// Whether anything was ever kept in `directory`.
pub(crate) fn is_there(directory: &Path) -> bool {
    directory.join(DATABASE).exists()
}

/// What is in it is nobody else's business: arguments, results, the tasks' files.
fn private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn folder(state: &Path, name: &str) -> io::Result<Dir> {
    let path = state.join(name);
    private_dir(&path)?;
    File::open(&path).map(Dir::from_std_file)
}

fn unusable(directory: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::State, format!("the state directory `{}` cannot be used", directory.display()))
        .because(error)
        .help("give --state a directory that you may write to; it is made if it does not exist")
}

pub(crate) fn open_failed(error: &OpenError) -> Failure {
    // The store's own messages say what is wrong and, after a semicolon, what to do.
    let failure = Failure::from_error(Exit::State, error);
    let help = match error {
        OpenError::Locked { directory, holder } => {
            return failure.help(holder::told(directory, *holder));
        }
        OpenError::NotADatabase { .. } | OpenError::Foreign { .. } => "give --state a directory of its own",
        OpenError::Newer { .. } => "upgrade dormouse, or give another --state",
        OpenError::Corrupt { .. } => "restore `dormouse.db` from a backup, or give another --state",
        OpenError::Older { .. } => {
            "`dormouse serve` brings it up to date, and so does any command that changes something"
        }
        OpenError::Missing { .. } => {
            "name the --state of a host: `dormouse serve` makes it at its first start"
        }
        OpenError::ReadOnly { .. } => "give --state a directory that you may write to",
        OpenError::Full { .. } => "free some space, or give --state a directory on another disk",
        _ => "give another --state, or find out what is wrong with this one",
    };
    failure.help(help)
}
