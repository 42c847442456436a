//! How long a claim holds: from a second to an hour.

use std::time::Duration;

use super::duration;

/// Reads a span of which a third is still a sensible time between two renewals.
pub(crate) fn lease(text: &str) -> Result<Duration, String> {
    let lease = duration(text)?;
    if (Duration::from_secs(1)..=Duration::from_secs(60 * 60)).contains(&lease) {
        Ok(lease)
    } else {
        Err("it must be from 1s to 1h".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_neither_too_short_nor_too_long() {
        assert_eq!(lease("30s"), Ok(Duration::from_secs(30)));
        assert!(lease("1s").is_ok() && lease("1h").is_ok());
        for text in ["999ms", "61m"] {
            assert_eq!(lease(text), Err("it must be from 1s to 1h".to_owned()), "{text}");
        }
        assert!(lease("soon").is_err_and(|e| e.contains("500ms")));
    }
}
