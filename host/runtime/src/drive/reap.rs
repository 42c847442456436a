//! Runs that their host left behind are found, recorded as interrupted, and run again.

use std::sync::Arc;

use dormouse_core::event::EventKind;
use dormouse_core::store::{Reap, StoreError};

use super::renew;
use crate::shared::Shared;

/// Leases taken away in one transaction.
const AT_ONCE: usize = 256;

/// On start: nothing that this node is said to run is running.
///
/// # Errors
///
/// The store's.
pub(crate) async fn own(shared: &Arc<Shared>) -> Result<(), StoreError> {
    all(shared, Some(shared.config.node)).await
}

/// The loop: leases of any node that ended without renewal.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        let ends = shared.clock.sleep_until(shared.clock.now() + shared.config.lease);
        shared.pulses.reap.rest(ends).await;
        // A wall clock that was set ahead makes every lease look ended, those of runs that go on here too.
        renew::once(&shared).await;
        if let Err(error) = all(&shared, None).await {
            tracing::warn!(%error, "leases that ended were not looked for; trying again");
        }
    }
}

async fn all(shared: &Arc<Shared>, node: Option<dormouse_core::NodeId>) -> Result<(), StoreError> {
    loop {
        let now = shared.clock.wall();
        let reaped = shared.store.reap(Reap { node, ended_before: now }, now, AT_ONCE).await?;
        let full = reaped.len() == AT_ONCE;
        shared.figures.reaped.add(reaped.len() as u64);
        shared.pulses.reap.turn();
        if !reaped.is_empty() {
            shared.wake.something_waits();
        }
        for one in reaped {
            let (activation, run) = (&one.activation, &one.run);
            tracing::warn!(
                app = %activation.app, registration = %activation.registration, activation = %activation.id,
                run = %run.run, attempt = run.attempt, fence = run.fence.0, node = %shared.config.node,
                "a run was cut off with its host; its activation waits again"
            );
            shared.emit(one.activation.registration, || EventKind::Interrupted {
                activation: one.activation.id,
                run: one.run.run,
            });
        }
        if !full {
            return Ok(());
        }
    }
}
