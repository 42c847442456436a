//! Runs that their host left behind are found, recorded as interrupted, and run again.

use std::sync::Arc;

use dormouse_core::Timestamp;
use dormouse_core::activation::ActivationState;
use dormouse_core::event::EventKind;
use dormouse_core::store::{Reap, StoreError};

use super::{persist, publish, renew};
use crate::shared::Shared;

/// Leases that ended, taken away in one transaction. Those of one node are no more than its slots.
const AT_ONCE: usize = 256;

/// On start: nothing that this node is said to run is running.
///
/// # Errors
///
/// The store's.
pub(crate) async fn own(shared: &Arc<Shared>) -> Result<(), StoreError> {
    of_this_node(shared, true).await
}

/// At the end of a polite stop, when nothing runs any more: what a claim left here whose answer was lost, or a run whose
/// end could not be recorded, is handed back. The host has not fallen over it.
pub(super) async fn hand_back(shared: &Arc<Shared>) {
    if let Err(error) = persist::at_last(shared, of_this_node(shared, false)).await {
        tracing::warn!(node = %shared.config.node, error, "leases were not handed back; the next start takes them");
    }
}

/// All in one step: what is counted of a fall is counted once for each step.
async fn of_this_node(shared: &Arc<Shared>, fell: bool) -> Result<(), StoreError> {
    let node = Some(shared.config.node);
    step(shared, |now| Reap { node, fell, ended_before: now }, usize::MAX).await.map(drop)
}

/// The loop: leases of any node that ended without renewal.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        let ends = shared.clock.sleep_until(shared.clock.now() + shared.config.lease);
        shared.pulses.reap.rest(ends).await;
        // A wall clock that was set ahead makes every lease look ended, those of runs that go on here too.
        if renew::once(&shared).await.is_err() {
            // Nor may a store that answers again take them before they are.
            tracing::warn!("leases that ended are not looked for while those held here are not renewed");
            continue;
        }
        if let Err(error) = ended(&shared).await {
            tracing::warn!(%error, "leases that ended were not looked for; trying again");
        }
    }
}

/// Leases of any node that ended.
async fn ended(shared: &Arc<Shared>) -> Result<(), StoreError> {
    loop {
        let taken = step(shared, |now| Reap { node: None, fell: false, ended_before: now }, AT_ONCE).await?;
        if taken < AT_ONCE {
            return Ok(());
        }
    }
}

/// Takes up to `limit` leases away in one transaction. Answers how many there were.
async fn step(
    shared: &Arc<Shared>,
    ask: impl FnOnce(Timestamp) -> Reap,
    limit: usize,
) -> Result<usize, StoreError> {
    let now = shared.clock.wall();
    let reaped = shared.store.reap(ask(now), now, limit).await?;
    let taken = reaped.len();
    shared.figures.reaped.add(taken as u64);
    shared.pulses.reap.turn();
    if taken > 0 {
        shared.wake.something_waits();
    }
    for one in reaped {
        let (activation, run) = (&one.activation, &one.run);
        tracing::warn!(
            app = %activation.app, registration = %activation.registration, activation = %activation.id,
            run = %run.run, attempt = run.attempt, fence = run.fence.0, node = %shared.config.node,
            then = activation.state.as_str(), "a run was cut off with its host"
        );
        let (registration, activation) = (activation.registration, activation.id);
        shared.emit(registration, || EventKind::Interrupted { activation, run: run.run });
        // Its registration was removed while it ran: nothing runs it again.
        if matches!(one.activation.state, ActivationState::Ended { .. }) {
            shared.emit(registration, || EventKind::Completed { activation, success: false });
            publish::ended(shared, activation).await;
        }
    }
    Ok(taken)
}
