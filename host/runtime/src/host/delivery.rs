//! Completions and progress, to who wants to be told.

use dormouse_core::{Completion, Cursor};
use tokio::sync::watch;

use super::{Host, HostError};
use crate::subscribe::{SubscribeError, Subscription};

impl Host {
    /// Subscribes `name` to progress and completions. See [`Subscription`].
    ///
    /// # Errors
    ///
    /// [`SubscribeError`].
    pub async fn subscribe(&self, name: impl Into<String>) -> Result<Subscription, SubscribeError> {
        self.subscribe_from(name, None).await
    }

    /// As [`Host::subscribe`], behind `after`, however far it has read: a reader that keeps its own cursor says where it
    /// goes on. What is kept of how far it has read moves by [`Subscription::ack`] alone.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`].
    pub async fn subscribe_from(
        &self,
        name: impl Into<String>,
        after: Option<Cursor>,
    ) -> Result<Subscription, SubscribeError> {
        Subscription::open(self.shared().clone(), name.into(), after).await
    }

    /// A reader without a name, behind `after`, or from now on: nothing is kept of how far it has read.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Store`].
    pub async fn follow(&self, after: Option<Cursor>) -> Result<Subscription, SubscribeError> {
        Subscription::nameless(self.shared().clone(), after).await
    }

    /// The subscription of a webhook, for who delivers: its cursor is that of
    /// [`Webhook::subscriber`](dormouse_core::Webhook::subscriber), which no other subscriber may have.
    ///
    /// # Errors
    ///
    /// [`SubscribeError`].
    pub async fn deliveries(&self, webhook: &str) -> Result<Subscription, SubscribeError> {
        Subscription::of_webhook(self.shared().clone(), webhook).await
    }

    /// Up to `limit` completions after `after`, in order.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`].
    pub async fn completions(&self, after: Cursor, limit: usize) -> Result<Vec<Completion>, HostError> {
        Ok(self.shared().store.completions(after, limit).await?)
    }

    /// Tells that completions were appended to the journal, by this host; once for however many since it was looked at.
    #[must_use]
    pub fn journal_changes(&self) -> watch::Receiver<()> {
        self.shared().wake.journal.subscribe()
    }
}
