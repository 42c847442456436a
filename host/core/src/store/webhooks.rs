//! Webhooks, and what they could not deliver.

use async_trait::async_trait;

use super::StoreError;
use crate::completion::Cursor;
use crate::webhook::{Undelivered, Webhook};

/// Webhooks. Reads see earlier writes. How far each has delivered is a subscriber's cursor,
/// [`Webhook::subscriber`].
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Inserts the webhook, or replaces the one of the same name.
    async fn save_webhook(&self, webhook: Webhook) -> Result<(), StoreError>;

    /// Removes the webhook with its cursor and what it did not deliver. Answers whether it was there.
    async fn remove_webhook(&self, name: &str) -> Result<bool, StoreError>;

    /// All webhooks, by name.
    async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError>;

    /// Gives up on a delivery: keeps it as undelivered and moves the webhook's cursor behind it, in one step. Of
    /// those of one webhook the newest [`UNDELIVERED_KEPT_MAX`](crate::webhook::UNDELIVERED_KEPT_MAX) are kept, by
    /// their completion's place. Idempotent by webhook and cursor. Of a webhook that is not there nothing is kept.
    async fn note_undelivered(&self, undelivered: Undelivered) -> Result<(), StoreError>;

    /// Up to `limit` deliveries that were given up, the oldest completion's first.
    async fn undelivered(&self, webhook: &str, limit: usize) -> Result<Vec<Undelivered>, StoreError>;

    /// Forgets a delivery that was given up: it was delivered after all, or nobody wants it. Answers whether it was
    /// there.
    async fn remove_undelivered(&self, webhook: &str, cursor: Cursor) -> Result<bool, StoreError>;
}
