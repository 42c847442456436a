//! While the machine runs short of memory, one thing after the other is given up: apps that are suspended, which have
//! saved what they had (UWP-133), then runs, the least valuable first (UWP-092), then apps that nobody sees.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::pressure::{Candidate, least_valuable};
use dormouse_core::{Cancellation, CancellationReason, Instant};

use futures::future::BoxFuture;

use super::cell::RunCell;
use super::run::gone;
use crate::sandbox::port::RunPort;
use crate::shared::Shared;

/// Between the end of a run that was given up and the next: as far as the kernel's averages look back. Sooner, what the
/// first gave back could not be seen, and all would go for the need of one.
pub(crate) const SETTLE: Duration = Duration::from_secs(10);

/// The policy that these runs are cancelled by.
const POLICY: &str = "memory";

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        if !shared.memory_is_short() {
            shared.pulses.pressure.rest(shared.wake.memory.notified()).await;
            continue;
        }
        let given_up = give_up(&shared);
        // It holds its memory to its end.
        let settled = async {
            given_up.await;
            shared.clock.sleep_until(shared.clock.now() + SETTLE).await;
        };
        shared.pulses.pressure.rest(settled).await;
    }
}

/// Gives one thing up: an app that is suspended, and has saved what it had; else a run; else an app that nobody sees and
/// that has nothing to do. Ready when what it held is free.
fn give_up(shared: &Arc<Shared>) -> BoxFuture<'static, ()> {
    if let Some(ended) = shared.apps.give_up_one(true) {
        return ended;
    }
    if let Some(cell) = give_up_one(shared) {
        let shared = shared.clone();
        return Box::pin(async move { gone(&shared, &[cell]).await });
    }
    shared.apps.give_up_one(false).unwrap_or_else(|| Box::pin(std::future::ready(())))
}

/// Cancels the least valuable of what goes on; none if nothing does.
fn give_up_one(shared: &Shared) -> Option<Arc<RunCell>> {
    let running: Vec<Arc<RunCell>> = shared.state().running.values().cloned().collect();
    let now = shared.clock.now();
    let goes_on: Vec<_> = running.into_iter().filter(|cell| cell.cancellation().is_none()).collect();
    let candidates: Vec<Candidate> = goes_on.iter().map(|cell| candidate(cell, now)).collect();
    let place = least_valuable(&candidates)?;
    let (cell, candidate) = (goes_on.get(place)?, candidates.get(place)?);
    let detail = format!(
        "the machine runs short of memory, and of {} that run this is worth least: woken by {}, {} bytes",
        goes_on.len(),
        candidate.kind,
        candidate.memory_bytes
    );
    tracing::warn!(app = %cell.known.registration.app, run = %cell.run(), detail, "a run is given up");
    cell.cancel(Cancellation::new(CancellationReason::ResourceRevocation, POLICY, detail));
    Some(cell.clone())
}

fn candidate(cell: &RunCell, now: Instant) -> Candidate {
    let totals = cell.totals();
    Candidate {
        kind: cell.known.registration.trigger.kind(),
        class: cell.class,
        progressed: totals.progress.is_some(),
        memory_bytes: cell.usage.memory_bytes(),
        started: Instant::from_origin(now.since_origin().saturating_sub(totals.wall)),
    }
}
