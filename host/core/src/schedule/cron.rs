//! Cron expressions in time zones.
//!
//! The library that reads the expressions knows nothing of the rules for clock changes that [`CronSchedule`] keeps. So
//! it is asked about a calendar without a zone (`calendar.rs`), and the zone is applied here.

mod calendar;
mod error;
mod parse;

use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::time::Timestamp;

use calendar::Calendar;

pub use error::{CronError, CronErrorKind};
pub use parse::{EXPRESSION_BYTES_MAX, TIME_ZONE_BYTES_MAX};

/// The wall times that a cron expression names in a time zone. Cheap to clone.
///
/// An expression has the five classic fields, `minute hour day-of-month month day-of-week`, with lists, ranges, steps,
/// names, `L`, `W` and `#`; or is one of `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`,
/// `@annually`. If neither day field begins with `*`, a date matches by either of them.
///
/// # When the clocks change
///
/// The rule is that of Vixie cron, which people know without knowing it. An expression whose minute or hour field
/// begins with `*` says *how often*, any other says *at what time*:
///
/// | the wall clock | how often: `*/15 * * * *`, `30 * * * *` | at what time: `30 2 * * *` |
/// | --- | --- | --- |
/// | skips an hour | nothing in it; the next real match | once, at the moment of the skip, for all that it swallowed |
/// | repeats an hour | in both passes | once, in the first pass |
///
/// # Which time zones
///
/// Those of the IANA database compiled into this version, not the machine's: nodes agree on when a job is due, and no
/// files are read.
///
/// ```
/// use dormouse_core::schedule::CronSchedule;
///
/// let cron = CronSchedule::parse("30 2 * * *", "Europe/Berlin")?;
/// let skip = cron.next_after(dormouse_core::Timestamp::from_millis(1_774_700_000_000)); // 28 March 2026
/// assert_eq!(skip.map(|t| t.to_string()).as_deref(), Some("2026-03-29T01:00:00Z"));
/// # Ok::<(), dormouse_core::schedule::CronError>(())
/// ```
#[derive(Clone)]
pub struct CronSchedule(Arc<Inner>);

struct Inner {
    expression: String,
    zone_name: String,
    zone: TimeZone,
    calendar: Calendar,
    /// The minute or the hour field begins with `*`.
    wildcard: bool,
}

/// A wall time that the clocks show twice: `[from, to)`, first at the offset `before`, then at `after`.
struct Fold {
    from: DateTime,
    to: DateTime,
    before: Offset,
    after: Offset,
}

impl CronSchedule {
    /// Reads `expression` in the time zone with the IANA name `time_zone`.
    ///
    /// # Errors
    ///
    /// [`CronError`], which shows where the expression is wrong. An expression that no date ever matches, like
    /// `0 0 30 2 *`, is refused too.
    pub fn parse(expression: &str, time_zone: &str) -> Result<Self, CronError> {
        let fields = parse::fields(expression)?;
        let zone = parse::time_zone(time_zone)?;
        let calendar = parse::calendar(expression, &fields)?;
        let wildcard = fields.minute().starts_with('*') || fields.hour().starts_with('*');
        let zone_name = zone.iana_name().unwrap_or(time_zone).to_owned();
        Ok(Self(Arc::new(Inner { expression: expression.to_owned(), zone_name, zone, calendar, wildcard })))
    }

    /// The expression as it was written.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.0.expression
    }

    /// The IANA name of the time zone, in its usual case.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        &self.0.zone_name
    }

    /// The first occurrence later than `t`; none after the end of the calendar (the last years before 10000).
    #[must_use]
    pub fn next_after(&self, t: Timestamp) -> Option<Timestamp> {
        let t = jiff::Timestamp::from_microsecond(t.as_micros()).ok()?;
        self.0.next_after(t).map(|next| Timestamp::from_micros(next.as_microsecond()))
    }
}

impl Inner {
    fn next_after(&self, t: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let offset = self.zone.to_offset(t);
        let wall = offset.to_datetime(t);
        let Some(fold) = self.fold_at(t, wall, offset) else {
            return self.resolve(self.calendar.next(wall)?);
        };

        let first_pass = offset == fold.before;
        let next = self.calendar.next(wall)?;
        if next < fold.to {
            if first_pass {
                return fold.before.to_timestamp(next).ok();
            }
            if self.wildcard {
                return fold.after.to_timestamp(next).ok();
            }
        }
        if first_pass && self.wildcard {
            let again = self.calendar.first_from(fold.from)?;
            if again < fold.to {
                return fold.after.to_timestamp(again).ok();
            }
        }
        self.resolve(self.calendar.first_from(fold.to)?)
    }

    /// When the wall clock shows `wall` for the first time, or, if it never does, what takes its place.
    fn resolve(&self, mut wall: DateTime) -> Option<jiff::Timestamp> {
        loop {
            match self.zone.to_ambiguous_timestamp(wall).offset() {
                AmbiguousOffset::Unambiguous { offset } => return offset.to_timestamp(wall).ok(),
                AmbiguousOffset::Fold { before, .. } => return before.to_timestamp(wall).ok(),
                AmbiguousOffset::Gap { before, after } => {
                    // Had the clocks not been changed, they would have shown `wall` after the change.
                    let change = self.change_until(before.to_timestamp(wall).ok()?)?;
                    if !self.wildcard {
                        return Some(change);
                    }
                    wall = self.calendar.first_from(after.to_datetime(change))?;
                }
            }
        }
    }

    /// The fold that `t`, shown as `wall` at `offset`, is in.
    fn fold_at(&self, t: jiff::Timestamp, wall: DateTime, offset: Offset) -> Option<Fold> {
        let AmbiguousOffset::Fold { before, after } = self.zone.to_ambiguous_timestamp(wall).offset() else {
            return None;
        };
        let change =
            if offset == before { self.zone.following(t).next()?.timestamp() } else { self.change_until(t)? };
        Some(Fold { from: after.to_datetime(change), to: before.to_datetime(change), before, after })
    }

    /// The last change of the zone's offset at or before `t`.
    fn change_until(&self, t: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let past = t.checked_add(SignedDuration::from_nanos(1)).ok()?;
        Some(self.zone.preceding(past).next()?.timestamp())
    }
}

impl PartialEq for CronSchedule {
    fn eq(&self, other: &Self) -> bool {
        self.expression() == other.expression() && self.time_zone() == other.time_zone()
    }
}

impl Eq for CronSchedule {}

/// `30 2 * * * (Europe/Berlin)`
impl fmt::Display for CronSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.expression(), self.time_zone())
    }
}

impl fmt::Debug for CronSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CronSchedule")
            .field("expression", &self.expression())
            .field("time_zone", &self.time_zone())
            .finish()
    }
}

#[cfg(test)]
mod tests;
