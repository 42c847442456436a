//! How long something really takes on this machine.

use std::time::{Duration, Instant};

/// What it takes in the middle of several tries.
///
/// # Errors
///
/// The first that a try ends with.
pub(super) fn median<E>(tries: usize, mut work: impl FnMut() -> Result<(), E>) -> Result<Duration, E> {
    let mut times = Vec::with_capacity(tries);
    for _ in 0..tries {
        times.push(timed(&mut work)?);
    }
    times.sort_unstable();
    Ok(times.get(tries / 2).copied().unwrap_or_default())
}

#[expect(clippy::disallowed_methods, reason = "it is this machine's real time that is measured")]
fn timed<E>(work: impl FnOnce() -> Result<(), E>) -> Result<Duration, E> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_try_counts_and_the_first_error_ends_it() {
        let mut tries = 0;
        let median = median(5, || {
            tries += 1;
            if tries == 3 { Err("no") } else { Ok(()) }
        });
        assert_eq!((median, tries), (Err("no"), 3));
        assert!(super::median(0, || Ok::<_, ()>(())).is_ok_and(|median| median.is_zero()));
    }
}
