//! What the host keeps, as small traits of atomic commands.
//!
//! | trait | keeps |
//! | --- | --- |
//! | [`AppStore`] | apps that are installed |
//! | [`AppStateStore`] | what they were, for when their host has fallen |
//! | [`RegistrationStore`] | registrations, what their firings left on them, and the firings that started nothing |
//! | [`ActivationStore`] | what waits and what runs |
//! | [`History`] | what is over: runs, what they wrote, dead letters; and lets go of it |
//! | [`Journal`] | completions in order, and how far each subscriber has read them |
//! | [`WebhookStore`] | subscribers that are told over HTTP |
//! | [`QuotaStore`] | what apps have used of their quotas |
//! | [`SettingsStore`] | settings of apps |
//!
//! They promise no more than an embedded database *and* a replicated log can keep: idempotent admission by
//! key, at-least-once claims with a lease and a fence, a completion that is refused unless its fence is the
//! newest, and cursors. Every call may be repeated as it stands. Lists may lag behind writes, except where
//! a method says that it reads its own.
//!
//! The transitions themselves are [`Activation`]'s; a store applies them atomically.

use std::sync::Arc;

use async_trait::async_trait;

use crate::activation::{Activation, After, Claim, Firing, Lease};
use crate::app::AppRecord;
use crate::completion::{Completion, Cursor, RunOutput, RunRecord, Subscriber};
use crate::explain::RefusalRecord;
use crate::ids::{ActivationId, AppId, Fence, NodeId, RegistrationId};
use crate::overlap::{Overlap, Refusal};
use crate::registration::RegistrationRecord;
use crate::time::Timestamp;

mod app_states;
#[cfg(any(test, feature = "test-util"))]
pub mod exercise;
#[cfg(any(test, feature = "test-util"))]
mod faulty;
mod history;
mod memory;
mod quotas;
mod settings;
pub mod steps;
mod webhooks;

pub use app_states::AppStateStore;
#[cfg(any(test, feature = "test-util"))]
pub use faulty::{Fault, FaultyStore};
pub use history::{
    DeadLetterFilter, History, ListedRun, Prune, Pruned, Redriven, RunFilter, RunPlace, Totals,
};
pub use memory::MemoryStore;
pub use quotas::QuotaStore;
pub use settings::SettingsStore;
pub use webhooks::WebhookStore;

/// How many of the firings counted into one activation are known again by their key: the newest. A firing
/// is repeated soon or not at all, and a flood that is coalesced must not fill the store.
pub const COALESCED_KEYS_MAX: usize = 1024;

/// Why a command had no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It may be repeated as it stands: nobody knows whether it took effect.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// There is no room for it. Nothing was written.
    #[error("the store is full: {0}; free some space and try again")]
    Full(String),
    /// What is stored makes no sense to this version. The node should stop and say so.
    #[error("the store is corrupt: {0}")]
    Corrupt(String),
}

/// A firing, with what is to be done along with it in one atomic step.
#[derive(Clone, Debug)]
pub struct Enqueue {
    /// The firing.
    pub firing: Firing,
    /// The registration's policy.
    pub overlap: Overlap,
    /// Run it at once, if it becomes an activation, none of its registration waits, and fewer run than the
    /// policy allows. Saves a commit.
    pub claim: Option<Claim>,
    /// Set the registration's watermark to this, if that is later: the occurrence is dealt with, whatever
    /// the answer is.
    pub watermark: Option<Timestamp>,
    /// The registration fires once only: mark it spent, unless the firing is refused.
    pub spend: bool,
}

/// What a firing became.
#[derive(Clone, Debug, PartialEq)]
pub enum Enqueued {
    /// An activation that waits.
    Waiting(Box<Activation>),
    /// An activation that the caller runs.
    Claimed(Box<Lease>),
    /// It was counted into an activation that waits; here as it is now.
    Coalesced(Box<Activation>),
    /// The same key was enqueued before: nothing changed but watermark and status. If the claim's run is
    /// the one that runs, the answer is [`Enqueued::Claimed`] again.
    Duplicate(ActivationId),
    /// It starts nothing; the refusal is counted.
    Refused(Refusal),
}

