//! Quotas of CPU time: who has one, and what the store is told of them.
//!
//! A run charges its app's [`Allowance`](crate::shared::Allowance) in memory. This loop writes what was spent, of all
//! apps together and in one command: when a bucket runs out, when so much was spent that a fall would forgive too much,
//! and a while after anything was. No run has a commit of its own for it, and a host on which nothing runs writes nothing.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::quota::{QuotaState, resolve};
use dormouse_core::{AppId, QuotaPolicy, StoreError};

use super::cell::RunCell;
use super::persist;
use crate::shared::{Config, NOBODY, Shared};

/// What was spent is written no later than this, however little it is.
const SAVED_WITHIN: Duration = Duration::from_secs(60);

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        shared.pulses.quota.rest(due(&shared)).await;
        let _ =
            persist::retrying(&shared, NOBODY, "save what apps have used of their quotas", || write(&shared))
                .await;
    }
}

/// Waits until something is to be written.
async fn due(shared: &Shared) {
    let later = async {
        // What was spent during the last write is unsaved, and told by nobody any more.
        if !is_unsaved(shared) {
            shared.wake.spent.notified().await;
        }
        shared.clock.sleep_until(shared.clock.now() + SAVED_WITHIN).await;
    };
    tokio::select! {
        () = shared.wake.quotas.notified() => {}
        () = later => {}
    }
}

fn is_unsaved(shared: &Shared) -> bool {
    let (wall, now) = (shared.clock.wall(), shared.clock.now());
    shared.state().quotas.values().any(|allowance| allowance.unsaved(wall, now).is_some())
}

/// At the end of a polite stop.
pub(super) async fn save_last(shared: &Arc<Shared>) {
    if let Err(error) = persist::at_last(shared, write(shared)).await {
        tracing::warn!(error, "what apps have used of their quotas was not saved; some of it is forgiven");
    }
}

/// Tells the store what it does not know yet.
async fn write(shared: &Shared) -> Result<(), StoreError> {
    // One at a time, or an older state could be written behind a newer one; and none while an app is removed.
    let _turn = shared.saving_quotas.lock().await;
    let (wall, now) = (shared.clock.wall(), shared.clock.now());
    let (mut quotas, mut told) = (Vec::<(AppId, QuotaState)>::new(), Vec::new());
    for (app, allowance) in &shared.state().quotas {
        if let Some((spent, state)) = allowance.unsaved(wall, now) {
            quotas.push((app.clone(), state));
            told.push((allowance.clone(), spent));
        }
    }
    if quotas.is_empty() {
        return Ok(());
    }
    shared.store.save_quotas(&quotas).await?;
    for (allowance, spent) in told {
        allowance.saved(spent);
    }
    Ok(())
}

/// Has an installed app the quota that is set for it, by its operator, by who installed it or by the host. What runs of
/// it goes by that at once.
pub(crate) fn settle(shared: &Shared, app: &AppId) {
    let running: Vec<Arc<RunCell>> = {
        let state = shared.state();
        let Some(allowance) = state.quotas.get(app) else { return };
        let record = state.records.get(app);
        let operator = record.and_then(|record| record.quota);
        let own = match state.apps.get(app) {
            Some(installed) => installed.quota,
            // A host that only answers questions loads nothing.
            None => record
                .and_then(|record| record.package.as_ref())
                .and_then(|package| of_package(&shared.config, package.quota)),
        };
        allowance.set(
            resolve(operator, own, shared.config.quota_default),
            shared.clock.wall(),
            shared.clock.now(),
        );
        let of_app = state.running.values().filter(|cell| cell.known.registration.app == *app);
        of_app.cloned().collect()
    };
    for cell in running {
        cell.requota();
    }
}

/// The quota that a package sets itself, but for one that is looser than the host's own, which holds then: for what was
/// installed when the host's was looser, or there was none.
pub(crate) fn of_package(config: &Config, quota: Option<QuotaPolicy>) -> Option<QuotaPolicy> {
    quota.filter(|quota| config.quota_default.is_none_or(|host| quota.is_within(&host)))
}
