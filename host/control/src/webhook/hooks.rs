//! The webhooks that are followed, and how they change.

use std::collections::BTreeMap;
use std::sync::Arc;

use dormouse_core::{StoreError, Webhook};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::deliverer::{NewWebhook, Saved};
use super::endpoint::Endpoint;
use super::follow::{Follower, Shared, Stop};
use super::{WEBHOOKS_MAX, WebhookError, secret};

/// A handle: clones are the same webhooks.
#[derive(Clone)]
pub(super) struct Hooks {
    shared: Arc<Shared>,
    list: Arc<Mutex<List>>,
    /// Everything that was spawned.
    pub(super) all: CancellationToken,
}

#[derive(Default)]
pub(super) struct List {
    pub(super) by_name: BTreeMap<String, Hook>,
    pub(super) stopped: bool,
}

pub(super) struct Hook {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) follower: Option<(Stop, JoinHandle<()>)>,
}

impl Hooks {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, list: Arc::default(), all: CancellationToken::new() }
    }

    /// Whether it stops or not.
    pub(super) async fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().await
    }

    /// Unless it stops.
    pub(super) async fn lock(&self) -> Result<MutexGuard<'_, List>, WebhookError> {
        let list = self.list().await;
        if list.stopped { Err(WebhookError::Stopping) } else { Ok(list) }
    }

    /// To be awaited to its end: in between, a webhook is followed by nobody.
    pub(super) async fn save(self, ask: NewWebhook) -> Result<Saved, WebhookError> {
        let mut hooks = self.lock().await?;
        let NewWebhook { name, url, secret, app, registration } = ask;
        let store = self.shared.host.store();
        // Of the store: one that could not be followed is there as well.
        let stored = store.webhooks().await?;
        let before = stored.iter().find(|webhook| webhook.name == name);
        if before.is_none() && stored.len() >= WEBHOOKS_MAX {
            return Err(WebhookError::TooMany);
        }
        let secret = match (secret, before) {
            (Some(given), _) => given,
            (None, Some(before)) => before.secret.clone(),
            (None, None) => secret::make()?,
        };
        let created_at = before.map_or_else(|| self.shared.clock.wall(), |before| before.created_at);
        let webhook = Webhook { name: name.clone(), url, secret, app, registration, created_at };
        let tally = hooks.by_name.get(&name).map(|hook| hook.endpoint.tally.clone()).unwrap_or_default();
        let endpoint = Endpoint::new(webhook.clone(), tally, self.shared.config.private_addresses)?;
        let made = before.is_none();
        if made {
            self.begin_at_the_end(&name).await?;
        }
        let replaced = end(&mut hooks, &name).await;
        let saved = store.save_webhook(webhook.clone()).await;
        // If nobody knows whether it was, the old one goes on until the next start.
        let follow = match (&saved, replaced) {
            (Ok(()), _) => Some(Arc::new(endpoint)),
            (Err(_), replaced) => replaced,
        };
        if let Some(endpoint) = follow {
            hooks.by_name.insert(name, self.followed(endpoint));
        }
        saved?;
        Ok(Saved { webhook, made })
    }

    /// To be awaited to its end: in between, a webhook is followed by nobody.
    pub(super) async fn remove(self, name: String) -> Result<bool, WebhookError> {
        let mut hooks = self.lock().await?;
        // Before its cursor goes: it would make another one.
        let ended = end(&mut hooks, &name).await;
        let removed = self.shared.host.store().remove_webhook(&name).await;
        if let (Err(_), Some(endpoint)) = (&removed, ended) {
            hooks.by_name.insert(name, self.followed(endpoint));
        }
        Ok(removed?)
    }

    /// Nothing of what ended before it was made is told, not even if one of its name was there once.
    async fn begin_at_the_end(&self, name: &str) -> Result<(), StoreError> {
        let (store, subscriber) = (self.shared.host.store(), Webhook::subscriber(name));
        store.remove_subscriber(&subscriber).await?;
        store.commit_cursor(&subscriber, store.head().await?).await
    }

    pub(super) fn followed(&self, endpoint: Arc<Endpoint>) -> Hook {
        let follower = self.shared.config.follow.then(|| {
            let stop = Stop::of(&self.all);
            let follower =
                Follower { shared: self.shared.clone(), endpoint: endpoint.clone(), stop: stop.clone() };
            (stop, Handle::current().spawn(follower.run()))
        });
        Hook { endpoint, follower }
    }
}

/// Takes a webhook out and waits until nothing of it is under way any more.
async fn end(hooks: &mut List, name: &str) -> Option<Arc<Endpoint>> {
    let Hook { endpoint, follower } = hooks.by_name.remove(name)?;
    if let Some((stop, task)) = follower {
        stop.now.cancel();
        // That it panicked was told by the runtime.
        let _ = task.await;
    }
    Some(endpoint)
}

/// Has a change go on when whoever asked for it is gone: nothing is left half done.
pub(super) async fn whole<T: Send + 'static>(
    change: impl Future<Output = Result<T, WebhookError>> + Send + 'static,
) -> Result<T, WebhookError> {
    match Handle::current().spawn(change).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => Err(WebhookError::Stopping),
    }
}
