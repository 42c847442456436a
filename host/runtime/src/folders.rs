//! The folders that each app has for itself.

use std::io;

use cap_std::fs::Dir;
use dormouse_core::AppId;

/// Where apps have their folders.
pub(crate) struct Folders(pub(crate) Dir);

impl Folders {
    /// Opens the folders of an app, making them if need be. With `first`, what an earlier host left in `temp`
    /// is removed.
    pub(crate) fn open(&self, app: &AppId, first: bool) -> io::Result<AppFolders> {
        self.0.create_dir_all(app.as_str())?;
        let home = self.0.open_dir(app.as_str())?;
        home.create_dir_all("local")?;
        if first && home.try_exists("temp")? {
            home.remove_dir_all("temp")?;
        }
        home.create_dir_all("temp")?;
        Ok(AppFolders { local: home.open_dir("local")?, temp: home.open_dir("temp")? })
    }

    /// Removes the folders of an app that is not installed any more.
    pub(crate) fn remove(&self, app: &AppId) -> io::Result<()> {
        match self.0.remove_dir_all(app.as_str()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

/// An app's own folders, open.
pub(crate) struct AppFolders {
    pub(crate) local: Dir,
    pub(crate) temp: Dir,
}
