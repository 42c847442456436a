//! Which schedules are due, and when the next one is.

use std::collections::BTreeSet;

use dormouse_core::{RegistrationId, Timestamp};
use foldhash::HashMap;

/// Registrations by the moment at which they are due, each at one moment at most.
#[derive(Default)]
pub(super) struct Timers {
    queue: BTreeSet<(Timestamp, RegistrationId)>,
    /// Where in the queue each is.
    at: HashMap<RegistrationId, Timestamp>,
}

impl Timers {
    /// Has `id` be due at `at` and at no other moment; never, if none.
    pub(super) fn set(&mut self, id: RegistrationId, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.at.insert(id, at),
            None => self.at.remove(&id),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.queue.remove(&(before, id));
        }
        if let Some(at) = at {
            self.queue.insert((at, id));
        }
    }

    /// When the earliest is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes out those that are due at `now`, the earliest first, up to `limit`.
    pub(super) fn take_due(&mut self, now: Timestamp, limit: usize) -> Vec<RegistrationId> {
        let mut due = Vec::new();
        while due.len() < limit
            && self.next().is_some_and(|at| at <= now)
            && let Some((_, id)) = self.queue.pop_first()
        {
            self.at.remove(&id);
            due.push(id);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> RegistrationId {
        RegistrationId::from_uuid(Uuid::from_u128(n))
    }

    fn at(n: i64) -> Timestamp {
        Timestamp::from_micros(n)
    }

    fn timers(entries: &[(u128, i64)]) -> Timers {
        let mut timers = Timers::default();
        for (n, moment) in entries {
            timers.set(id(*n), Some(at(*moment)));
        }
        timers
    }

    #[test]
    fn what_is_due_comes_out_in_order_and_once() {
        let mut timers = timers(&[(1, 30), (2, 10), (3, 20), (4, 10), (5, 31)]);
        assert_eq!(timers.take_due(at(9), 10), []);
        assert_eq!(timers.take_due(at(30), 3), [id(2), id(4), id(3)]);
        assert_eq!(timers.next(), Some(at(30)));
        assert_eq!(timers.take_due(at(30), 3), [id(1)]);
        assert_eq!((timers.take_due(at(30), 3), timers.next()), (vec![], Some(at(31))));
    }

    #[test]
    fn a_moment_that_is_set_replaces_the_one_before() {
        let mut timers = timers(&[(1, 10), (2, 20)]);
        timers.set(id(1), Some(at(30)));
        assert_eq!(timers.next(), Some(at(20)));
        timers.set(id(2), None);
        timers.set(id(3), None);
        assert_eq!(timers.take_due(at(100), 10), [id(1)]);
        assert_eq!((timers.next(), timers.at.len()), (None, 0));
    }
}
