//! Between two times of the day.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::name::excerpt;
use crate::schedule::TIME_ZONE_BYTES_MAX;
use crate::time::Timestamp;

/// From a time of the day, inclusive, to another, exclusive, in a time zone. It may pass midnight:
/// `22:00-06:00@Europe/Berlin`. Where daylight saving leaves an hour out, the window is shorter by it; where
/// an hour comes twice, both count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimeWindow {
    /// Minutes since midnight.
    from: u16,
    /// Minutes since midnight; not `from`.
    to: u16,
    /// An IANA name that was found when this was made.
    zone: String,
}

/// A text that is no time window.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimeWindowError {
    /// Not `HH:MM-HH:MM`, or both times are the same.
    #[error(
        "`{text}` is no time window: write HH:MM-HH:MM with two different times, and if need be a zone: `22:00-06:00@Europe/Berlin`"
    )]
    Times {
        /// What was written, shortened.
        text: String,
    },
    /// No such time zone.
    #[error("`{zone}` is no time zone that this machine knows: write an IANA name like `Europe/Berlin`")]
    Zone {
        /// What was written, shortened.
        zone: String,
    },
}

const MINUTES_PER_DAY: u16 = 24 * 60;

impl TimeWindow {
    /// The time zone's name.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// Whether `now` is within it; none if this machine's time zone data does not have the zone any more.
    #[must_use]
    pub fn contains(&self, now: Timestamp) -> Option<bool> {
        let local = jiff::Timestamp::from_microsecond(now.as_micros()).ok()?.to_zoned(self.find()?);
        let time = local.time();
        let minute = u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).ok()?;
        Some(if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        })
    }

    /// The first moment after `now` at which [`TimeWindow::contains`] may answer otherwise: a boundary of the
    /// window, or a shift of the zone's clock.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let zone = self.find()?;
        let at = jiff::Timestamp::from_microsecond(now.as_micros()).ok()?;
        let today = at.to_zoned(zone.clone()).date();
        let boundaries = [self.from, self.to].into_iter().flat_map(|minute| {
            let zone = zone.clone();
            (-1..=2).filter_map(move |days| {
                let day = today.checked_add(jiff::Span::new().days(days)).ok()?;
                let moment = day.to_datetime(time(minute)?);
                // Of a time that comes twice, the first; of one that does not come, the moment after the gap:
                // and the shift itself is told below.
                Some(moment.to_zoned(zone.clone()).ok()?.timestamp())
            })
        });
        let shift = zone.following(at).next().map(|transition| transition.timestamp());
        let next = boundaries.chain(shift).filter(|moment| *moment > at).min()?;
        Some(Timestamp::from_micros(next.as_microsecond()))
    }

    fn find(&self) -> Option<TimeZone> {
        TimeZone::get(&self.zone).ok()
    }
}

fn time(minute: u16) -> Option<Time> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Time::new(hour, minute, 0, 0).ok()
}

/// `22:00-06:00@Europe/Berlin`; without a zone in UTC.
impl FromStr for TimeWindow {
    type Err = TimeWindowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (times, zone) = text.split_once('@').unwrap_or((text, "UTC"));
        let parsed = times.split_once('-').and_then(|(from, to)| Some((minutes(from)?, minutes(to)?)));
        let Some((from, to)) = parsed.filter(|(from, to)| from != to && *from < MINUTES_PER_DAY) else {
            return Err(TimeWindowError::Times { text: excerpt(text) });
        };
        if zone.len() > TIME_ZONE_BYTES_MAX || TimeZone::get(zone).is_err() {
            return Err(TimeWindowError::Zone { zone: excerpt(zone) });
        }
        // "until 24:00" is the midnight that follows.
        Ok(Self { from, to: to % MINUTES_PER_DAY, zone: zone.to_owned() }).and_then(|window| {
            if window.from == window.to {
                Err(TimeWindowError::Times { text: excerpt(text) })
            } else {
                Ok(window)
            }
        })
    }
}

