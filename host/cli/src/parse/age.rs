//! Long spans: `30d`, `12h`.

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// A hundred years: beyond that, moments could not be reckoned with.
const AGE_MAX: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// Reads a span that is longer than zero and may be written in days of 24 hours and in weeks.
pub(crate) fn age(text: &str) -> Result<Duration, String> {
    let span: Option<SignedDuration> = text
        .trim()
        .parse()
        .ok()
        .and_then(|span: Span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let span = span.ok_or("write a number and a unit of w, d, h, m or s, like 30d, 12h or 1w")?;
    match Duration::try_from(span) {
        Ok(span) if span > AGE_MAX => Err("it must not be longer than 36600 days".to_owned()),
        Ok(span) if !span.is_zero() => Ok(span),
        _ => Err("it must be longer than zero".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_nonsense_is_not() {
        let hours = |n: u64| Ok(Duration::from_secs(n * 60 * 60));
        for (text, n) in [("30d", 720), ("12h", 12), ("1w", 168), ("1d 12h", 36), ("36600d", 36_600 * 24)] {
            assert_eq!(age(text), hours(n), "{text}");
        }
        for text in ["", "5", "1 month", "2y", "d"] {
            assert!(age(text).is_err_and(|e| e.contains("like 30d")), "{text}");
        }
        assert_eq!(age("0d"), Err("it must be longer than zero".to_owned()));
        assert_eq!(age("-1d"), Err("it must be longer than zero".to_owned()));
        assert!(age("36601d").is_err_and(|e| e.contains("36600 days")));
    }
}
