//! Overlap policies: `coalesce`, `keep-latest`, `refuse`, `queue:N`, `parallel:N`.

use dormouse::Overlap;

/// Reads an overlap policy.
pub(crate) fn overlap(text: &str) -> Result<Overlap, String> {
    let number = |text: &str| text.parse().ok().filter(|max: &u32| *max > 0);
    let read = match text.split_once(':') {
        None => match text {
            "coalesce" => Some(Overlap::Coalesce),
            "keep-latest" => Some(Overlap::KeepLatest),
            "refuse" => Some(Overlap::Refuse),
            _ => None,
        },
        Some(("queue", max)) => number(max).map(|max| Overlap::Queue { max }),
        Some(("parallel", max)) => number(max).map(|max| Overlap::Parallel { max }),
        Some(_) => None,
    };
    read.ok_or_else(|| "write coalesce, keep-latest, refuse, queue:N or parallel:N, like queue:10".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_and_nonsense_is_not() {
        for (text, policy) in [
            ("coalesce", Overlap::Coalesce),
            ("keep-latest", Overlap::KeepLatest),
            ("refuse", Overlap::Refuse),
            ("queue:10", Overlap::Queue { max: 10 }),
            ("parallel:2", Overlap::Parallel { max: 2 }),
        ] {
            assert_eq!(overlap(text), Ok(policy), "{text}");
        }
        for text in ["", "queue", "queue:0", "queue:-1", "refuse:1", "parallel:lots"] {
            assert!(overlap(text).is_err_and(|e| e.contains("queue:10")), "{text}");
        }
    }
}
