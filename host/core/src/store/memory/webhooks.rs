//! Webhooks, and what they could not deliver.

use std::collections::BTreeMap;

use super::state::State;
use crate::completion::Cursor;
use crate::webhook::{UNDELIVERED_KEPT_MAX, Undelivered, Webhook};

/// A webhook, with what it could not deliver.
#[derive(Debug)]
pub(super) struct Kept {
    webhook: Webhook,
    undelivered: BTreeMap<Cursor, Undelivered>,
}

/// All of them, by name.
pub(super) type Webhooks = BTreeMap<String, Kept>;

impl State {
    pub(super) fn save_webhook(&mut self, webhook: Webhook) {
        match self.webhooks.get_mut(&webhook.name) {
            Some(kept) => kept.webhook = webhook,
            None => {
                self.webhooks.insert(webhook.name.clone(), Kept { webhook, undelivered: BTreeMap::new() });
            }
        }
    }

    pub(super) fn remove_webhook(&mut self, name: &str) -> bool {
        let was_there = self.webhooks.remove(name).is_some();
        if was_there {
            self.remove_subscriber(&Webhook::subscriber(name));
        }
        was_there
    }

    pub(super) fn webhooks(&self) -> Vec<Webhook> {
        self.webhooks.values().map(|kept| kept.webhook.clone()).collect()
    }

    pub(super) fn note_undelivered(&mut self, undelivered: Undelivered) {
        let Some(kept) = self.webhooks.get_mut(&undelivered.webhook) else { return };
        let (subscriber, cursor) = (Webhook::subscriber(&undelivered.webhook), undelivered.cursor);
        kept.undelivered.insert(cursor, undelivered);
        if kept.undelivered.len() > UNDELIVERED_KEPT_MAX {
            kept.undelivered.pop_first();
        }
        self.commit_cursor(&subscriber, cursor);
    }

    pub(super) fn undelivered(&self, webhook: &str, limit: usize) -> Vec<Undelivered> {
        let kept = self.webhooks.get(webhook).into_iter().flat_map(|kept| kept.undelivered.values());
        kept.take(limit).cloned().collect()
    }

    pub(super) fn remove_undelivered(&mut self, webhook: &str, cursor: Cursor) -> bool {
        self.webhooks.get_mut(webhook).is_some_and(|kept| kept.undelivered.remove(&cursor).is_some())
    }
}
