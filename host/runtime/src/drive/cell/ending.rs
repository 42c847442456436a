//! The end of a run that somebody asked for, by the clock: when it heard of it, when it ended, when all was free again.

use dormouse_core::run::Output;
use dormouse_core::{Ending, Instant, Outcome};

/// Its moments. Of a run that nobody asks to end, none is noted, and none costs anything.
#[derive(Default)]
pub(super) struct Moments {
    asked: Option<Instant>,
    told: Option<Instant>,
    ended: Option<Instant>,
    freed: Option<Instant>,
}

impl Moments {
    /// The run's machine said this.
    pub(super) fn said(&mut self, output: &Output, now: Instant) {
        match output {
            Output::Tell => self.asked = Some(now),
            Output::End(outcome) => {
                // A kill without a word before it is asked for when it is done.
                if matches!(outcome, Outcome::Canceled { .. }) {
                    self.asked.get_or_insert(now);
                }
                self.ended = self.asked.map(|_| now);
            }
            Output::Done | Output::Pause | Output::Resume => {}
        }
    }

    /// Whether the guest was asked to end and has not heard of it yet.
    pub(super) fn is_untold(&self) -> bool {
        self.asked.is_some() && self.told.is_none() && self.ended.is_none()
    }

    /// The guest hears of it.
    pub(super) fn told(&mut self, now: Instant) {
        self.told = Some(now);
    }

    /// Whether it is wanted when all was free again.
    pub(super) fn is_ending(&self) -> bool {
        self.ended.is_some()
    }

    /// Sandbox, memory and slot are free.
    pub(super) fn freed(&mut self, now: Instant) {
        self.freed = Some(now);
    }

    /// How long each took; none if nobody asked.
    pub(super) fn ending(&self) -> Option<Ending> {
        let (asked, ended, freed) = (self.asked?, self.ended?, self.freed?);
        Some(Ending {
            told: self.told.map(|told| told.since(asked)),
            ended: ended.since(asked),
            freed: freed.since(ended),
        })
    }

    /// When the run ended, if somebody had asked for it.
    pub(super) fn ended(&self) -> Option<Instant> {
        self.ended
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dormouse_core::{Cancellation, CancellationReason};

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn at(ms: u32) -> Instant {
        Instant::ORIGIN + MS * ms
    }

    fn canceled() -> Output {
        let cancellation = Cancellation::new(CancellationReason::Abort, "operator", "a test");
        Output::End(Outcome::Canceled { cancellation, forced: true })
    }

    #[test]
    fn each_is_counted_from_what_caused_it() {
        let mut moments = Moments::default();
        assert!(!moments.is_untold());
        moments.said(&Output::Tell, at(10));
        assert!(moments.is_untold() && !moments.is_ending());
        moments.told(at(13));
        assert!(!moments.is_untold());
        moments.said(&canceled(), at(30));
        assert_eq!(moments.ending(), None, "nothing is free yet");
        moments.freed(at(31));
        assert_eq!(moments.ending(), Some(Ending { told: Some(3 * MS), ended: 20 * MS, freed: MS }));
    }

    #[test]
    fn a_kill_without_a_word_is_an_end_that_nobody_heard_of() {
        let mut moments = Moments::default();
        moments.said(&canceled(), at(5));
        assert!(!moments.is_untold(), "there is nobody left to hear of it");
        moments.freed(at(7));
        assert_eq!(moments.ending(), Some(Ending { told: None, ended: Duration::ZERO, freed: 2 * MS }));
    }

    #[test]
    fn a_run_that_nobody_asked_has_no_moments() {
        let mut moments = Moments::default();
        moments.said(&Output::Pause, at(1));
        moments.said(&Output::End(Outcome::Succeeded), at(2));
        assert!(!moments.is_ending() && moments.ending().is_none());
    }
}
