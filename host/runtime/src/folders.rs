//! The folders that each app has for itself, and what it may keep in them.
//!
//! | to learn about | read |
//! | --- | --- |
//! | how much is in them, and whether more may be | `account.rs`, `walk.rs` |
//! | how something is opened, in granted directories as well | `opening.rs` |
//! | files that are open, and what is written to them | `file.rs`, `held.rs` |
//! | what is made, moved and removed by its path | `own.rs` |
//! | how they are emptied, however deep they are | `remove.rs` |
//! | what is told of them to an operator | `used.rs` |
//!
//! What guests call is in `imports/filesystem.rs`. Directories that were granted are not counted.

mod account;
mod file;
mod held;
mod opening;
mod own;
mod remove;
#[cfg(test)]
mod tests;
mod used;
mod walk;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cap_fs_ext::DirExt as _;
use cap_std::fs::Dir;
use dormouse_core::{AppId, AppLimits};

pub(crate) use account::{Account, Refused, Sum};
pub(crate) use file::OpenFile;
pub(crate) use held::{Held, OwnFile, OwnFiles};
pub(crate) use opening::Opening;
pub(crate) use own::OwnDir;

/// Where apps have their folders, and the account of each.
pub(crate) struct Folders {
    dir: Dir,
    accounts: Mutex<HashMap<AppId, Arc<Account>>>,
}

impl Folders {
    pub(crate) fn new(dir: Dir) -> Self {
        Self { dir, accounts: Mutex::default() }
    }

    /// Opens the folders of an app, making them if need be, with what it may keep in them from now on. With `first`,
    /// what an earlier host left in `temp` is removed.
    pub(crate) fn open(&self, app: &AppId, first: bool, limits: AppLimits) -> io::Result<AppFolders> {
        self.dir.create_dir_all(app.as_str())?;
        let home = self.dir.open_dir(app.as_str())?;
        home.create_dir_all("local")?;
        if first && home.try_exists("temp")? {
            remove::tree(&home, "temp")?;
        }
        home.create_dir_all("temp")?;
        let (local, temp) = (home.open_dir("local")?, home.open_dir("temp")?);
        let roots = [local.try_clone()?, temp.try_clone()?];
        let account = self.accounts().entry(app.clone()).or_default().clone();
        account.set(limits, roots);
        Ok(AppFolders { local, temp, account })
    }

    /// Removes the folders of an app that is not installed any more.
    pub(crate) fn remove(&self, app: &AppId) -> io::Result<()> {
        let account = self.accounts().get(app).cloned();
        let Some(account) = account else { return self.remove_home(app) };
        account.remove(|| self.remove_home(app))?;
        self.accounts().remove(app);
        Ok(())
    }

    fn remove_home(&self, app: &AppId) -> io::Result<()> {
        let home = match self.dir.open_dir_nofollow(app.as_str()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            home => home?,
        };
        remove::contents(&home)?;
        self.dir.remove_dir(app.as_str())
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<AppId, Arc<Account>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An app's own folders, open.
pub(crate) struct AppFolders {
    pub(crate) local: Dir,
    pub(crate) temp: Dir,
    /// Of both together.
    pub(crate) account: Arc<Account>,
}
