//! Schedules: the passing of time fires registrations.
//!
//! The watermark of each is in the store, moved in the same commit that takes the occurrence in, so that an
//! occurrence happens at most once over restarts, and what was missed is known.
//!
//! The [registry](crate::registry) keeps them in the order in which they are due. The loop sleeps until the earliest,
//! or until the wall clock is set, looks at what is due then and at nothing else, and puts each back where its new
//! watermark wants it. What is not due costs nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dormouse_core::schedule::{Due, due};
use dormouse_core::{Refusal, Timestamp, TriggerDetails};

use super::intake::{self, Fired, Incoming};
use crate::shared::{Known, Shared};

/// After a store did not answer.
const STORE_AWAY: Duration = Duration::from_secs(1);

/// Occurrences of one schedule that are fired in one go, under [`Misfire::All`](dormouse_core::Misfire::All).
const OCCURRENCES_AT_ONCE: usize = 64;

/// Registrations that are fired at once, so that a store can make one commit of them.
const REGISTRATIONS_AT_ONCE: usize = 64;

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        shared.seen.timer_wakes.fetch_add(1, Ordering::Relaxed);
        let pulse = &shared.pulses.timer;
        while fire_some(&shared).await {
            pulse.turn();
            // On a tick all timers are due together: others have their turn in between.
            tokio::task::yield_now().await;
        }
        pulse.rest(something_due(&shared)).await;
    }
}

/// Waits until something may be due.
async fn something_due(shared: &Shared) {
    let next = shared.state().registrations.next_due();
    let come = async {
        match next {
            Some(at) => shared.clock.sleep_until_wall(at).await,
            None => std::future::pending().await,
        }
    };
    let another_is_next = async {
        loop {
            shared.wake.timer.notified().await;
            if shared.state().registrations.next_due() != next {
                return;
            }
        }
    };
    tokio::select! {
        () = come => {}
        () = another_is_next => {}
    }
}

/// Fires some of what is due; answers whether there was anything.
async fn fire_some(shared: &Arc<Shared>) -> bool {
    let now = shared.clock.wall();
    let (taken, due) = {
        let mut state = shared.state();
        let mut due = state.registrations.take_due(now, REGISTRATIONS_AT_ONCE);
        let taken = due.len();
        // An app that is not installed arms its schedules when it is.
        due.retain(|known| state.apps.contains_key(&known.registration.app));
        (taken, due)
    };
    shared.seen.timers_looked_at.fetch_add(due.len() as u64, Ordering::Relaxed);
    let firings = due.into_iter().map(|known| async move {
        let next = fire_due(shared, &known, now).await;
        shared.state().registrations.arm(&known, next);
    });
    futures::future::join_all(firings).await;
    taken > 0
}

/// Fires what a schedule owes, and answers when it is due again.
async fn fire_due(shared: &Arc<Shared>, known: &Arc<Known>, now: Timestamp) -> Option<Timestamp> {
    let schedule = known.schedule.as_ref().filter(|_| !known.is_spent())?;
    let misfire = known.registration.trigger.misfire().unwrap_or_default();
    let Due { occurrences, watermark, .. } =
        due(schedule, known.pace, known.watermark(), now, misfire, OCCURRENCES_AT_ONCE);
    let id = known.registration.id;
    for occurrence in &occurrences {
        let at = occurrence.occurrence.scheduled_for;
        tracing::debug!(registration = %id, %at, stands_for = occurrence.stands_for, "an occurrence is due");
        let incoming = Incoming {
            details: TriggerDetails::None,
            key: Some(occurrence.occurrence.key()),
            stands_for: occurrence.stands_for,
            scheduled_for: Some(at),
            watermark: Some(at),
        };
        match intake::fire(shared, id, incoming).await {
            // It is the next host's.
            Ok(Fired::Refused(Refusal::Stopping)) => return None,
            Ok(_) => {}
            Err(error) => {
                // The watermark has not moved: the occurrence is due again at the next look.
                let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                shared.fault(id, false, || format!("{error}: {source}; trying again"));
                return Some(now + STORE_AWAY);
            }
        }
    }
    // Occurrences that are skipped move it further than those that fired.
    if watermark > known.watermark() {
        match shared.store.advance_watermark(id, watermark).await {
            Ok(()) => known.advance(watermark),
            Err(error) => {
                tracing::warn!(registration = %id, %error, "a watermark was not kept; trying again");
                return Some(now + STORE_AWAY);
            }
        }
    }
    known.next_due()
}
