//! A store whose registrations can be made to fail, or to hang.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use dormouse_core::activation::{Activation, Claim, Lease};
use dormouse_core::completion::{Completion, Cursor, RunRecord};
use dormouse_core::explain::RefusalRecord;
use dormouse_core::ids::Fence;
use dormouse_core::registration::RegistrationRecord;
use dormouse_core::store::{
    ActivationStore, AppStore, Counts, Enqueue, Enqueued, Finish, Finished, Journal, Reap, Reaped,
    RegistrationStore, Removed, RunFilter,
};
use dormouse_core::{
    ActivationId, AppId, AppRecord, MemoryStore, Refusal, RegistrationId, StoreError, Timestamp,
};

/// A [`MemoryStore`] with a switch.
#[derive(Clone, Default)]
pub(crate) struct FailingStore {
    inner: Arc<MemoryStore>,
    switch: Arc<AtomicU8>,
}

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const HANGS: u8 = 2;

impl FailingStore {
    /// From now on registrations are neither kept nor removed.
    pub(crate) fn fail(&self) {
        self.switch.store(FAILS, Ordering::Relaxed);
    }

    /// From now on nobody hears whether they are.
    pub(crate) fn hang(&self) {
        self.switch.store(HANGS, Ordering::Relaxed);
    }

    /// From now on they are again.
    pub(crate) fn work(&self) {
        self.switch.store(WORKS, Ordering::Relaxed);
    }

    async fn gate(&self) -> Result<(), StoreError> {
        match self.switch.load(Ordering::Relaxed) {
            FAILS => Err(StoreError::Full("/secret/path is full".to_owned())),
            HANGS => std::future::pending().await,
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl RegistrationStore for FailingStore {
    async fn save_registration(&self, record: RegistrationRecord) -> Result<(), StoreError> {
        self.gate().await?;
        self.inner.save_registration(record).await
    }

    async fn remove_registration(&self, id: RegistrationId, at: Timestamp) -> Result<Removed, StoreError> {
        self.gate().await?;
        self.inner.remove_registration(id, at).await
    }

    async fn registrations(&self) -> Result<Vec<RegistrationRecord>, StoreError> {
        self.inner.registrations().await
    }

    async fn advance_watermark(&self, id: RegistrationId, to: Timestamp) -> Result<(), StoreError> {
        self.inner.advance_watermark(id, to).await
    }

    async fn note_refusal(&self, id: RegistrationId, why: Refusal, at: Timestamp) -> Result<(), StoreError> {
        self.inner.note_refusal(id, why, at).await
    }

    async fn refusals(&self, id: RegistrationId) -> Result<Vec<RefusalRecord>, StoreError> {
        self.inner.refusals(id).await
    }
}

#[async_trait]
impl AppStore for FailingStore {
    async fn save_app(&self, record: AppRecord) -> Result<(), StoreError> {
        self.inner.save_app(record).await
    }

    async fn remove_app(&self, app: &AppId, at: Timestamp) -> Result<Removed, StoreError> {
        self.inner.remove_app(app, at).await
    }

    async fn apps(&self) -> Result<Vec<AppRecord>, StoreError> {
        self.inner.apps().await
    }
}

#[async_trait]
impl ActivationStore for FailingStore {
    async fn enqueue(&self, ask: Enqueue) -> Result<Enqueued, StoreError> {
        self.inner.enqueue(ask).await
    }

    async fn pending(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, ActivationId)>,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError> {
        self.inner.pending(now, after, limit).await
    }

    async fn next_backoff(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_backoff(now).await
    }

    async fn claim(&self, id: ActivationId, claim: Claim) -> Result<Option<Lease>, StoreError> {
        self.inner.claim(id, claim).await
    }

    async fn renew(
        &self,
        held: &[(ActivationId, Fence)],
        until: Timestamp,
    ) -> Result<Vec<ActivationId>, StoreError> {
        self.inner.renew(held, until).await
    }

    async fn finish(&self, finish: Finish) -> Result<Finished, StoreError> {
        self.inner.finish(finish).await
    }

    async fn reap(&self, ask: Reap, now: Timestamp, limit: usize) -> Result<Vec<Reaped>, StoreError> {
        self.inner.reap(ask, now, limit).await
    }

    async fn activation(&self, id: ActivationId) -> Result<Option<Activation>, StoreError> {
        self.inner.activation(id).await
    }

    async fn waiting(&self, id: RegistrationId, limit: usize) -> Result<Vec<Activation>, StoreError> {
        self.inner.waiting(id, limit).await
    }

    async fn counts(&self, id: RegistrationId) -> Result<Counts, StoreError> {
        self.inner.counts(id).await
    }

    async fn runs(&self, filter: RunFilter, limit: usize) -> Result<Vec<RunRecord>, StoreError> {
        self.inner.runs(filter, limit).await
    }
}

#[async_trait]
impl Journal for FailingStore {
    async fn completions(&self, after: Cursor, limit: usize) -> Result<Vec<Completion>, StoreError> {
        self.inner.completions(after, limit).await
    }

    async fn completion(&self, id: ActivationId) -> Result<Option<Completion>, StoreError> {
        self.inner.completion(id).await
    }

    async fn head(&self) -> Result<Cursor, StoreError> {
        self.inner.head().await
    }

    async fn cursor(&self, subscriber: &str) -> Result<Option<Cursor>, StoreError> {
        self.inner.cursor(subscriber).await
    }

    async fn commit_cursor(&self, subscriber: &str, cursor: Cursor) -> Result<(), StoreError> {
        self.inner.commit_cursor(subscriber, cursor).await
    }
}
