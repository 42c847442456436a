//! What became of a webhook's messages.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use dormouse_core::{Timestamp, Webhook};

/// How a webhook does. Counts are since the host's start.
#[derive(Clone, Debug)]
pub struct WebhookStatus {
    /// The webhook. Its secret is for nobody to see.
    pub webhook: Webhook,
    /// Messages that its receiver took.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed_attempts: u64,
    /// Completions that were given up, and messages of what was missed.
    pub given_up: u64,
    /// How far its cursor is behind the journal's end, in places: not all of them are of its filter.
    pub lag: u64,
    /// What it is trying again now.
    pub failing: Option<Failing>,
}

/// A message that is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// How often it was tried.
    pub attempts: u32,
    /// What was wrong the last time.
    pub error: String,
    /// When it is tried again.
    pub next_at: Timestamp,
}

/// Counts what happens.
#[derive(Debug, Default)]
pub(super) struct Tally {
    delivered: AtomicU64,
    failed_attempts: AtomicU64,
    given_up: AtomicU64,
    failing: Mutex<Option<Failing>>,
}

impl Tally {
    pub(super) fn attempted(&self, succeeded: bool) {
        let count = if succeeded { &self.delivered } else { &self.failed_attempts };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn gave_up(&self) {
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failing(&self, failing: Option<Failing>) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = failing;
    }

    pub(super) fn status(&self, webhook: Webhook, lag: u64) -> WebhookStatus {
        WebhookStatus {
            webhook,
            delivered: self.delivered.load(Ordering::Relaxed),
            failed_attempts: self.failed_attempts.load(Ordering::Relaxed),
            given_up: self.given_up.load(Ordering::Relaxed),
            lag,
            failing: self.failing.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
