//! When to come back.

use std::time::{Duration, SystemTime};

/// When the server does not say.
const DEFAULT: Duration = Duration::from_secs(60);

/// Whatever the server says: a wish of a year is a mistake.
const MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What a `Retry-After` header asks for: seconds, or a date (RFC 9110, section 10.2.3).
#[expect(clippy::disallowed_methods, reason = "a guest's clock is the one that its host gives it")]
pub(crate) fn after(header: Option<&str>) -> Duration {
    header.and_then(|header| parse(header.trim(), SystemTime::now())).unwrap_or(DEFAULT).min(MAX)
}

fn parse(header: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    // A date that has passed means now.
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_understood_and_nothing_else() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let then = httpdate::parse_http_date(date).expect("a date");
        assert_eq!(parse("120", then), Some(Duration::from_secs(120)));
        assert_eq!(parse(date, then - Duration::from_secs(7)), Some(Duration::from_secs(7)));
        assert_eq!(parse(date, then + Duration::from_secs(7)), Some(Duration::ZERO));
        assert_eq!(parse("soon", then), None);
        assert_eq!(parse("-1", then), None);
    }

    #[test]
    fn no_wish_is_a_minute_and_no_wish_is_longer_than_a_day() {
        assert_eq!(after(None), DEFAULT);
        assert_eq!(after(Some("nonsense")), DEFAULT);
        assert_eq!(after(Some("99999999")), MAX);
    }
}
