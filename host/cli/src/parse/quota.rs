//! Quotas of CPU time per window: `2s/15m`.

use dormouse::QuotaPolicy;

use super::duration;

/// Reads `CPU/WINDOW`.
pub(crate) fn quota(text: &str) -> Result<QuotaPolicy, String> {
    let (cpu, window) = text.split_once('/').ok_or(
        "write the CPU time, a slash and the window, like 2s/15m: 2 seconds of CPU time each 15 minutes",
    )?;
    let cpu = duration(cpu).map_err(|e| format!("the CPU time: {e}"))?;
    let window = duration(window).map_err(|e| format!("the window: {e}"))?;
    QuotaPolicy::new(cpu, window).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_and_the_part_that_is_wrong_is_named() {
        assert_eq!(quota("2s/15m"), Ok(QuotaPolicy::UWP8));
        for (text, part) in [
            ("2s", "2s/15m"),
            ("0s/15m", "CPU time"),
            ("2s/0s", "window"),
            ("2/15m", "CPU time"),
            ("2s/", "window"),
        ] {
            assert!(quota(text).is_err_and(|e| e.contains(part)), "{text}");
        }
    }
}
