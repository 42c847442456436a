//! Schedules: the passing of time fires registrations.
//!
//! The watermark of each is in the store, moved in the same commit that takes the occurrence in, so that an
//! occurrence happens at most once over restarts, and what was missed is known.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::event::EventKind;
use dormouse_core::schedule::{Due, Misfire, due};
use dormouse_core::{Timestamp, Trigger, TriggerDetails};

use super::intake::{self, Incoming};
use crate::shared::{Known, Shared};

/// The wall clock is looked at this often, whatever the schedules say: it may have been set.
const LOOK_AT_LEAST: Duration = Duration::from_secs(60);

/// After a store did not answer.
const STORE_AWAY: Duration = Duration::from_secs(1);

/// Occurrences of one schedule that are fired in one go, under [`Misfire::All`].
const AT_ONCE: usize = 64;

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        let now = shared.clock.wall();
        let mut next: Option<Timestamp> = None;
        for known in scheduled(&shared) {
            if let Some(at) = fire_due(&shared, &known, now).await {
                next = Some(next.map_or(at, |earliest| earliest.min(at)));
            }
        }
        let wait = next.map_or(LOOK_AT_LEAST, |at| at.since(shared.clock.wall()).min(LOOK_AT_LEAST));
        let deadline = shared.clock.now() + wait;
        tokio::select! {
            () = shared.wake.timer.notified() => {}
            () = shared.clock.sleep_until(deadline) => {}
        }
    }
}

/// Registrations with a schedule whose app is installed.
fn scheduled(shared: &Shared) -> Vec<Arc<Known>> {
    let state = shared.state();
    state
        .registrations
        .values()
        .filter(|known| known.schedule.is_some() && state.apps.contains_key(&known.registration.app))
        .cloned()
        .collect()
}

/// Fires what is due, and answers when to look again.
async fn fire_due(shared: &Arc<Shared>, known: &Arc<Known>, now: Timestamp) -> Option<Timestamp> {
    let schedule = known.schedule.as_ref()?;
    if known.is_spent() {
        return None;
    }
    let misfire = match &known.registration.trigger {
        Trigger::Time(time) => time.misfire,
        Trigger::Cron(cron) => cron.misfire,
        _ => Misfire::default(),
    };
    let before = known.watermark();
    let Due { occurrences, watermark, next } = due(schedule, before, now, misfire, AT_ONCE);
    let id = known.registration.id;
    for occurrence in &occurrences {
        let at = occurrence.occurrence.scheduled_for;
        let incoming = Incoming {
            details: TriggerDetails::None,
            key: Some(occurrence.occurrence.key()),
            stands_for: occurrence.stands_for,
            scheduled_for: Some(at),
            watermark: Some(at),
        };
        if let Err(error) = intake::fire(shared, id, incoming).await {
            // The watermark has not moved: the occurrence is due again at the next look.
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            shared.emit(id, || EventKind::Fault {
                message: format!("{error}: {source}; trying again"),
                given_up: false,
            });
            return Some(now + STORE_AWAY);
        }
    }
    // Occurrences that are skipped move it further than those that fired.
    let fired_to = occurrences.last().map_or(before, |o| o.occurrence.scheduled_for);
    if watermark > fired_to {
        match shared.store.advance_watermark(id, watermark).await {
            Ok(()) => known.advance(watermark),
            Err(error) => tracing::warn!(registration = %id, %error, "a watermark was not kept"),
        }
    }
    next
}