/// The end of a run.
#[derive(Clone, Debug)]
pub struct Finish {
    /// The run: its activation, fence and outcome. Shared, as the output is.
    pub run: Arc<RunRecord>,
    /// What follows.
    pub after: After,
    /// What the run wrote, if that is to be kept. Shared: a finish that is repeated copies none of it.
    pub output: Option<Arc<RunOutput>>,
}

impl Finish {
    /// The end of `run`, of which no output is kept.
    #[must_use]
    pub fn new(run: impl Into<Arc<RunRecord>>, after: After) -> Self {
        Self { run: run.into(), after, output: None }
    }
}

/// What became of a [`Finish`].
#[derive(Clone, Debug, PartialEq)]
pub enum Finished {
    /// The activation ended; here is its completion.
    Completed(Completion),
    /// Another attempt follows. It does not if the registration was removed meanwhile: the activation
    /// ends then, whatever was asked.
    Pending,
    /// The fence was not the newest: nothing of the run was accepted.
    LeaseLost,
}

/// What became of the activations of a registration that was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Those that waited, and are withdrawn.
    pub withdrawn: Vec<ActivationId>,
}

/// Which leases to take away.
#[derive(Clone, Copy, Debug)]
pub struct Reap {
    /// All of this node: it has just started or is about to end, so nothing that it left is running.
    pub node: Option<NodeId>,
    /// That node did not stop, it fell: that is counted once for each registration of which something ran
    /// ([`RegistrationRecord::crashes`]).
    pub fell: bool,
    /// And all that ended before this.
    pub ended_before: Timestamp,
}

/// A run that its host cut off; its activation waits again. If its registration was removed meanwhile, the
/// activation ended instead, with a completion.
#[derive(Clone, Debug, PartialEq)]
pub struct Reaped {
    /// The activation, as it is now.
    pub activation: Activation,
    /// The record of the run, as [`Outcome::Interrupted`](crate::Outcome::Interrupted).
    pub run: RunRecord,
}

/// Registrations. Reads see earlier writes.
#[async_trait]
pub trait RegistrationStore: Send + Sync {
    /// Inserts the record, or replaces the one with the same id. A watermark that is there and later stays, and so
    /// does the count of crashes, and, if the trigger is the same, that it is spent.
    async fn save_registration(&self, record: RegistrationRecord) -> Result<(), StoreError>;

    /// Removes the registration and withdraws its activations that wait, at `at` (UWP-023). Its history
    /// stays, its refusals go. Removing what is not there is no error.
    async fn remove_registration(&self, id: RegistrationId, at: Timestamp) -> Result<Removed, StoreError>;

    /// All registrations, by id.
    async fn registrations(&self) -> Result<Vec<RegistrationRecord>, StoreError>;

    /// Moves the watermark of a registration forward; never back. For occurrences that are skipped.
    async fn advance_watermark(&self, id: RegistrationId, to: Timestamp) -> Result<(), StoreError>;

    /// The count of crashes of a registration begins anew: nothing of it that was cut off is left, or an operator let
    /// it go on.
    async fn forgive(&self, id: RegistrationId) -> Result<(), StoreError>;

    /// Counts a firing of `id` that started nothing. [`ActivationStore::enqueue`] does so itself for what it
    /// refuses. Of a registration that is not there nothing is kept.
    async fn note_refusal(
        &self,
        id: RegistrationId,
        reason: Refusal,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// The firings of `id` that started nothing: one record for each reason, the newest first.
    async fn refusals(&self, id: RegistrationId) -> Result<Vec<RefusalRecord>, StoreError>;
}

/// Installed apps. Reads see earlier writes.
#[async_trait]
pub trait AppStore: Send + Sync {
    /// Inserts the record, or replaces that of the same app.
    async fn save_app(&self, record: AppRecord) -> Result<(), StoreError>;

    /// Removes the app with all its registrations, its settings, what it was and what it has used of its quota, and
    /// withdraws their activations that wait, at `at`, in one step (UWP-024). Their history stays. Removing what is not there is no error.
    async fn remove_app(&self, app: &AppId, at: Timestamp) -> Result<Removed, StoreError>;

    /// Removes the record of the app, and nothing of what is kept for it: registrations, settings and what it has used stay.
    /// Removing what is not there is no error.
    async fn forget_app(&self, app: &AppId) -> Result<(), StoreError>;

