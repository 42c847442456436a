//! Why what waits was left when the dispatcher last looked at it, and how much there is of each.

use dormouse_core::admission::Shortage;
use dormouse_core::condition::Blocking;
use dormouse_core::{ActivationId, Timestamp};
use foldhash::HashMap;

/// Why an activation was left waiting when it was last looked at.
pub(crate) struct Left {
    /// An event is told when this changes.
    pub(crate) why: Reason,
    /// When it was first left for this reason.
    pub(crate) since: Timestamp,
    /// In which sweep that was last seen.
    pub(super) sweep: u64,
}

/// What an activation waits for.
#[derive(Clone, PartialEq)]
pub(crate) enum Reason {
    Latched(Vec<Blocking>),
    Short(Shortage),
}

/// How many wait for what. Kept along, since counting them would take as long as there are many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftCounts {
    pub(crate) latched: usize,
    pub(crate) host: usize,
    pub(crate) app: usize,
    pub(crate) registration: usize,
    pub(crate) backoff: usize,
}

impl LeftCounts {
    const fn of(&mut self, why: &Reason) -> &mut usize {
        match why {
            Reason::Latched(_) => &mut self.latched,
            Reason::Short(Shortage::Host) => &mut self.host,
            Reason::Short(Shortage::App) => &mut self.app,
            Reason::Short(Shortage::Registration) => &mut self.registration,
            Reason::Short(Shortage::Backoff) => &mut self.backoff,
        }
    }
}

/// See the [module](self).
#[derive(Default)]
pub(crate) struct LeftWaiting {
    by_id: HashMap<ActivationId, Left>,
    counts: LeftCounts,
}

impl LeftWaiting {
    pub(crate) fn get(&self, id: ActivationId) -> Option<&Left> {
        self.by_id.get(&id)
    }

    pub(crate) const fn counts(&self) -> LeftCounts {
        self.counts
    }

    /// It was left for `why` in this `sweep`. Answers whether that is news.
    pub(super) fn note(&mut self, id: ActivationId, why: &Reason, now: Timestamp, sweep: u64) -> bool {
        if let Some(left) = self.by_id.get_mut(&id).filter(|left| left.why == *why) {
            left.sweep = sweep;
            return false;
        }
        self.remove(id);
        *self.counts.of(why) += 1;
        self.by_id.insert(id, Left { why: why.clone(), since: now, sweep });
        true
    }

    /// It waits no more.
    pub(super) fn remove(&mut self, id: ActivationId) {
        if let Some(left) = self.by_id.remove(&id) {
            *self.counts.of(&left.why) -= 1;
        }
    }

    /// Forgets what was not seen in `sweep`: it has gone.
    pub(super) fn keep_of(&mut self, sweep: u64) {
        let Self { by_id, counts } = self;
        by_id.retain(|_, left| {
            let stays = left.sweep == sweep;
            if !stays {
                *counts.of(&left.why) -= 1;
            }
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> ActivationId {
        ActivationId::from_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn the_counts_are_those_of_what_is_there() {
        let mut left = LeftWaiting::default();
        let (now, host) = (Timestamp::from_micros(7), Reason::Short(Shortage::Host));
        assert!(left.note(id(1), &host, now, 0));
        assert!(left.note(id(2), &Reason::Latched(Vec::new()), now, 0));
        assert!(left.note(id(3), &Reason::Short(Shortage::App), now, 0));
        assert!(!left.note(id(1), &host, now, 1), "no news");
        let counts = LeftCounts { latched: 1, host: 1, app: 1, ..LeftCounts::default() };
        assert_eq!(left.counts(), counts);

        assert!(left.note(id(2), &host, now, 1), "for another reason");
        assert_eq!(left.counts(), LeftCounts { latched: 0, host: 2, ..counts });
        left.keep_of(1);
        assert_eq!(left.counts(), LeftCounts { host: 2, ..LeftCounts::default() });
        left.remove(id(1));
        left.remove(id(1));
        assert_eq!(left.counts(), LeftCounts { host: 1, ..LeftCounts::default() });
        assert!(left.get(id(2)).is_some() && left.get(id(3)).is_none());
    }
}