/// `HH:MM`, up to `24:00`.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| (digits.len() == 2).then(|| digits.parse::<u16>().ok()).flatten();
    let (hour, minute) = (number(hour)?, number(minute)?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= MINUTES_PER_DAY).then_some(all)
}

impl fmt::Display for TimeWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, zone } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}@{zone}", from / 60, from % 60, to / 60, to % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    fn window(text: &str) -> TimeWindow {
        text.parse().unwrap()
    }

    #[test]
    fn it_holds_from_its_begin_up_to_its_end_and_may_pass_midnight() {
        let day = window("09:00-17:30");
        let night = window("22:00-06:00");
        for (moment, in_day, in_night) in [
            ("2026-03-01T08:59:59Z", false, false),
            ("2026-03-01T09:00:00Z", true, false),
            ("2026-03-01T17:29:59Z", true, false),
            ("2026-03-01T17:30:00Z", false, false),
            ("2026-03-01T22:00:00Z", false, true),
            ("2026-03-02T00:00:00Z", false, true),
            ("2026-03-02T06:00:00Z", false, false),
        ] {
            assert_eq!(day.contains(at(moment)), Some(in_day), "{moment}");
            assert_eq!(night.contains(at(moment)), Some(in_night), "{moment}");
        }
    }

    #[test]
    fn it_is_told_in_its_zone() {
        let berlin = window("22:00-06:00@Europe/Berlin");
        assert_eq!(berlin.contains(at("2026-07-01T20:00:00Z")), Some(true));
        assert_eq!(berlin.contains(at("2026-12-01T20:00:00Z")), Some(false));
        assert_eq!(berlin.next_change(at("2026-12-01T20:00:00Z")), Some(at("2026-12-01T21:00:00Z")));
        assert_eq!(berlin.next_change(at("2026-12-01T21:00:00Z")), Some(at("2026-12-02T05:00:00Z")));
    }

    #[test]
    fn an_hour_that_daylight_saving_leaves_out_is_no_part_of_it() {
        // Berlin, 29 March 2026: after 01:59 comes 03:00, at 01:00 UTC.
        let gap = window("02:00-02:30@Europe/Berlin");
        assert_eq!(gap.contains(at("2026-03-29T01:00:00Z")), Some(false));
        let whole = window("01:30-02:30@Europe/Berlin");
        assert_eq!(whole.contains(at("2026-03-29T00:59:59Z")), Some(true));
        assert_eq!(whole.contains(at("2026-03-29T01:00:00Z")), Some(false));
        assert_eq!(whole.next_change(at("2026-03-29T00:45:00Z")), Some(at("2026-03-29T01:00:00Z")));
    }

    #[test]
    fn every_change_of_the_answer_is_foreseen() {
        for text in ["22:00-06:00@Europe/Berlin", "02:15-02:45@America/New_York", "00:00-24:00@UTC"] {
            let Ok(window) = text.parse::<TimeWindow>() else { continue };
            for start in ["2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z", "2026-03-07T20:00:00Z"] {
                let mut now = at(start);
                let mut next = window.next_change(now).unwrap();
                for _ in 0..36 * 60 {
                    let later = now + std::time::Duration::from_secs(60);
                    if window.contains(now) != window.contains(later) {
                        assert_eq!(later, next, "{text} at {later}");
                    }
                    now = later;
                    if now >= next {
                        next = window.next_change(now).unwrap();
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_none_is_refused_by_name() {
        for bad in [
            "",
            "9-17",
            "09:00",
            "09:00-09:00",
            "24:00-06:00",
            "00:00-24:00",
            "09:00-25:00",
            "09:60-10:00",
            "é9:00-10:00",
        ] {
            assert!(matches!(bad.parse::<TimeWindow>(), Err(TimeWindowError::Times { .. })), "{bad}");
        }
        let error = "09:00-10:00@Mars/Olympus".parse::<TimeWindow>().unwrap_err();
        assert!(error.to_string().contains("`Mars/Olympus` is no time zone"), "{error}");
        assert_eq!(window("22:00-06:00@Europe/Berlin").to_string(), "22:00-06:00@Europe/Berlin");
    }
}
