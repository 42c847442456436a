//! Runs in the order in which they ended: the history, and, for those that ended an activation, the journal.

use std::collections::VecDeque;

use crate::completion::{Completion, Cursor, RunRecord};
use crate::ids::{Fence, RunId};

/// A run that is kept.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) run: RunRecord,
    /// How many firings its activation stood for, if this run ended it.
    pub(super) coalesced: Option<u32>,
    /// It came with a finish; else its lease was taken away, and a finish that comes yet is refused.
    pub(super) accepted: bool,
    /// The run of the same activation before this one.
    previous: Option<Cursor>,
}

/// The newest runs. Places are numbered from 1 without gaps, so that a place is found by subtraction.
#[derive(Debug)]
pub(super) struct History {
    max: usize,
    runs: VecDeque<Kept>,
    /// How many were dropped from the front.
    dropped: u64,
    head: Cursor,
}

impl History {
    pub(super) const fn new(max: usize) -> Self {
        Self { max, runs: VecDeque::new(), dropped: 0, head: Cursor(0) }
    }

    /// Appends a run; `previous` is the place of the one before of the same activation.
    pub(super) fn append(
        &mut self,
        run: RunRecord,
        coalesced: Option<u32>,
        accepted: bool,
        previous: Option<Cursor>,
    ) -> Cursor {
        self.runs.push_back(Kept { run, coalesced, accepted, previous });
        let place = Cursor(self.dropped + self.runs.len() as u64);
        if coalesced.is_some() {
            self.head = place;
        }
        if self.runs.len() > self.max {
            self.runs.pop_front();
            self.dropped += 1;
        }
        place
    }

    fn get(&self, place: Cursor) -> Option<&Kept> {
        let index = place.0.checked_sub(self.dropped + 1)?;
        self.runs.get(usize::try_from(index).ok()?)
    }

    /// The runs of one activation, the newest first, from its `last` on.
    pub(super) fn of_activation(&self, last: Option<Cursor>) -> impl Iterator<Item = (Cursor, &Kept)> {
        let found = move |place: Option<Cursor>| place.and_then(|place| Some((place, self.get(place)?)));
        std::iter::successors(found(last), move |(_, kept)| found(kept.previous))
    }

    /// The run of one activation that had this id and fence.
    pub(super) fn find(&self, last: Option<Cursor>, run: RunId, fence: Fence) -> Option<(Cursor, &Kept)> {
        self.of_activation(last).find(|(_, kept)| kept.run.run == run && kept.run.fence == fence)
    }

    /// All runs, the newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &RunRecord> {
        self.runs.iter().rev().map(|kept| &kept.run)
    }

    /// Completions after `after`, in order.
    pub(super) fn completions(&self, after: Cursor) -> impl Iterator<Item = Completion> {
        let skip = usize::try_from(after.0.saturating_sub(self.dropped)).unwrap_or(usize::MAX);
        let first = self.dropped + 1;
        (first..).zip(&self.runs).skip(skip).filter_map(|(place, kept)| {
            Some(Completion { cursor: Cursor(place), coalesced: kept.coalesced?, run: kept.run.clone() })
        })
    }

    /// The place of the newest completion, kept or not.
    pub(super) const fn head(&self) -> Cursor {
        self.head
    }
}
