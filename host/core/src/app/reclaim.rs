//! Which app gives its memory back first when the machine runs short of it, or when no place is left for another one.
//!
//! Apps in the foreground, about to be suspended, or with a background task under way are never among the candidates; nor is
//! one that has an extended execution. One app is ended at a time:
//!
//! 1. what was suspended before what was not: it has saved its state, and is told nothing (UWP-133);
//! 2. what was prelaunched and never launched: nobody has missed it yet;
//! 3. what is above its limit;
//! 4. what was out of sight longest;
//! 5. what holds most.

use std::cmp::Reverse;

use super::memory::MemoryLevel;
use crate::time::Instant;

/// An app that may be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// It is suspended; else it is in the background, with nothing to do there.
    pub suspended: bool,
    /// It was prelaunched, and never launched since.
    pub prelaunched: bool,
    /// How much of its limit it holds.
    pub level: MemoryLevel,
    /// When it was seen last; its start if it never was.
    pub seen: Instant,
    /// Bytes that its memories and tables hold.
    pub memory_bytes: u64,
}

impl Candidate {
    /// The smaller, the sooner it is ended.
    fn worth(&self) -> (bool, bool, bool, Instant, Reverse<u64>) {
        let within = self.level != MemoryLevel::OverLimit;
        (!self.suspended, !self.prelaunched, within, self.seen, Reverse(self.memory_bytes))
    }
}

/// The place of the one to end; none if there is none. With `suspended_only`, only what is suspended: a place for another
/// app is no reason to end one that had no chance to save.
#[must_use]
pub fn first(candidates: &[Candidate], suspended_only: bool) -> Option<usize> {
    let places = candidates.iter().enumerate().filter(|(_, app)| app.suspended || !suspended_only);
    places.min_by_key(|(_, app)| app.worth()).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::from_origin(Duration::from_secs(secs))
    }

    const WORST: Candidate = Candidate {
        suspended: true,
        prelaunched: true,
        level: MemoryLevel::OverLimit,
        seen: Instant::ORIGIN,
        memory_bytes: 2 << 20,
    };

    #[test]
    fn each_rule_decides_before_those_behind_it() {
        // Each is better off than the one before by one rule, and worse by all that come later.
        let ranks = [
            WORST,
            Candidate { memory_bytes: 1 << 20, ..WORST },
            Candidate { seen: at(1), ..WORST },
            Candidate { level: MemoryLevel::High, ..WORST },
            Candidate { prelaunched: false, ..WORST },
            Candidate { suspended: false, ..WORST },
        ];
        for (rank, worse) in ranks.iter().enumerate() {
            for better in ranks.iter().skip(rank + 1) {
                assert_eq!(first(&[*better, *worse], false), Some(1), "{worse:?} goes before {better:?}");
                assert_eq!(first(&[*worse, *better], false), Some(0), "whatever their order");
            }
        }
    }

    #[test]
    fn a_place_for_another_app_is_never_taken_from_one_that_is_not_suspended() {
        let background = Candidate { suspended: false, ..WORST };
        assert_eq!(first(&[background], true), None);
        assert_eq!(first(&[background], false), Some(0));
        assert_eq!(first(&[background, Candidate { seen: at(9), ..WORST }], true), Some(1));
        assert_eq!(first(&[], false), None);
    }
}
