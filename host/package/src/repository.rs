//! Where installed packages are kept.
//!
//! ```text
//! .staging/0/...           a package that is being read; nobody looks here, and it is emptied at the next start
//! <app>/<digest>/...       a package, whole: its manifest and everything else that it brought
//! ```
//!
//! A package is written and checked under `.staging`, is brought to the disk there, and gets its name by one rename: so
//! it is there whole or not at all, whenever the host is killed. It goes the same way back. What is here is not yet
//! installed: the host's store says what is, and [`Repository::sweep`] removes everything else.

mod error;
mod installed;
mod staged;
mod step;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cap_fs_ext::DirExt;
use cap_std::fs::{Dir, Permissions, PermissionsExt};
use dormouse_core::AppId;

use crate::digest::Digest;
use crate::intake::create_dir;
use crate::source::Source;
use step::{Step, reach};

pub use error::RepositoryError;
pub use installed::Installed;
pub use staged::Staged;

/// No app is called so: the name of one begins with a letter or a digit.
const STAGING: &str = ".staging";

/// Packages on the disk, below one directory that is this repository's alone. One process at a time opens it: whoever
/// opens the host's store.
#[derive(Debug)]
pub struct Repository {
    root: Dir,
    staging: Dir,
    next: AtomicU64,
    /// Held while names change: a folder of an app comes and goes with its packages.
    names: Mutex<()>,
}

impl Repository {
    /// Opens the repository in `root`, and makes it if there is none. Closes the directory to others (mode 0700), and
    /// removes what was being read when the last process ended.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Disk`] if the directory cannot be changed.
    pub fn open(root: Dir) -> Result<Self, RepositoryError> {
        let disk = |source| RepositoryError::disk(STAGING, source);
        root.set_permissions(".", Permissions::from_mode(0o700)).map_err(disk)?;
        create_dir(&root, STAGING).map_err(disk)?;
        let staging = root.open_dir_nofollow(STAGING).map_err(disk)?;
        for entry in staging.entries().map_err(disk)? {
            let entry = entry.map_err(disk)?;
            let is_dir = entry.file_type().map_err(disk)?.is_dir();
            let name = entry.file_name();
            let removed = if is_dir { staging.remove_dir_all(name) } else { staging.remove_file(name) };
            removed.map_err(disk)?;
        }
        Ok(Self { root, staging, next: AtomicU64::new(0), names: Mutex::new(()) })
    }

    /// Reads a package, checks all of it, and keeps it aside. If anything is wrong nothing of it stays.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Package`] says what is wrong with it.
    pub fn stage(&self, source: Source) -> Result<Staged, RepositoryError> {
        let (staging, name) = self.fresh()?;
        Ok(Staged::read(staging, name, source)?)
    }

    /// Gives a staged package its name. If it is there already, whole, that one is kept.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Disk`]; the staged package is gone then.
    pub fn commit(&self, staged: Staged) -> Result<Installed, RepositoryError> {
        let app = staged.manifest().name.clone();
        let (digest, name) = (staged.digest(), staged.digest().to_string());
        let disk = |source| RepositoryError::disk(&format!("{app}/{name}"), source);
        let _names = self.names();
        match self.open_installed(&app, &digest) {
            Ok(Some(installed)) => {
                // Whoever named it may have been killed before the name was on the disk.
                sync(&self.root.open_dir_nofollow(app.as_str()).map_err(disk)?).map_err(disk)?;
                return Ok(installed);
            }
            Ok(None) => {}
            Err(RepositoryError::Damaged { .. } | RepositoryError::Package(_)) => {
                self.withdraw(&app, &digest)?;
            }
            Err(error) => return Err(error),
        }
        create_dir(&self.root, app.as_str()).map_err(disk)?;
        sync(&self.root).map_err(disk)?;
        reach(Step::Folder);
        let folder = self.root.open_dir_nofollow(app.as_str()).map_err(disk)?;
        let installed = staged.rename(&folder, &name).map_err(disk)?;
        reach(Step::Renamed);
        sync(&folder).map_err(disk)?;
        Ok(installed)
    }

