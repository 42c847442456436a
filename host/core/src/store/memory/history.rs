//! Runs that ended: the history, in the order in which they ended, and, for those that ended an activation, the
//! journal, in the order in which they were recorded.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use super::parts::Parts;
use crate::completion::{Completion, Cursor, RunOutput, RunRecord};
use crate::ids::{ActivationId, AppId, Fence, RunId};
use crate::store::{ListedRun, RunFilter, RunPlace};
use crate::time::Timestamp;

/// A run that is kept.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) run: Arc<RunRecord>,
    /// How many firings its activation stood for, if this run ended it.
    pub(super) coalesced: Option<u32>,
    /// It came with a finish; else its lease was taken away, and a finish that comes yet is refused.
    pub(super) accepted: bool,
    /// What it wrote, if that is kept.
    pub(super) output: Option<Arc<RunOutput>>,
}

impl Kept {
    fn completion(&self, cursor: Cursor) -> Option<Completion> {
        Some(Completion { cursor, coalesced: self.coalesced?, run: Arc::clone(&self.run) })
    }

    fn listed(&self, place: Cursor) -> ListedRun {
        ListedRun { place, run: RunRecord::clone(&self.run) }
    }

    fn is_of(&self, filter: &RunFilter) -> bool {
        let RunFilter { registration, activation, app, outcome, since: _, until: _, before: _ } = filter;
        let run = &self.run;
        registration.is_none_or(|registration| run.registration == registration)
            && activation.is_none_or(|activation| run.activation == activation)
            && app.as_ref().is_none_or(|app| run.app == *app)
            && outcome.is_none_or(|outcome| run.outcome.kind() == outcome)
    }
}

/// Runs by their place, from 1 on: one behind the other, with gaps where some were let go of.
#[derive(Debug, Default)]
struct Shelf {
    /// The first of these is there.
    runs: VecDeque<Option<Kept>>,
    len: usize,
    /// The place of the newest run, kept or not.
    last: u64,
}

impl Shelf {
    fn push(&mut self, kept: Kept) -> Cursor {
        self.runs.push_back(Some(kept));
        self.len += 1;
        self.last += 1;
        Cursor(self.last)
    }

    /// The place of the first in the queue, or, if there is none, of the next that comes.
    fn begin(&self) -> u64 {
        self.last + 1 - self.runs.len() as u64
    }

    fn index(&self, place: Cursor) -> Option<usize> {
        usize::try_from(place.0.checked_sub(self.begin())?).ok()
    }

    fn get(&self, place: Cursor) -> Option<&Kept> {
        self.runs.get(self.index(place)?)?.as_ref()
    }

    fn remove(&mut self, place: Cursor) -> Option<Kept> {
        let index = self.index(place)?;
        let kept = self.runs.get_mut(index)?.take()?;
        self.len -= 1;
        while let Some(None) = self.runs.front() {
            self.runs.pop_front();
        }
        Some(kept)
    }

    fn first(&self) -> Option<Cursor> {
        (self.len > 0).then(|| Cursor(self.begin()))
    }

    /// Those behind `after`, in order.
    fn behind(&self, after: Cursor) -> impl Iterator<Item = (Cursor, &Kept)> {
        let (begin, len) = (self.begin(), self.runs.len());
        let next = Cursor(after.0.saturating_add(1).max(begin));
        let skipped = self.index(next).unwrap_or(len).min(len);
        let places = (skipped..len).zip(self.runs.range(skipped..));
        places.filter_map(move |(index, kept)| Some((Cursor(begin + index as u64), kept.as_ref()?)))
    }
}

/// The places of one activation's runs, of which there is one, most often.
#[derive(Debug)]
struct Places {
    newest: Cursor,
    /// In order.
    before: Vec<Cursor>,
}

impl Places {
    fn all(&self) -> impl DoubleEndedIterator<Item = Cursor> {
        self.before.iter().copied().chain(std::iter::once(self.newest))
    }

    fn push(&mut self, place: Cursor) {
        self.before.push(std::mem::replace(&mut self.newest, place));
    }

    /// Whether any is left.
    fn remove(&mut self, place: Cursor) -> bool {
        if self.newest != place {
            self.before.retain(|before| *before != place);
            return true;
        }
        self.before.pop().is_some_and(|before| {
            self.newest = before;
            true
        })
    }
}

/// Runs by their place, and where they are found.
#[derive(Debug, Default)]
pub(super) struct History {
    runs: Shelf,
    by_end: BTreeSet<RunPlace>,
    by_activation: Parts<ActivationId, Places>,
    by_id: Parts<RunId, Cursor>,
    /// The place of the newest completion, kept or not.
    head: Cursor,
    /// The place of the newest completion that was let go of.
    floor: Cursor,
}

