//! What a host told of the insides of its guests.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::ensure;
use dormouse::core::Timestamp;
use dormouse::{Event, EventKind, Observer, RegistrationId, RunId};

use crate::setup::PATIENCE;

/// When a guest made its first call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct First {
    pub(crate) registration: RegistrationId,
    pub(crate) moment: Instant,
    /// The same by the clock on the wall.
    pub(crate) wall: Timestamp,
}

/// Hears when guests begin, and when they end. A guest begins by taking a deferral.
#[derive(Default)]
pub(crate) struct Heard {
    moments: Mutex<Moments>,
    changed: Condvar,
}

#[derive(Default)]
struct Moments {
    first: HashMap<RunId, First>,
    ended: HashMap<RunId, Instant>,
    /// How the last one ended that was no success.
    failed: Option<String>,
}

impl Observer for Heard {
    fn observe(&self, event: &Event) {
        let moment = Instant::now();
        match &event.kind {
            EventKind::DeferralTaken { run, .. } => {
                let first = First { registration: event.registration, moment, wall: event.at };
                self.moments().first.entry(*run).or_insert(first);
            }
            EventKind::Ended { run, outcome, .. } => {
                let mut moments = self.moments();
                moments.ended.insert(*run, moment);
                if !outcome.is_success() {
                    moments.failed = Some(outcome.to_string());
                }
            }
            _ => return,
        }
        self.changed.notify_all();
    }
}

impl Heard {
    /// Nothing was heard yet.
    pub(crate) fn forget(&self) {
        *self.moments() = Moments::default();
    }

    /// The first call of a run that is over.
    pub(crate) fn first(&self, run: RunId) -> Option<First> {
        let mut moments = self.moments();
        moments.ended.remove(&run);
        moments.first.remove(&run)
    }

    /// Those that have begun, once so many have.
    pub(crate) fn begun(&self, runs: usize) -> anyhow::Result<Vec<(RunId, First)>> {
        let moments = self.once(|moments| moments.first.len() >= runs);
        let begun = moments.first.len();
        ensure!(begun >= runs, "only {begun} of {runs} guests are there");
        Ok(moments.first.iter().map(|(run, first)| (*run, *first)).collect())
    }

    /// Returns once so many have begun. All of them are to stay: the first that ends is an error.
    pub(crate) fn stay(&self, runs: usize) -> anyhow::Result<()> {
        let moments = self.once(|moments| moments.first.len() >= runs || !moments.ended.is_empty());
        let (begun, ended) = (moments.first.len(), moments.ended.len());
        let how = moments.failed.as_deref().unwrap_or("well");
        ensure!(ended == 0, "with {begun} of {runs} guests there, one has ended: {how}");
        ensure!(begun >= runs, "only {begun} of {runs} guests are there");
        Ok(())
    }

    /// When a run ended, once it has.
    pub(crate) fn ended(&self, run: RunId) -> anyhow::Result<Instant> {
        let mut moments = self.once(|moments| moments.ended.contains_key(&run));
        let ended = moments.ended.remove(&run);
        ended.ok_or_else(|| anyhow::anyhow!("run {run} does not end"))
    }

    /// Returns when it is so, or when there is no patience left.
    fn once(&self, is_so: impl Fn(&Moments) -> bool) -> MutexGuard<'_, Moments> {
        let waited = self.changed.wait_timeout_while(self.moments(), PATIENCE, |moments| !is_so(moments));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn moments(&self) -> MutexGuard<'_, Moments> {
        self.moments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of a host that is not watched, none.
pub(crate) type Ear = Option<Arc<Heard>>;