    /// The package of `app` with this digest; none if it is not here. All of it is read and held against the digest.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Damaged`] if it is not what was installed, [`RepositoryError::Package`] if this version does
    /// not understand its manifest, [`RepositoryError::Disk`] if it cannot be read.
    pub fn installed(&self, app: &AppId, digest: &Digest) -> Result<Option<Installed>, RepositoryError> {
        let _names = self.names();
        self.open_installed(app, digest)
    }

    /// Removes the package of `app` with this digest. Answers whether it was here.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Disk`]; the package is here whole then, or not any more.
    pub fn remove(&self, app: &AppId, digest: &Digest) -> Result<bool, RepositoryError> {
        let _names = self.names();
        self.withdraw(app, digest)
    }

    /// Removes every package that is not in `keep`, and answers which. What has no place in a repository stays as it is.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Disk`]; some may be removed then.
    pub fn sweep(&self, keep: &[(AppId, Digest)]) -> Result<Vec<(AppId, Digest)>, RepositoryError> {
        let _names = self.names();
        let mut removed = Vec::new();
        for app in self.apps()? {
            for digest in self.digests(&app)? {
                let package = (app.clone(), digest);
                if !keep.contains(&package) && self.withdraw(&app, &digest)? {
                    removed.push(package);
                }
            }
            self.forget(&app);
        }
        Ok(removed)
    }

    fn names(&self) -> MutexGuard<'_, ()> {
        // It guards the disk, which is whole after every step.
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The staging area, and a name in it that nobody has.
    fn fresh(&self) -> Result<(Dir, String), RepositoryError> {
        let disk = |source| RepositoryError::disk(STAGING, source);
        let name = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        Ok((self.staging.try_clone().map_err(disk)?, name))
    }

    fn open_installed(&self, app: &AppId, digest: &Digest) -> Result<Option<Installed>, RepositoryError> {
        let name = digest.to_string();
        let opened =
            self.root.open_dir_nofollow(app.as_str()).and_then(|folder| folder.open_dir_nofollow(&name));
        match opened {
            Ok(dir) => Installed::open(dir, app, digest).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(RepositoryError::disk(&format!("{app}/{name}"), source)),
        }
    }

    /// Takes a package's name away, and then its files.
    fn withdraw(&self, app: &AppId, digest: &Digest) -> Result<bool, RepositoryError> {
        let name = digest.to_string();
        let disk = |source| RepositoryError::disk(&format!("{app}/{name}"), source);
        let folder = match self.root.open_dir_nofollow(app.as_str()) {
            Ok(folder) => folder,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(disk(source)),
        };
        let (staging, aside) = self.fresh()?;
        match folder.rename(&name, &staging, &aside) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(disk(source)),
        }
        reach(Step::Withdrawn);
        sync(&folder).map_err(disk)?;
        staging.remove_dir_all(&aside).map_err(disk)?;
        self.forget(app);
        Ok(true)
    }

    /// Removes the folder of an app that has no packages any more.
    fn forget(&self, app: &AppId) {
        // It fails while something is in it, which is the check. An empty folder that stays harms nobody.
        let _ = self.root.remove_dir(app.as_str());
    }

    fn apps(&self) -> Result<Vec<AppId>, RepositoryError> {
        let names = folders(&self.root).map_err(|source| RepositoryError::disk(".", source))?;
        Ok(names.into_iter().filter_map(|name| AppId::new(name).ok()).collect())
    }

    fn digests(&self, app: &AppId) -> Result<Vec<Digest>, RepositoryError> {
        let opened = self.root.open_dir_nofollow(app.as_str());
        let names = opened.and_then(|folder| folders(&folder));
        let names = names.map_err(|source| RepositoryError::disk(app.as_str(), source))?;
        Ok(names.into_iter().filter_map(|name| name.parse().ok()).collect())
    }
}

/// The names of folders in `dir`, without links to such.
fn folders(dir: &Dir) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in dir.entries()? {
        let entry = entry?;
        if entry.file_type()?.is_dir()
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Has the names in `dir` on the disk.
fn sync(dir: &Dir) -> std::io::Result<()> {
    dir.open(".")?.sync_all()
}

#[cfg(test)]
mod tests;
