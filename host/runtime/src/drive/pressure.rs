//! While the machine runs short of memory, one run after the other is given up, the least valuable first (UWP-092).

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::pressure::{Candidate, least_valuable};
use dormouse_core::{Cancellation, CancellationReason, Class, Instant};

use super::cell::RunCell;
use crate::sandbox::port::Port;
use crate::shared::Shared;

/// Between two runs that are given up: as far as the kernel's averages look back. Sooner, what the first gave back
/// could not be seen, and all would go for the need of one.
pub(crate) const SETTLE: Duration = Duration::from_secs(10);

/// The policy that these runs are cancelled by.
const POLICY: &str = "memory";

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        if shared.memory_is_short() {
            give_up_one(&shared);
            let settled = shared.clock.sleep_until(shared.clock.now() + SETTLE);
            shared.pulses.pressure.rest(settled).await;
        } else {
            shared.pulses.pressure.rest(shared.wake.memory.notified()).await;
        }
    }
}

/// Cancels the least valuable of what runs, unless one that was given up before has not ended yet.
fn give_up_one(shared: &Shared) {
    let running: Vec<Arc<RunCell>> = shared.state().running.values().cloned().collect();
    let now = shared.clock.now();
    let (told, goes_on): (Vec<_>, Vec<_>) =
        running.into_iter().partition(|cell| cell.cancellation().is_some());
    let given_up =
        |cell: &Arc<RunCell>| cell.cancellation().is_some_and(|told| told.cancellation.policy == POLICY);
    if told.iter().any(given_up) {
        return;
    }
    let candidates: Vec<Candidate> = goes_on.iter().map(|cell| candidate(cell, now)).collect();
    let Some(place) = least_valuable(&candidates) else { return };
    let (Some(cell), Some(candidate)) = (goes_on.get(place), candidates.get(place)) else { return };
    let detail = format!(
        "the machine runs short of memory, and of {} that run this is worth least: woken by {}, {} bytes",
        goes_on.len(),
        candidate.kind,
        candidate.memory_bytes
    );
    tracing::warn!(app = %cell.known.registration.app, run = %cell.run(), detail, "a run is given up");
    cell.cancel(Cancellation::new(CancellationReason::ResourceRevocation, POLICY, detail));
}

fn candidate(cell: &RunCell, now: Instant) -> Candidate {
    let registration = &cell.known.registration;
    let kind = registration.trigger.kind();
    let totals = cell.totals();
    Candidate {
        kind,
        class: registration.limits.class.unwrap_or(Class::for_trigger(kind)),
        progressed: totals.progress.is_some(),
        memory_bytes: cell.usage.memory_bytes(),
        started: Instant::from_origin(now.since_origin().saturating_sub(totals.wall)),
    }
}
