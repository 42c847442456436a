//! What a schedule owes at a moment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Occurrence, Pace, Schedule, next_due};
use crate::time::Timestamp;

/// How late an occurrence may be and still be fired under [`Misfire::Skip`], beyond what its [`Pace`] puts it off: its
/// jitter and a whole tick.
///
/// Covers a busy machine; not a restart that took longer.
pub const SKIP_GRACE: Duration = Duration::from_secs(60);

/// What becomes of occurrences that could not be fired when they were due: the host was down, asleep, or its clock
/// was set ahead.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Misfire {
    /// Fire the newest once; it stands for all of them.
    #[default]
    Coalesce,
    /// Fire the newest if it is not later than [`SKIP_GRACE`]; forget the others.
    Skip,
    /// Fire each, oldest first, a limited number at a time.
    All,
}

/// An occurrence to be fired now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DueOccurrence {
    /// Which.
    pub occurrence: Occurrence,
    /// How many occurrences it stands for, itself included: 1 except under [`Misfire::Coalesce`]. For a cron
    /// schedule [`CRON_COUNT_MAX`](super::CRON_COUNT_MAX) means "that many or more".
    pub stands_for: u32,
}

/// The answer of [`due`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    /// What to fire, oldest first.
    pub occurrences: Vec<DueOccurrence>,
    /// What to hand in as watermark next time. To be stored in the same transaction as the occurrences.
    pub watermark: Timestamp,
    /// When to ask again: [`next_due`] of [`Due::watermark`]; none if the schedule is spent. Later than `now`, unless
    /// [`Misfire::All`] left some for the next call: then it is when the oldest of these was due.
    pub next: Option<Timestamp>,
}

/// What `schedule`, kept at `pace`, owes at `now`, if everything up to `watermark` has been handled.
///
/// A new registration's watermark is the moment of its registration. An occurrence on time is fired whatever
/// `misfire` says. `limit` bounds [`Misfire::All`]; the others yield one occurrence at most.
///
/// If the clock is behind the watermark nothing is due until it has caught up: firing twice would be worse than
/// waiting. (A clock that was years ahead and has been corrected therefore needs the registration made anew.)
#[must_use]
pub fn due(
    schedule: &Schedule,
    pace: Pace,
    watermark: Timestamp,
    now: Timestamp,
    misfire: Misfire,
    limit: usize,
) -> Due {
    let until = pace.reached(now);
    let idle = |watermark: Timestamp| Due {
        occurrences: Vec::new(),
        watermark,
        next: next_due(schedule, pace, watermark),
    };
    match misfire {
        Misfire::Coalesce | Misfire::Skip => {
            let Some((newest, missed)) = schedule.newest(watermark, until) else { return idle(watermark) };
            let stands_for = match misfire {
                Misfire::Skip if pace.is_missed(newest, now) => return idle(newest),
                Misfire::Skip => 1,
                Misfire::Coalesce | Misfire::All => missed,
            };
            let occurrence = Occurrence { scheduled_for: newest };
            Due { occurrences: vec![DueOccurrence { occurrence, stands_for }], ..idle(newest) }
        }
        Misfire::All => {
            let mut occurrences = Vec::new();
            let mut watermark = watermark;
            let mut next = schedule.next_after(watermark);
            while let Some(scheduled_for) = next.filter(|t| *t <= until && occurrences.len() < limit) {
                occurrences.push(DueOccurrence { occurrence: Occurrence { scheduled_for }, stands_for: 1 });
                watermark = scheduled_for;
                next = schedule.next_after(watermark);
            }
            Due { occurrences, watermark, next: next.map(|moment| pace.fires_at(moment)) }
        }
    }
}