    /// All apps, by name.
    async fn apps(&self) -> Result<Vec<AppRecord>, StoreError>;
}

/// Activations and their runs. Reads of one activation see earlier writes.
#[async_trait]
pub trait ActivationStore: Send + Sync {
    /// Takes a firing in; durable when it answers. Idempotent by (registration, key) for as long as the
    /// activation is kept; of firings that were counted into one, the newest [`COALESCED_KEYS_MAX`]. If
    /// several wait, the newest firing's is the one that is counted into.
    async fn enqueue(&self, ask: Enqueue) -> Result<Enqueued, StoreError>;

    /// Up to `limit` pending activations whose backoff is over at `now`, oldest firing first, after `after`
    /// in that order.
    async fn pending(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, ActivationId)>,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError>;

    /// The earliest moment after `now` at which a pending activation's backoff is over.
    async fn next_backoff(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Takes a pending activation to run it. Two callers never both get it. None if it is not pending any
    /// more, or not yet to be run. Repeating a claim whose run is the one that runs answers as it did.
    async fn claim(&self, id: ActivationId, claim: Claim) -> Result<Option<Lease>, StoreError>;

    /// Extends leases to `until`; answers those that are lost.
    async fn renew(
        &self,
        held: &[(ActivationId, Fence)],
        until: Timestamp,
    ) -> Result<Vec<ActivationId>, StoreError>;

    /// Records the end of a run, and, unless another attempt follows, ends the activation and appends its
    /// completion to the journal, in one step. Repeating an accepted finish answers as it did.
    async fn finish(&self, finish: Finish) -> Result<Finished, StoreError>;

    /// Takes up to `limit` leases away, those that end first: their activations wait again, their runs are recorded as
    /// interrupted at `now`.
    async fn reap(&self, ask: Reap, now: Timestamp, limit: usize) -> Result<Vec<Reaped>, StoreError>;

    /// One activation.
    async fn activation(&self, id: ActivationId) -> Result<Option<Activation>, StoreError>;

    /// Up to `limit` activations of a registration that wait, oldest firing first, those in a backoff among
    /// them.
    async fn waiting(
        &self,
        registration: RegistrationId,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError>;

    /// How many activations of a registration wait, and how many run.
    async fn counts(&self, id: RegistrationId) -> Result<Counts, StoreError>;

    /// [`ActivationStore::counts`] of each of several registrations, in their order: for lists.
    async fn counts_of(&self, ids: &[RegistrationId]) -> Result<Vec<Counts>, StoreError>;
}

/// How many activations of a registration wait, and how many run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pending.
    pub waiting: u32,
    /// Running.
    pub running: u32,
}

/// Completions, and how far each subscriber has read them.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Up to `limit` completions after `after`, in order.
    async fn completions(&self, after: Cursor, limit: usize) -> Result<Vec<Completion>, StoreError>;

    /// The completion of one activation; none if it has not ended, or ended too long ago to be kept.
    async fn completion(&self, id: ActivationId) -> Result<Option<Completion>, StoreError>;

    /// The newest completion's place; the place before the first if there is none.
    async fn head(&self) -> Result<Cursor, StoreError>;

    /// How far `subscriber` has read; none if it never said.
    async fn cursor(&self, subscriber: &str) -> Result<Option<Cursor>, StoreError>;

    /// `subscriber` has read everything up to `cursor`. Never goes back.
    async fn commit_cursor(&self, subscriber: &str, cursor: Cursor) -> Result<(), StoreError>;

    /// Everything up to here may have been let go of: a subscriber that has read less has missed something.
    async fn floor(&self) -> Result<Cursor, StoreError>;

    /// All who ever said how far they have read, by name.
    async fn subscribers(&self) -> Result<Vec<Subscriber>, StoreError>;

    /// Forgets a subscriber: nothing is kept for it any more. Answers whether it was there.
    async fn remove_subscriber(&self, name: &str) -> Result<bool, StoreError>;
}

/// A store: all of them.
pub trait Store:
    AppStore
    + AppStateStore
    + RegistrationStore
    + ActivationStore
    + History
    + Journal
    + WebhookStore
    + QuotaStore
    + SettingsStore
    + 'static
{
}

impl<T> Store for T where
    T: AppStore
        + AppStateStore
        + RegistrationStore
        + ActivationStore
        + History
        + Journal
        + WebhookStore
        + QuotaStore
        + SettingsStore
        + 'static
{
}
