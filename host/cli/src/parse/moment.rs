//! Moments: `2026-03-01T08:00:00Z`, or a span before now: `1h`.

use std::str::FromStr;
use std::time::Duration;

use dormouse::core::Timestamp;

use super::duration;

/// A moment that somebody names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// This one.
    At(Timestamp),
    /// So long before now.
    Ago(Duration),
}

impl Moment {
    /// The moment itself.
    pub(crate) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::Ago(span) => now - span,
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(moment) = text.trim().parse::<jiff::Timestamp>() {
            return Ok(Self::At(Timestamp::from_micros(moment.as_microsecond())));
        }
        duration(text).map(Self::Ago).map_err(|_| {
            "write a moment, like 2026-03-01T08:00:00Z, or how long ago it was, like 1h".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_nonsense_is_not() {
        let now = Timestamp::from_millis(10_000);
        for (text, ms) in
            [("1970-01-01T00:00:02Z", 2_000), ("1970-01-01T01:00:02+01:00", 2_000), ("4s", 6_000)]
        {
            let moment: Moment = text.parse().expect(text);
            assert_eq!(moment.before(now), Timestamp::from_millis(ms), "{text}");
        }
        for text in ["", "yesterday", "2026-03-01", "-1h"] {
            assert!(text.parse::<Moment>().is_err_and(|e| e.contains("like 1h")), "{text}");
        }
    }
}