impl History {
    pub(super) fn append(&mut self, kept: Kept) -> Cursor {
        let (activation, run, ended_at) = (kept.run.activation, kept.run.run, kept.run.ended_at);
        let ends = kept.coalesced.is_some();
        let place = self.runs.push(kept);
        if ends {
            self.head = place;
        }
        self.by_end.insert(RunPlace { ended_at, place });
        self.by_activation
            .entry(activation)
            .and_modify(|places| places.push(place))
            .or_insert(Places { newest: place, before: vec![] });
        self.by_id.insert(run, place);
        place
    }

    /// Lets go of the run at `place`.
    pub(super) fn remove(&mut self, place: Cursor) -> Option<Kept> {
        let kept = self.runs.remove(place)?;
        let run = &kept.run;
        self.by_end.remove(&RunPlace { ended_at: run.ended_at, place });
        if let Entry::Occupied(mut places) = self.by_activation.entry(run.activation)
            && !places.get_mut().remove(place)
        {
            places.remove();
        }
        if self.by_id.get(&run.run) == Some(&place) {
            self.by_id.remove(&run.run);
        }
        if kept.coalesced.is_some() {
            self.floor = self.floor.max(place);
        }
        Some(kept)
    }

    pub(super) const fn len(&self) -> usize {
        self.runs.len
    }

    /// The place of the run that was recorded first, of those that are kept.
    pub(super) fn first(&self) -> Option<Cursor> {
        self.runs.first()
    }

    /// All runs, the one that ended first at the beginning.
    pub(super) fn by_end(&self) -> impl Iterator<Item = (RunPlace, &Kept)> {
        self.by_end.iter().filter_map(|place| Some((*place, self.runs.get(place.place)?)))
    }

    /// The runs of one activation, in the order in which they were recorded.
    fn of_activation(&self, id: ActivationId) -> impl DoubleEndedIterator<Item = (Cursor, &Kept)> {
        let places = self.by_activation.get(&id).into_iter().flat_map(Places::all);
        places.filter_map(|place| Some((place, self.runs.get(place)?)))
    }

    /// The run of one activation that had this id and fence.
    pub(super) fn find(&self, id: ActivationId, run: RunId, fence: Fence) -> Option<(Cursor, &Kept)> {
        self.of_activation(id).find(|(_, kept)| kept.run.run == run && kept.run.fence == fence)
    }

    /// One run.
    pub(super) fn run(&self, id: RunId) -> Option<ListedRun> {
        let place = self.by_id.get(&id)?;
        Some(self.runs.get(*place)?.listed(*place))
    }

    /// What one run wrote.
    pub(super) fn output(&self, id: RunId) -> Option<RunOutput> {
        self.runs.get(*self.by_id.get(&id)?)?.output.as_deref().cloned()
    }

    /// Up to `limit` runs, the one that ended last first.
    pub(super) fn list(&self, filter: &RunFilter, limit: usize) -> Vec<ListedRun> {
        let from = first_at(filter.since.unwrap_or(Timestamp::from_micros(i64::MIN)));
        let until = filter.until.map(first_at).into_iter().chain(filter.before).min();
        if until.is_some_and(|until| until <= from) {
            return vec![];
        }
        let before = until.map_or(Bound::Unbounded, Bound::Excluded);
        let listed = |place: &RunPlace| {
            let kept = self.runs.get(place.place).filter(|kept| kept.is_of(filter))?;
            Some(kept.listed(place.place))
        };
        match filter.activation {
            Some(id) => {
                let mut places: Vec<_> =
                    self.of_activation(id).map(|(place, kept)| (place, kept.run.ended_at)).collect();
                places.sort_unstable_by_key(|(place, ended_at)| std::cmp::Reverse((*ended_at, *place)));
                let places = places.into_iter().map(|(place, ended_at)| RunPlace { ended_at, place });
                let within =
                    places.filter(|place| *place >= from && until.is_none_or(|until| *place < until));
                within.filter_map(|place| listed(&place)).take(limit).collect()
            }
            None => {
                let places = self.by_end.range((Bound::Included(from), before)).rev();
                places.filter_map(listed).take(limit).collect()
            }
        }
    }

    /// How many runs of `app` there are, up to `most`.
    pub(super) fn count(&self, app: &AppId, most: u64) -> u64 {
        let of_app = self.runs.behind(Cursor(0)).filter(|(_, kept)| kept.run.app == *app);
        of_app.take(usize::try_from(most).unwrap_or(usize::MAX)).count() as u64
    }

    /// Up to `limit` completions after `after`, in order.
    pub(super) fn completions(&self, after: Cursor, limit: usize) -> Vec<Completion> {
        self.runs.behind(after).filter_map(|(place, kept)| kept.completion(place)).take(limit).collect()
    }

    /// The completion of one activation.
    pub(super) fn completion(&self, id: ActivationId) -> Option<Completion> {
        let (place, kept) = self.of_activation(id).next_back()?;
        kept.completion(place)
    }

    pub(super) const fn head(&self) -> Cursor {
        self.head
    }

    pub(super) const fn floor(&self) -> Cursor {
        self.floor
    }
}

/// Before every run that ended at `moment` or later.
const fn first_at(moment: Timestamp) -> RunPlace {
    RunPlace { ended_at: moment, place: Cursor(0) }
}
