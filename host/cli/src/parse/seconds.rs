//! Seconds between two looks: `5`.

use std::time::Duration;

/// Nobody looks less often than once in a day.
const MAX: u64 = 24 * 60 * 60;

/// Reads a whole number of seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=MAX) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("write a number of seconds, from 1 to {MAX}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_and_nonsense_is_not() {
        assert_eq!(seconds("5"), Ok(Duration::from_secs(5)));
        for text in ["", "0", "-1", "1.5", "86401", "often"] {
            assert!(seconds(text).is_err_and(|e| e.contains("number of seconds")), "{text}");
        }
    }
}
