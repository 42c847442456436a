//! Which run goes first when the machine runs short of memory (UWP-092).
//!
//! One run is given up at a time: the least valuable, by
//!
//! 1. what woke it: maintenance, which comes again and waits for its hour anyway; then time and cron, which come again;
//!    then system events, changes of files and signals, which stand for a state that is still there to be seen; then
//!    what somebody asked for; last messages and sockets, whose contents come once;
//! 2. whether it has reported progress: what has not loses least;
//! 3. the memory that it holds: the largest frees most;
//! 4. its age: the youngest loses least.

use std::cmp::Reverse;

use crate::limits::Class;
use crate::time::Instant;
use crate::trigger::TriggerKind;

/// A run that may be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What woke it.
    pub kind: TriggerKind,
    /// What it is for.
    pub class: Class,
    /// It has reported progress.
    pub progressed: bool,
    /// Bytes that its memories and tables hold.
    pub memory_bytes: u64,
    /// When it started.
    pub started: Instant,
}

impl Candidate {
    /// The smaller, the sooner it is given up.
    const fn worth(&self) -> (u8, bool, Reverse<u64>, Reverse<Instant>) {
        let kind = match (self.class, self.kind) {
            (Class::Maintenance, _) | (_, TriggerKind::Maintenance) => 0,
            (_, TriggerKind::Time | TriggerKind::Cron) => 1,
            (_, TriggerKind::System | TriggerKind::Filesystem | TriggerKind::Signal) => 2,
            (_, TriggerKind::Application) => 3,
            (_, TriggerKind::Message | TriggerKind::Socket) => 4,
        };
        (kind, self.progressed, Reverse(self.memory_bytes), Reverse(self.started))
    }
}

/// The place of the one to give up; none if there is none.
#[must_use]
pub fn least_valuable(candidates: &[Candidate]) -> Option<usize> {
    let places = candidates.iter().enumerate();
    places.min_by_key(|(_, candidate)| candidate.worth()).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const WORST: Candidate = Candidate {
        kind: TriggerKind::Time,
        class: Class::Default,
        progressed: false,
        memory_bytes: 1 << 20,
        started: Instant::ORIGIN,
    };

    /// Which of the two goes first, whatever their order.
    fn first(one: Candidate, other: Candidate) -> Candidate {
        let chosen =
            [[one, other], [other, one]].map(|both| both[least_valuable(&both).expect("one of two")]);
        assert_eq!(chosen[0], chosen[1]);
        chosen[0]
    }

    #[test]
    fn what_comes_again_goes_before_what_comes_once() {
        use TriggerKind::{
            Application, Cron, Filesystem, Maintenance, Message, Signal, Socket, System, Time,
        };
        let ranks: [&[TriggerKind]; 5] = [
            &[Maintenance],
            &[Time, Cron],
            &[System, Filesystem, Signal],
            &[Application],
            &[Message, Socket],
        ];
        for (rank, kinds) in ranks.iter().enumerate() {
            for (kind, later) in kinds.iter().zip(ranks[rank + 1..].iter().flat_map(|kinds| kinds.iter())) {
                // However large and young the other is.
                let other = Candidate {
                    kind: *later,
                    memory_bytes: 1 << 30,
                    started: Instant::from_origin(Duration::from_secs(9)),
                    ..WORST
                };
                let one = Candidate { kind: *kind, progressed: true, ..WORST };
                assert_eq!(first(one, other), one, "{kind} before {later}");
            }
        }
        let one = Candidate { class: Class::Maintenance, kind: Message, ..WORST };
        assert_eq!(first(one, WORST), one, "a registration may say that it is maintenance");
    }

    #[test]
    fn among_their_like_progress_then_memory_then_age_decide() {
        let young = Candidate { started: Instant::from_origin(Duration::from_secs(1)), ..WORST };
        assert_eq!(first(young, WORST), young);
        let large = Candidate { memory_bytes: 2 << 20, ..WORST };
        assert_eq!(first(young, large), large);
        let progressed = Candidate { progressed: true, memory_bytes: 4 << 20, ..young };
        assert_eq!(first(progressed, WORST), WORST);
    }

    #[test]
    fn nobody_is_given_up_when_nobody_runs() {
        assert_eq!(least_valuable(&[]), None);
    }
}
