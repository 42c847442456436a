//! What changes about the machine: what is latched is looked at again, runs that must not go on are cancelled,
//! and registrations that wait for a change of the work cost are fired.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::{
    AccessStatus, Cancellation, CancellationReason, Condition, Registration, Signal, SystemEvent, Timestamp,
};

use super::cell::RunCell;
use crate::host::signal_from_source;
use crate::shared::{Known, Shared};

/// While a run may end with a time window, the wall clock is looked at this often: it may have been set.
const LOOK_AT_LEAST: Duration = Duration::from_secs(60);

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    // What guests are told where nobody knows is what nobody's knowing counts as: a host that starts on a machine
    // whose cost is low has seen no change.
    let mut cost = shared.work_cost().unwrap_or_default();
    loop {
        let shuts = look(&shared);
        let told = async {
            tokio::select! {
                () = shared.wake.conditions.notified() => true,
                () = until(&shared, shuts) => false,
            }
        };
        if !shared.pulses.gate.rest(told).await {
            continue;
        }
        shared.wake.dispatch.notify_one();
        let now = shared.work_cost().unwrap_or_default();
        if now != cost {
            cost = now;
            let changed = Signal::System(SystemEvent::BackgroundWorkCostChange);
            // Not here: a store that does not answer must not keep runs from being cancelled.
            shared.control.spawn(signal_from_source(shared.clone(), changed));
        }
    }
}

async fn until(shared: &Shared, at: Option<Timestamp>) {
    let Some(at) = at else { return std::future::pending().await };
    let wait = at.since(shared.clock.wall()).min(LOOK_AT_LEAST);
    shared.clock.sleep_until(shared.clock.now() + wait).await;
}

/// Cancels what must not go on. Answers when a time window ends next with which a run is to end.
fn look(shared: &Shared) -> Option<Timestamp> {
    let running: Vec<(Arc<RunCell>, AccessStatus)> = {
        let state = shared.state();
        let access = |cell: &RunCell| shared.access(&state, &cell.known.registration.app);
        state.running.values().map(|cell| (cell.clone(), access(cell))).collect()
    };
    let now = shared.clock.wall();
    let mut shuts = None;
    for (cell, access) in running {
        let registration = &cell.known.registration;
        if access == AccessStatus::DeniedByPolicy {
            let detail = "the host's policy does not let its app run in the background any more";
            cell.cancel(Cancellation::new(CancellationReason::SystemPolicy, "access", detail));
        } else if let Some(loss) = registration.lost(access, |condition| shared.holds(condition)) {
            let seen: Vec<String> = loss.blocking.iter().map(ToString::to_string).collect();
            cell.cancel(Cancellation::new(loss.reason, "condition", seen.join(", ")));
        } else if registration.cancel_on_condition_loss {
            let changes = windows(&registration.conditions).filter_map(|window| window.next_change(now));
            shuts = shuts.into_iter().chain(changes).min();
        }
    }
    shuts
}

/// The time windows among `conditions`.
fn windows(conditions: &[Condition]) -> impl Iterator<Item = &dormouse_core::condition::TimeWindow> {
    conditions.iter().filter_map(|condition| match condition {
        Condition::TimeWindow(window) => Some(window),
        _ => None,
    })
}

/// A run of `known` has started whose conditions were judged when [`Wakeups::changes`] was `seen`. A change
/// since then was told when the run could not be found yet; and a time window ends untold.
///
/// [`Wakeups::changes`]: crate::shared::Wakeups::changes
pub(crate) fn started(shared: &Shared, known: &Known, seen: u64) {
    if shared.wake.changes() != seen || ends_with_a_window(&known.registration) {
        shared.wake.conditions.notify_one();
    }
}

fn ends_with_a_window(registration: &Registration) -> bool {
    registration.cancel_on_condition_loss && windows(&registration.conditions).next().is_some()
}

/// Has the providers tell of changes.
pub(crate) fn subscribe(shared: &Arc<Shared>) {
    for provider in &shared.providers {
        let weak = Arc::downgrade(shared);
        provider.subscribe(Box::new(move || {
            if let Some(shared) = weak.upgrade() {
                shared.wake.conditions_changed();
            }
        }));
    }
}
