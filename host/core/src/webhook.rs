//! Subscribers that are told over HTTP.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::completion::Cursor;
use crate::ids::{ActivationId, AppId, RegistrationId};
use crate::time::Timestamp;

/// How many deliveries that were given up are kept of one webhook.
pub const UNDELIVERED_KEPT_MAX: usize = 10_000;

/// What a webhook signs with. It is not shown in logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret with this text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Its text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// An address that is told of completions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// Where to.
    pub url: String,
    /// What each message is signed with.
    pub secret: Secret,
    /// Of completions of this app only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppId>,
    /// Of completions of this registration only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<RegistrationId>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Webhook {
    /// The subscriber whose cursor says how far it has delivered.
    #[must_use]
    pub fn subscriber(name: &str) -> String {
        format!("{}{name}", Self::SUBSCRIBER_PREFIX)
    }

    /// What the names of webhooks' subscribers begin with, and no other's.
    pub const SUBSCRIBER_PREFIX: &str = "webhook:";
}

/// A delivery that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// Of which webhook.
    pub webhook: String,
    /// Which completion.
    pub cursor: Cursor,
    /// Of which activation: the completion is found by it for as long as that is kept.
    pub activation: ActivationId,
    /// How often it was tried.
    pub attempts: u32,
    /// What was wrong the last time.
    pub error: String,
    /// When it was given up.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_stored_and_not_shown() {
        let webhook = Webhook {
            name: "audit".to_owned(),
            url: "https://example.org/hook".to_owned(),
            secret: Secret::new("hunter2".to_owned()),
            app: None,
            registration: None,
            created_at: Timestamp::EPOCH,
        };
        let shown = format!("{webhook:?}");
        assert!(shown.contains("audit") && !shown.contains("hunter2"), "{shown}");
        let json = serde_json::to_string(&webhook).unwrap();
        let back: Webhook = serde_json::from_str(&json).unwrap();
        assert_eq!((back.secret.reveal(), &back), ("hunter2", &webhook));
    }

    #[test]
    fn a_webhook_is_a_subscriber_of_its_own_kind() {
        assert_eq!(Webhook::subscriber("audit"), "webhook:audit");
    }
}
