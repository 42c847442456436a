//! What was delivered, and what was not: dead letters, subscribers, webhooks.

use dormouse_core::activation::Activation;
use dormouse_core::webhook::Undelivered;
use dormouse_core::{ActivationId, AppId, Cursor, RegistrationId, Subscriber};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ActivationView, Moment};
use crate::webhook::WebhookStatus;

/// An activation whose last run failed, and that nobody dealt with yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterView {
    /// The name of its registration, if that is known here.
    pub name: Option<String>,
    /// The activation.
    #[serde(flatten)]
    pub activation: ActivationView,
}

impl DeadLetterView {
    /// The dead letter of the registration called `name`.
    #[must_use]
    pub fn new(name: Option<String>, activation: &Activation) -> Self {
        Self { name, activation: activation.into() }
    }
}

/// A dead letter that runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RedrivenView {
    /// The dead letter.
    #[schema(value_type = uuid::Uuid)]
    pub dead: ActivationId,
    /// The activation that stands for it now.
    #[schema(value_type = uuid::Uuid)]
    pub activation: ActivationId,
}

/// How far a subscriber has read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubscriberView {
    /// Its name.
    pub name: String,
    /// It has read everything up to here.
    #[schema(value_type = u64)]
    pub cursor: Cursor,
    /// The newest completion's place: the distance bounds what it has not read.
    #[schema(value_type = u64)]
    pub head: Cursor,
}

impl SubscriberView {
    /// The subscriber, while the journal ends at `head`.
    #[must_use]
    pub fn new(subscriber: Subscriber, head: Cursor) -> Self {
        Self { name: subscriber.name, cursor: subscriber.cursor, head }
    }
}

/// A subscriber has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AckRequest {
    /// Everything up to here.
    #[schema(value_type = u64)]
    pub cursor: Cursor,
}

/// An address that is told of completions, and how it does. Its secret is shown to nobody. Counts are since the host's
/// start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookView {
    /// Its name.
    pub name: String,
    /// Where to, whole: what is secret in it is shown. Receivers know who sends by the signature.
    pub url: String,
    /// Of completions of this app only.
    #[schema(value_type = Option<String>)]
    pub app: Option<AppId>,
    /// Of completions of this registration only.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub registration: Option<RegistrationId>,
    /// When it was made.
    pub created_at: Moment,
    /// Completions that its receiver has.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed_attempts: u64,
    /// What was given up.
    pub given_up: u64,
    /// How far its cursor is behind the journal's end, in places: not all of them are for it.
    pub lag: u64,
    /// What is being tried again.
    pub failing: Option<FailingView>,
}

/// A message that is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailingView {
    /// How often it was tried.
    pub attempts: u32,
    /// What was wrong the last time.
    pub error: String,
    /// When it is tried again.
    pub next_at: Moment,
}

impl From<&WebhookStatus> for WebhookView {
    fn from(status: &WebhookStatus) -> Self {
        let webhook = &status.webhook;
        let failing = status.failing.as_ref().map(|failing| FailingView {
            attempts: failing.attempts,
            error: failing.error.clone(),
            next_at: failing.next_at.into(),
        });
        Self {
            name: webhook.name.clone(),
            url: webhook.url.clone(),
            app: webhook.app.clone(),
            registration: webhook.registration,
            created_at: webhook.created_at.into(),
            delivered: status.delivered,
            failed_attempts: status.failed_attempts,
            given_up: status.given_up,
            lag: status.lag,
            failing,
        }
    }
}

/// A wish to have an address told of completions.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    /// Where to.
    pub url: String,
    /// What messages are signed with, as `whsec_` and base64. By default one is made, or the one there is stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Of completions of this app only.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppId>,
    /// Of completions of this registration only.
    #[schema(value_type = Option<uuid::Uuid>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<RegistrationId>,
}

/// The secret is not shown in logs.
impl std::fmt::Debug for WebhookRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookRequest").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A webhook that was made or changed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookMade {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: WebhookView,
    /// What messages are signed with, if it was made now: it is shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// The secret is not shown in logs.
impl std::fmt::Debug for WebhookMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookMade").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}

/// A delivery that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UndeliveredView {
    /// Of which webhook.
    pub webhook: String,
    /// Which completion.
    #[schema(value_type = u64)]
    pub cursor: Cursor,
    /// Of which activation.
    #[schema(value_type = uuid::Uuid)]
    pub activation: ActivationId,
    /// How often it was tried.
    pub attempts: u32,
    /// What was wrong the last time.
    pub error: String,
    /// When it was given up.
    pub at: Moment,
}

impl From<&Undelivered> for UndeliveredView {
    fn from(undelivered: &Undelivered) -> Self {
        Self {
            webhook: undelivered.webhook.clone(),
            cursor: undelivered.cursor,
            activation: undelivered.activation,
            attempts: undelivered.attempts,
            error: undelivered.error.clone(),
            at: undelivered.at.into(),
        }
    }
}
