//! What keeps apps in sight that were launched or shown over the API.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use dormouse::VisibilityLease;
use dormouse_core::AppId;

/// One for each app that is to be seen: who asked for it is gone once it is answered, and somebody has to want to see it
/// until it is hidden.
#[derive(Debug, Default)]
pub(super) struct Leases(Mutex<HashMap<AppId, VisibilityLease>>);

impl Leases {
    /// Keeps it in sight. One from before is given back afterwards, so that the app is not hidden in between.
    pub(super) fn keep(&self, app: AppId, lease: VisibilityLease) {
        let gone: Vec<VisibilityLease> = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let before = all.insert(app, lease);
            // Those of instances that ended are good for nothing.
            all.extract_if(|_, lease| !lease.is_valid()).map(|(_, lease)| lease).chain(before).collect()
        };
        drop(gone);
    }

    /// Keeps it in sight no longer.
    pub(super) fn give_back(&self, app: &AppId) {
        let lease = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(app);
        drop(lease);
    }
}
