//! The end of runs, what is kept of them, and how it is let go.

use std::sync::Arc;

use super::history::Kept;
use super::index::Place;
use super::state::{Entry, State};
use crate::activation::ActivationState;
use crate::completion::{Completion, Cursor, RunRecord, Subscriber};
use crate::ids::ActivationId;
use crate::store::{Finish, Finished, Prune, Pruned, RunPlace, steps};

/// What is kept no more. Apart, so that it is dropped without the lock: it has not been looked at for long, and is in no
/// cache.
#[derive(Debug)]
pub(super) struct LetGo {
    _run: Kept,
    /// The activation that the run ended.
    ended: Option<Box<Entry>>,
}

impl State {
    /// Appends a run to the history. Answers what is let go of, as there would be too much.
    pub(super) fn record(&mut self, kept: Kept) -> (Cursor, Option<LetGo>) {
        let cursor = self.history.append(kept);
        let too_many = self.history.len() > self.history_max;
        let first = self.history.first().filter(|_| too_many);
        (cursor, first.and_then(|first| self.let_go(first)))
    }

    /// Lets go of a run, with its activation if it ended that.
    fn let_go(&mut self, place: Cursor) -> Option<LetGo> {
        let run = self.history.remove(place)?;
        let ended = run.coalesced.and_then(|_| self.forget(run.run.activation));
        Some(LetGo { _run: run, ended })
    }

    pub(super) fn finish(&mut self, finish: Finish) -> (Finished, Option<LetGo>) {
        let Finish { run, after, output } = finish;
        let Some(entry) = self.activations.get(&run.activation) else {
            return (Finished::LeaseLost, None);
        };
        let coalesced = entry.activation.coalesced;
        let after = steps::after_run(after, self.registrations.contains_key(&entry.activation.registration));
        let accepted = self.step(run.activation, |activation| {
            activation.complete(run.fence, &run.outcome, &after, run.ended_at).ok()?;
            Some(matches!(activation.state, ActivationState::Pending))
        });
        let Some(again) = accepted else {
            return (self.finished_before(&run), None);
        };
        let coalesced_into_end = (!again).then_some(coalesced);
        let output = steps::kept_output(output);
        let (cursor, let_go) = self.record(Kept {
            run: Arc::clone(&run),
            coalesced: coalesced_into_end,
            accepted: true,
            output,
        });
        let finished = if again {
            Finished::Pending
        } else {
            Finished::Completed(Completion { cursor, coalesced, run })
        };
        (finished, let_go)
    }

    /// The answer to a finish whose lease is gone: what it was when it was accepted, if it was.
    fn finished_before(&self, run: &RunRecord) -> Finished {
        match self.history.find(run.activation, run.run, run.fence) {
            Some((_, kept)) if !kept.accepted => Finished::LeaseLost,
            Some((cursor, kept)) => match kept.coalesced {
                Some(coalesced) => {
                    Finished::Completed(Completion { cursor, coalesced, run: Arc::clone(&kept.run) })
                }
                None => Finished::Pending,
            },
            None => Finished::LeaseLost,
        }
    }

    pub(super) fn prune(&mut self, ask: Prune) -> Pruned {
        let excess = (self.history.len() as u64).saturating_sub(ask.keep_runs);
        let unread_after = self.cursors.values().min().copied();
        let is_asked =
            |(n, (place, _)): &(u64, (RunPlace, &Kept))| *n < excess || place.ended_at < ask.ended_before;
        let is_read = |place: RunPlace| {
            unread_after.is_none_or(|read| place.place <= read) || ask.is_waited_for_no_more(place)
        };
        let may_go = |n: u64, place: RunPlace, kept: &Kept| {
            let id = kept.run.activation;
            match kept.coalesced {
                Some(_) => is_read(place) && (ask.is_old(place) || (n < excess && !self.is_dead(id))),
                None => (n < excess || ask.is_old(place)) && self.is_over(id),
            }
        };
        let asked = (0..).zip(self.history.by_end()).take_while(is_asked);
        let may_go = asked.filter(|(n, (place, kept))| may_go(*n, *place, kept));
        let mut runs: Vec<_> =
            may_go.map(|(_, (place, _))| place.place).take(ask.limit.saturating_add(1)).collect();
        let old = self.withdrawn.iter().take_while(|(at, _)| *at < ask.withdrawn_before);
        let mut withdrawn: Vec<_> = old.map(|(_, id)| *id).take(ask.limit.saturating_add(1)).collect();

        let mut pruned =
            Pruned { more: runs.len().saturating_add(withdrawn.len()) > ask.limit, ..Pruned::default() };
        runs.truncate(ask.limit);
        withdrawn.truncate(ask.limit.saturating_sub(runs.len()));
        for place in runs {
            pruned.runs += 1;
            let ended = self.let_go(place).and_then(|gone| gone.ended);
            pruned.activations += u64::from(ended.is_some());
        }
        for id in withdrawn {
            pruned.activations += 1;
            drop(self.forget(id));
        }
        pruned
    }

    fn is_over(&self, id: ActivationId) -> bool {
        self.activations.get(&id).is_none_or(|entry| matches!(Place::of(&entry.activation), Place::Over))
    }

    pub(super) fn cursor(&self, subscriber: &str) -> Option<Cursor> {
        self.cursors.get(subscriber).copied()
    }

    pub(super) fn commit_cursor(&mut self, subscriber: &str, cursor: Cursor) {
        match self.cursors.get_mut(subscriber) {
            Some(known) => *known = cursor.max(*known),
            None => {
                self.cursors.insert(subscriber.to_owned(), cursor);
            }
        }
    }

    pub(super) fn subscribers(&self) -> Vec<Subscriber> {
        let all = self.cursors.iter();
        all.map(|(name, cursor)| Subscriber { name: name.clone(), cursor: *cursor }).collect()
    }

    pub(super) fn remove_subscriber(&mut self, name: &str) -> bool {
        self.cursors.remove(name).is_some()
    }
}
