//! What is over: runs, what they wrote, activations that nobody got to succeed, and how all of it is let go.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::activation::Activation;
use crate::completion::{Cursor, RunOutput, RunRecord};
use crate::ids::{ActivationId, AppId, RegistrationId, RunId};
use crate::outcome::OutcomeKind;
use crate::time::Timestamp;

/// Which runs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Of this registration only.
    pub registration: Option<RegistrationId>,
    /// Of this activation only.
    pub activation: Option<ActivationId>,
    /// Of this app only.
    pub app: Option<AppId>,
    /// That ended then or later.
    pub since: Option<Timestamp>,
    /// That ended before then.
    pub until: Option<Timestamp>,
    /// With an outcome of this kind only.
    pub outcome: Option<OutcomeKind>,
    /// Behind this one in the list: where the page before ended.
    pub before: Option<RunPlace>,
}

/// Where a run stands in the list, which is in the order in which they ended, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunPlace {
    /// When it ended.
    pub ended_at: Timestamp,
    /// Its place among those that were recorded, which tells two of the same moment apart.
    pub place: Cursor,
}

/// A run that ended, with its place in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedRun {
    /// Its place in the order in which runs were recorded. If it ended its activation, that completion's place in
    /// the journal.
    pub place: Cursor,
    /// The run.
    #[serde(flatten)]
    pub run: RunRecord,
}

impl ListedRun {
    /// Where the next page begins if this was the last of one.
    #[must_use]
    pub const fn place(&self) -> RunPlace {
        RunPlace { ended_at: self.run.ended_at, place: self.place }
    }
}

/// Which dead letters to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// Of this registration only.
    pub registration: Option<RegistrationId>,
    /// Of this app only.
    pub app: Option<AppId>,
    /// Behind this one in the list, by the moment at which it ended and its id.
    pub before: Option<(Timestamp, ActivationId)>,
}

/// What became of a wish to run a dead letter again.
#[derive(Clone, Debug, PartialEq)]
pub enum Redriven {
    /// This activation stands for it now.
    Activation(Box<Activation>),
    /// It is no dead letter: it is not known, has not ended, succeeded, was discarded.
    NotDead,
    /// Its registration is not there any more.
    NotRegistered,
    /// As many activations of its registration wait as ever may.
    Full,
}

/// What to let go of, in one small step, in the order of [`RunPlace`]. The run that ended an activation takes the
/// activation along. An activation that was withdrawn has no such run, and goes by its own moment. Nothing goes of an
/// activation that is not over, so more may stay than is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prune {
    /// Runs that ended before this.
    pub ended_before: Timestamp,
    /// But not those that were recorded behind this place: what the wall clock said of them may not be true.
    pub spare_after: Option<Cursor>,
    /// And all but so many of the newest; dead letters only by their age.
    pub keep_runs: u64,
    /// Of all those, completions that any subscriber has not read only if they ended before this.
    pub unread_before: Timestamp,
    /// And were not recorded behind this place.
    pub spare_unread_after: Option<Cursor>,
    /// Activations that were withdrawn before this.
    pub withdrawn_before: Timestamp,
    /// How many at most, of runs and of activations that were withdrawn together: the writer does nothing else
    /// meanwhile.
    pub limit: usize,
}

impl Prune {
    /// Whether a run is so old that it goes for that alone.
    #[must_use]
    pub fn is_old(&self, run: RunPlace) -> bool {
        run.ended_at < self.ended_before && self.spare_after.is_none_or(|spared| run.place <= spared)
    }

    /// Whether a completion has been kept long enough for whoever has not read it.
    #[must_use]
    pub fn is_waited_for_no_more(&self, run: RunPlace) -> bool {
        run.ended_at < self.unread_before && self.spare_unread_after.is_none_or(|spared| run.place <= spared)
    }
}

/// What was let go of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Runs, with what they wrote.
    pub runs: u64,
    /// Activations that are over, with their keys: the same firing would be taken in again.
    pub activations: u64,
    /// There may be more.
    pub more: bool,
}

/// How much there is of what an operator watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Activations that wait.
    pub waiting: u64,
    /// Activations that run, on any node.
    pub running: u64,
    /// Dead letters.
    pub dead_letters: u64,
}

/// What is over. Lists may lag behind writes; reads of one run see earlier writes.
#[async_trait]
pub trait History: Send + Sync {
    /// Up to `limit` runs, the one that ended last first.
    async fn runs(&self, filter: RunFilter, limit: usize) -> Result<Vec<ListedRun>, StoreError>;

    /// How many runs of an app are kept; counted up to `most` of them.
    async fn count_runs(&self, app: &AppId, most: u64) -> Result<u64, StoreError>;

    /// One run that ended; none if it goes on, or ended too long ago to be kept.
    async fn run(&self, id: RunId) -> Result<Option<ListedRun>, StoreError>;

    /// What a run that ended wrote, as far as that is kept; none if it wrote nothing.
    async fn output(&self, id: RunId) -> Result<Option<RunOutput>, StoreError>;

    /// Up to `limit` dead letters, the one that ended last first: activations whose last run failed
    /// ([`Outcome::is_failure`](crate::Outcome::is_failure)) and that were neither redriven nor discarded. Of
    /// registrations that are gone there are none.
    async fn dead_letters(
        &self,
        filter: DeadLetterFilter,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError>;

    /// Makes an activation called `fresh`, fired at `at`, that carries what the dead letter `id` carried, and takes
    /// that from the list. The overlap policy is not asked: somebody wants this one. Repeating it answers with the
    /// activation that was made first.
    async fn redrive(
        &self,
        id: ActivationId,
        fresh: ActivationId,
        at: Timestamp,
    ) -> Result<Redriven, StoreError>;

    /// Takes a dead letter from the list. Answers whether it was there.
    async fn discard(&self, id: ActivationId) -> Result<bool, StoreError>;

    /// Lets go of what is over and old, the oldest first. Of an activation that is not over nothing goes.
    async fn prune(&self, ask: Prune) -> Result<Pruned, StoreError>;

    /// How much there is.
    async fn totals(&self) -> Result<Totals, StoreError>;
}
