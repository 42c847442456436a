//! A log line for what goes wrong again and again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use dormouse_core::{Clock, Instant};

/// What goes on being wrong is said this often.
const EVERY: Duration = Duration::from_secs(60);

/// Says what is wrong at once, and then at most once in [`EVERY`], with how often it was kept back.
pub(crate) struct Complaint {
    clock: Arc<dyn Clock>,
    what: &'static str,
    said: Option<Instant>,
    kept_back: u64,
}

impl Complaint {
    pub(crate) fn new(clock: &Arc<dyn Clock>, what: &'static str) -> Self {
        Self { clock: Arc::clone(clock), what, said: None, kept_back: 0 }
    }

    /// It went wrong. True if that was said.
    pub(crate) fn wrong(&mut self, why: impl fmt::Display) -> bool {
        let now = self.clock.now();
        if self.said.is_some_and(|said| now.since(said) < EVERY) {
            self.kept_back = self.kept_back.saturating_add(1);
            return false;
        }
        tracing::warn!(%why, kept_back = self.kept_back, "{}", self.what);
        self.said = Some(now);
        self.kept_back = 0;
        true
    }
}

#[cfg(test)]
mod tests {
    use dormouse_core::SimClock;

    use super::*;

    #[test]
    fn what_goes_on_being_wrong_is_said_once_a_minute() {
        let clock = SimClock::new();
        let mut complaint = Complaint::new(&(Arc::new(clock.clone()) as Arc<dyn Clock>), "it is wrong");
        let said = |complaint: &mut Complaint| (0..100).filter(|_| complaint.wrong("why")).count();
        assert_eq!(said(&mut complaint), 1);
        clock.advance(EVERY / 2);
        assert_eq!(said(&mut complaint), 0);
        clock.advance(EVERY / 2);
        assert_eq!(said(&mut complaint), 1);
    }
}
