//! What time it is on the wall: the offset of local time, and when it shifts (UWP-048).

use dormouse_core::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// How far local time is from UTC, as last seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct LocalTime(Option<Offset>);

/// What timedated told of the zone that local time is in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Told {
    /// Its name, as last told: timedated exits when it is idle, which changes nothing.
    pub(crate) zone: Option<String>,
    /// Whether timedated is there.
    pub(crate) there: bool,
}

/// What was seen of a zone at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    /// Local time shifted since the last look.
    pub(crate) shifted: bool,
    /// How far local time is from UTC.
    pub(crate) offset: Offset,
    /// When it shifts next by itself, if it does.
    pub(crate) next: Option<Timestamp>,
}

/// How many transitions ahead are looked at for one that shifts: some only change a name.
const TRANSITIONS_MAX: usize = 64;

impl LocalTime {
    /// Looks at `zone`, which local time is in, at `now`. The first look sees no shift.
    pub(crate) fn look(&mut self, zone: &TimeZone, now: Timestamp) -> Look {
        // Beyond the calendar there are no transitions to miss.
        let now = jiff::Timestamp::from_microsecond(now.as_micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let offset = zone.to_offset(now);
        let before = self.0.replace(offset);
        let next = zone
            .following(now)
            .take(TRANSITIONS_MAX)
            .find(|transition| transition.offset() != offset)
            .map(|transition| Timestamp::from_micros(transition.timestamp().as_microsecond()));
        Look { shifted: before.is_some_and(|before| before != offset), offset, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn another_zone_with_another_offset_is_a_shift_and_one_with_the_same_is_none() {
        let mut local = LocalTime::default();
        let now = at("2026-01-15T12:00:00Z");
        assert!(!local.look(&zone("Europe/Berlin"), now).shifted, "the first look");
        assert!(!local.look(&zone("Europe/Paris"), now).shifted);
        assert!(local.look(&zone("Europe/Lisbon"), now).shifted);
        assert!(!local.look(&zone("Europe/London"), now).shifted);
        assert!(local.look(&zone("Asia/Kolkata"), now).shifted);
    }

    #[test]
    fn daylight_saving_shifts_and_its_moment_is_known_before() {
        let mut local = LocalTime::default();
        let berlin = zone("Europe/Berlin");
        let look = local.look(&berlin, at("2026-03-28T12:00:00Z"));
        assert_eq!(look.next, Some(at("2026-03-29T01:00:00Z")));
        assert!(!local.look(&berlin, at("2026-03-29T00:59:59Z")).shifted);
        let look = local.look(&berlin, at("2026-03-29T01:00:00Z"));
        assert!(look.shifted);
        assert_eq!(look.offset, jiff::tz::offset(2));
        assert_eq!(look.next, Some(at("2026-10-25T01:00:00Z")));
    }

    #[test]
    fn a_zone_without_daylight_saving_never_shifts_by_itself() {
        let look = LocalTime::default().look(&zone("Asia/Kolkata"), at("2026-03-28T12:00:00Z"));
        assert_eq!(look.next, None);
        assert_eq!(LocalTime::default().look(&TimeZone::UTC, at("2026-03-28T12:00:00Z")).next, None);
    }
}
