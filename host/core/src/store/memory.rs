//! The store that forgets everything with its process: the reference that the others are compared with.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::activation::{Activation, Claim, Lease};
use crate::app::AppRecord;
use crate::app::previous::AppStateRecord;
use crate::app_limits::AppLimits;
use crate::completion::{Completion, Cursor, RunOutput, Subscriber};
use crate::explain::RefusalRecord;
use crate::ids::{ActivationId, AppId, Fence, RegistrationId, RunId};
use crate::overlap::Refusal;
use crate::quota::QuotaState;
use crate::registration::RegistrationRecord;
use crate::settings::{SettingChange, SettingsError, SettingsSum};
use crate::store::{
    ActivationStore, AppStateStore, AppStore, Counts, DeadLetterFilter, Enqueue, Enqueued, Finish, Finished,
    History, Journal, ListedRun, Prune, Pruned, QuotaStore, Reap, Reaped, Redriven, RegistrationStore,
    Removed, RunFilter, SettingsStore, StoreError, Totals, WebhookStore,
};
use crate::time::Timestamp;
use crate::webhook::{Undelivered, Webhook};

mod activations;
mod dead;
mod history;
mod index;
mod parts;
mod runs;
mod settings;
mod state;
mod webhooks;

use state::State;

/// A store in memory, for tests, examples and hosts that need no durability.
///
/// Every command holds one lock for about a microsecond and never waits for anything else, so a std mutex
/// serves async callers. Commands cost O(log n), but for lists with a filter, which look through what is kept,
/// [`History::prune`] of what subscribers have not read, and the removal of a registration, which looks through
/// the dead letters.
///
/// It keeps a bounded history: the newest [`MemoryStore::HISTORY_MAX`] runs with the activations that they ended,
/// and as many activations that were withdrawn. What waits or runs is never dropped. A subscriber that falls
/// further behind than that misses completions ([`Journal::floor`] says so); a store on disk is for those who
/// must not.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl MemoryStore {
    /// How many runs, and how many activations that were withdrawn, are kept unless
    /// [`MemoryStore::with_history`] says otherwise. About 10 MB when full, with small payloads. More of them are in no
    /// cache of the CPU any more, and letting go of the oldest one costs a run more than keeping itself.
    pub const HISTORY_MAX: usize = 10_000;

    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_history(Self::HISTORY_MAX)
    }

    /// An empty store that keeps the newest `history_max` runs, and as many activations that were withdrawn.
    #[must_use]
    pub fn with_history(history_max: usize) -> Self {
        Self { state: Mutex::new(State::new(history_max)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No command panics half-way through a change, so a poisoned state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl RegistrationStore for MemoryStore {
    async fn save_registration(&self, record: RegistrationRecord) -> Result<(), StoreError> {
        self.state().save_registration(record);
        Ok(())
    }

    async fn remove_registration(&self, id: RegistrationId, at: Timestamp) -> Result<Removed, StoreError> {
        Ok(self.state().remove_registration(id, at))
    }

    async fn registrations(&self) -> Result<Vec<RegistrationRecord>, StoreError> {
        Ok(self.state().registrations())
    }

    async fn advance_watermark(&self, id: RegistrationId, to: Timestamp) -> Result<(), StoreError> {
        self.state().advance_watermark(id, to);
        Ok(())
    }

    async fn forgive(&self, id: RegistrationId) -> Result<(), StoreError> {
        self.state().forgive(id);
        Ok(())
    }

    async fn note_refusal(
        &self,
        id: RegistrationId,
        reason: Refusal,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.state().note_refusal(id, reason, at);
        Ok(())
    }

    async fn refusals(&self, id: RegistrationId) -> Result<Vec<RefusalRecord>, StoreError> {
        Ok(self.state().refusals(id))
    }
}

#[async_trait]
impl AppStore for MemoryStore {
    async fn save_app(&self, record: AppRecord) -> Result<(), StoreError> {
        self.state().save_app(record);
        Ok(())
    }

    async fn remove_app(&self, app: &AppId, at: Timestamp) -> Result<Removed, StoreError> {
        Ok(self.state().remove_app(app, at))
    }

    async fn forget_app(&self, app: &AppId) -> Result<(), StoreError> {
        self.state().forget_app(app);
        Ok(())
    }

    async fn apps(&self) -> Result<Vec<AppRecord>, StoreError> {
        Ok(self.state().apps())
    }
}

#[async_trait]
impl AppStateStore for MemoryStore {
    async fn put_app_state(&self, record: AppStateRecord) -> Result<(), StoreError> {
        self.state().put_app_state(record);
        Ok(())
    }

    async fn app_state(&self, app: &AppId) -> Result<Option<AppStateRecord>, StoreError> {
        Ok(self.state().app_state(app))
    }
}

#[async_trait]
impl ActivationStore for MemoryStore {
    async fn enqueue(&self, ask: Enqueue) -> Result<Enqueued, StoreError> {
        self.state().enqueue(ask)
    }

    async fn pending(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, ActivationId)>,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError> {
        Ok(self.state().pending(now, after, limit))
    }

    async fn next_backoff(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state().next_backoff(now))
    }

    async fn claim(&self, id: ActivationId, claim: Claim) -> Result<Option<Lease>, StoreError> {
        Ok(self.state().claim(id, &claim))
    }

    async fn renew(
        &self,
        held: &[(ActivationId, Fence)],
        until: Timestamp,
    ) -> Result<Vec<ActivationId>, StoreError> {
        Ok(self.state().renew(held, until))
    }

    async fn finish(&self, finish: Finish) -> Result<Finished, StoreError> {
        let (finished, _let_go) = self.state().finish(finish);
        Ok(finished)
    }

    async fn reap(&self, ask: Reap, now: Timestamp, limit: usize) -> Result<Vec<Reaped>, StoreError> {
        Ok(self.state().reap(ask, now, limit))
    }

    async fn activation(&self, id: ActivationId) -> Result<Option<Activation>, StoreError> {
        Ok(self.state().activation(id))
    }

    async fn waiting(
        &self,
        registration: RegistrationId,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError> {
        Ok(self.state().waiting(registration, limit))
    }

    async fn counts(&self, id: RegistrationId) -> Result<Counts, StoreError> {
        Ok(self.state().counts(id))
    }

    async fn counts_of(&self, ids: &[RegistrationId]) -> Result<Vec<Counts>, StoreError> {
        let state = self.state();
        Ok(ids.iter().map(|id| state.counts(*id)).collect())
    }
}

#[async_trait]
impl History for MemoryStore {
    async fn runs(&self, filter: RunFilter, limit: usize) -> Result<Vec<ListedRun>, StoreError> {
        Ok(self.state().history.list(&filter, limit))
    }

    async fn count_runs(&self, app: &AppId, most: u64) -> Result<u64, StoreError> {
        Ok(self.state().history.count(app, most))
    }

    async fn run(&self, id: RunId) -> Result<Option<ListedRun>, StoreError> {
        Ok(self.state().history.run(id))
    }

    async fn output(&self, id: RunId) -> Result<Option<RunOutput>, StoreError> {
        Ok(self.state().history.output(id))
    }

    async fn dead_letters(
        &self,
        filter: DeadLetterFilter,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError> {
        Ok(self.state().dead_letters(&filter, limit))
    }

    async fn redrive(
        &self,
        id: ActivationId,
        fresh: ActivationId,
        at: Timestamp,
    ) -> Result<Redriven, StoreError> {
        self.state().redrive(id, fresh, at)
    }

    async fn discard(&self, id: ActivationId) -> Result<bool, StoreError> {
        Ok(self.state().discard(id))
    }

    async fn prune(&self, ask: Prune) -> Result<Pruned, StoreError> {
        Ok(self.state().prune(ask))
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        Ok(self.state().totals())
    }
}

#[async_trait]
impl Journal for MemoryStore {
    async fn completions(&self, after: Cursor, limit: usize) -> Result<Vec<Completion>, StoreError> {
        Ok(self.state().history.completions(after, limit))
    }

    async fn completion(&self, id: ActivationId) -> Result<Option<Completion>, StoreError> {
        Ok(self.state().history.completion(id))
    }

    async fn head(&self) -> Result<Cursor, StoreError> {
        Ok(self.state().history.head())
    }

    async fn cursor(&self, subscriber: &str) -> Result<Option<Cursor>, StoreError> {
        Ok(self.state().cursor(subscriber))
    }

    async fn commit_cursor(&self, subscriber: &str, cursor: Cursor) -> Result<(), StoreError> {
        self.state().commit_cursor(subscriber, cursor);
        Ok(())
    }

    async fn floor(&self) -> Result<Cursor, StoreError> {
        Ok(self.state().history.floor())
    }

    async fn subscribers(&self) -> Result<Vec<Subscriber>, StoreError> {
        Ok(self.state().subscribers())
    }

    async fn remove_subscriber(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.state().remove_subscriber(name))
    }
}

#[async_trait]
impl WebhookStore for MemoryStore {
    async fn save_webhook(&self, webhook: Webhook) -> Result<(), StoreError> {
        self.state().save_webhook(webhook);
        Ok(())
    }

    async fn remove_webhook(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.state().remove_webhook(name))
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        Ok(self.state().webhooks())
    }

    async fn note_undelivered(&self, undelivered: Undelivered) -> Result<(), StoreError> {
        self.state().note_undelivered(undelivered);
        Ok(())
    }

    async fn undelivered(&self, webhook: &str, limit: usize) -> Result<Vec<Undelivered>, StoreError> {
        Ok(self.state().undelivered(webhook, limit))
    }

    async fn remove_undelivered(&self, webhook: &str, cursor: Cursor) -> Result<bool, StoreError> {
        Ok(self.state().remove_undelivered(webhook, cursor))
    }
}

#[async_trait]
impl QuotaStore for MemoryStore {
    async fn save_quotas(&self, quotas: &[(AppId, QuotaState)]) -> Result<(), StoreError> {
        self.state().save_quotas(quotas);
        Ok(())
    }

    async fn quotas(&self) -> Result<Vec<(AppId, QuotaState)>, StoreError> {
        Ok(self.state().quotas())
    }
}

#[async_trait]
impl SettingsStore for MemoryStore {
    async fn settings(&self, app: &AppId, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        Ok(self.state().settings(app, names))
    }

    async fn setting_names(&self, app: &AppId, skip: u64, limit: usize) -> Result<Vec<String>, StoreError> {
        Ok(self.state().setting_names(app, skip, limit))
    }

    async fn settings_sum(&self, app: &AppId) -> Result<SettingsSum, StoreError> {
        Ok(self.state().settings_sum(app))
    }

    async fn change_settings(
        &self,
        app: &AppId,
        changes: &[SettingChange],
        limits: &AppLimits,
    ) -> Result<Result<(), SettingsError>, StoreError> {
        Ok(self.state().change_settings(app, changes, limits))
    }

    async fn increment_setting(
        &self,
        app: &AppId,
        name: &str,
        delta: u64,
        limits: &AppLimits,
    ) -> Result<Result<u64, SettingsError>, StoreError> {
        Ok(self.state().increment_setting(app, name, delta, limits))
    }
}

#[cfg(test)]
mod tests;
