//! How much an app has in its folders, for whoever asks; and that it may have more or less than before.

use std::io;
use std::sync::{Arc, PoisonError};

use cap_fs_ext::DirExt as _;
use dormouse_core::{AppId, AppLimits};

use super::{Account, Folders, Sum, walk};

impl Folders {
    fn account(&self, app: &AppId) -> Option<Arc<Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).get(app).cloned()
    }

    /// What an app whose folders are open may keep from now on. Waits for no disk.
    pub(crate) fn limit(&self, app: &AppId, limits: AppLimits) {
        if let Some(account) = self.account(app) {
            account.limit(limits);
        }
    }

    /// How much an app has in its folders: by its account, or, if this host did not open them, counted. None: more than
    /// `entries_max` entries.
    pub(crate) fn used(&self, app: &AppId, entries_max: u64) -> io::Result<Option<Sum>> {
        if let Some(account) = self.account(app) {
            return account.used();
        }
        let mut sum = Sum::default();
        let found = |dir: io::Result<_>| match dir {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            dir => dir.map(Some),
        };
        let Some(home) = found(self.dir.open_dir_nofollow(app.as_str()))? else { return Ok(Some(sum)) };
        for folder in ["local", "temp"] {
            if let Some(root) = found(home.open_dir_nofollow(folder))?
                && !walk::count(&root, &mut sum, entries_max)?
            {
                return Ok(None);
            }
        }
        Ok(Some(sum))
    }
}
