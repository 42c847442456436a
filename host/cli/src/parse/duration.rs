//! Spans of time: `500ms`, `25s`, `1h30m`.

use std::time::Duration;

use jiff::SignedDuration;

/// Reads a span that is longer than zero.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let span: SignedDuration = text
        .trim()
        .parse()
        .map_err(|_| "write a number and a unit of h, m, s or ms, like 500ms, 25s or 1h30m".to_owned())?;
    match Duration::try_from(span) {
        Ok(span) if !span.is_zero() => Ok(span),
        _ => Err("it must be longer than zero".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_nonsense_is_not() {
        for (text, ms) in
            [("500ms", 500), ("25s", 25_000), ("5m", 300_000), ("1h30m", 5_400_000), ("1.5s", 1500)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "5", "5 parsecs", "s", "99999999999999999999s"] {
            assert!(duration(text).is_err_and(|e| e.contains("500ms")), "{text}");
        }
        for text in ["0s", "0ms", "-5s"] {
            assert_eq!(duration(text), Err("it must be longer than zero".to_owned()), "{text}");
        }
    }
}
