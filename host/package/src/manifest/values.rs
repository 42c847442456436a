//! Texts in a manifest that stand for something else.

use std::time::Duration;

use jiff::SignedDuration;

use super::error::Problem;
use crate::text::excerpt;

/// A span of time above zero.
pub(super) fn span(text: &str) -> Result<Duration, Problem> {
    let refused = || Problem::Span { text: excerpt(text) };
    let span: SignedDuration = text.trim().parse().map_err(|_| refused())?;
    Duration::try_from(span).ok().filter(|span| !span.is_zero()).ok_or_else(refused)
}

/// A text for people and logs, on one line.
pub(super) fn line(text: &str, max: usize) -> Result<String, Problem> {
    if text.is_empty() || text.len() > max || text.contains(char::is_control) {
        return Err(Problem::Text { max });
    }
    Ok(text.to_owned())
}

/// The name of an environment variable.
pub(super) fn env_name(text: &str) -> Result<String, Problem> {
    if text.is_empty() || text.contains(|c: char| c == '=' || c.is_control()) {
        return Err(Problem::EnvName { text: excerpt(text) });
    }
    Ok(text.to_owned())
}

/// At most `max` of something.
pub(super) fn at_most(max: usize, len: usize) -> Result<(), Problem> {
    if len > max { Err(Problem::TooMany { len, max }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_above_zero_and_have_units() {
        assert_eq!(span("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(span("200ms"), Ok(Duration::from_millis(200)));
        for bad in ["", "0s", "-1s", "5", "5 parsecs", "99999999999999999999s"] {
            assert!(matches!(span(bad), Err(Problem::Span { .. })), "{bad}");
        }
    }
}
