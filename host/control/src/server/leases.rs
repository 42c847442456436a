//! What keeps apps in sight that were launched or shown over the API.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dormouse::VisibilityLease;
use dormouse_core::AppId;

/// One for each app that is to be seen: who asked for it is gone once it is answered, and somebody has to want to see it
/// until it is hidden.
#[derive(Debug, Default)]
pub(super) struct Leases(Mutex<HashMap<AppId, VisibilityLease>>);

impl Leases {
    /// Keeps it in sight. One from before is given back afterwards, so that the app is not hidden in between.
    pub(super) fn keep(&self, app: AppId, lease: VisibilityLease) {
        let before = self.lock().insert(app, lease);
        drop(before);
        self.sweep();
    }

    /// What keeps it in sight: it is hidden when that is dropped.
    pub(super) fn take(&self, app: &AppId) -> Option<VisibilityLease> {
        self.lock().remove(app)
    }

    /// Lets go of those of instances that have ended, which are good for nothing. What somebody launched since then stays
    /// in sight.
    pub(super) fn sweep(&self) {
        let gone: Vec<_> = self.lock().extract_if(|_, lease| !lease.is_valid()).collect();
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AppId, VisibilityLease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use dormouse::testing::Rig;
    use dormouse_core::app::lifecycle::AppState;
    use test_artifacts as programs;

    use super::*;

    #[test]
    fn what_has_ended_is_let_go_of_and_what_was_launched_meanwhile_is_not() {
        let program = std::fs::read(programs::APP_HEARS_EVERYTHING).expect("it is built");
        Rig::run(async |rig| {
            let app = rig.install_app(&program);
            let leases = Leases::default();
            leases.keep(Rig::app(), rig.launch(&app, "").await);
            app.terminate().await.expect("it is there");
            leases.sweep();
            assert!(leases.lock().is_empty());

            leases.keep(Rig::app(), rig.launch(&app, "").await);
            app.terminate().await.expect("it is there");
            // Somebody else is faster than who ended it.
            leases.keep(Rig::app(), rig.launch(&app, "").await);
            leases.sweep();
            rig.settle().await;
            let view = app.view();
            assert_eq!((view.leases, view.state), (1, AppState::Foreground));
        });
    }
}
