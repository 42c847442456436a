//! What was delivered, and what was not: dead letters, subscribers, webhooks.

use dormouse_core::{ActivationId, Cursor};

use super::{Client, ClientError, DeadLettersQuery};
use crate::api::{
    AckRequest, DeadLetterView, Page, RedrivenView, SubscriberView, UndeliveredView, WebhookMade,
    WebhookRequest, WebhookView,
};

/// Each fails with [`ClientError`].
#[expect(clippy::missing_errors_doc, reason = "said once, for all of them")]
impl Client {
    /// Activations that nobody got to succeed.
    pub async fn dead_letters(&self, query: &DeadLettersQuery) -> Result<Page<DeadLetterView>, ClientError> {
        let DeadLettersQuery { app, registration, limit, before } = query;
        self.get(&["dead-letters"])
            .with("app", app.as_ref())
            .with("registration", registration.as_ref())
            .with("limit", limit.as_ref())
            .with("before", before.as_ref())
            .answer()
            .await
    }

    /// Runs one again.
    pub async fn redrive(&self, dead: ActivationId) -> Result<RedrivenView, ClientError> {
        self.post(&["dead-letters", &dead.to_string(), "redrive"]).answer().await
    }

    /// Forgets one.
    pub async fn discard(&self, dead: ActivationId) -> Result<(), ClientError> {
        self.delete(&["dead-letters", &dead.to_string()]).done().await
    }

    /// Who reads completions, and how far.
    pub async fn subscribers(&self) -> Result<Page<SubscriberView>, ClientError> {
        self.get(&["subscribers"]).answer().await
    }

    /// A subscriber has read everything up to `cursor`.
    pub async fn ack(&self, subscriber: &str, cursor: Cursor) -> Result<SubscriberView, ClientError> {
        self.post(&["subscribers", subscriber, "ack"]).json(&AckRequest { cursor }).answer().await
    }

    /// Forgets a subscriber: nothing is kept for it any more.
    pub async fn remove_subscriber(&self, subscriber: &str) -> Result<(), ClientError> {
        self.delete(&["subscribers", subscriber]).done().await
    }

    /// Addresses that are told of completions.
    pub async fn webhooks(&self) -> Result<Page<WebhookView>, ClientError> {
        self.get(&["webhooks"]).answer().await
    }

    /// Makes a webhook, or replaces the one of that name.
    pub async fn save_webhook(
        &self,
        name: &str,
        request: &WebhookRequest,
    ) -> Result<WebhookMade, ClientError> {
        self.put(&["webhooks", name]).json(request).answer().await
    }

    /// Removes a webhook, with what it could not deliver.
    pub async fn remove_webhook(&self, name: &str) -> Result<(), ClientError> {
        self.delete(&["webhooks", name]).done().await
    }

    /// Sends a message that says nothing, to see whether the receiver is there.
    pub async fn test_webhook(&self, name: &str) -> Result<(), ClientError> {
        self.post(&["webhooks", name, "test"]).done().await
    }

    /// What a webhook could not deliver, the oldest first.
    pub async fn undelivered(
        &self,
        webhook: &str,
        limit: Option<usize>,
    ) -> Result<Page<UndeliveredView>, ClientError> {
        self.get(&["webhooks", webhook, "undelivered"]).with("limit", limit).answer().await
    }

    /// Sends what could not be delivered once more.
    pub async fn redeliver(&self, webhook: &str, cursor: Cursor) -> Result<(), ClientError> {
        let cursor = cursor.0.to_string();
        self.post(&["webhooks", webhook, "undelivered", &cursor, "redeliver"]).done().await
    }

    /// Forgets what could not be delivered.
    pub async fn discard_undelivered(&self, webhook: &str, cursor: Cursor) -> Result<(), ClientError> {
        self.delete(&["webhooks", webhook, "undelivered", &cursor.0.to_string()]).done().await
    }
}
