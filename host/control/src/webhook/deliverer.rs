//! All webhooks of a host: made, replaced, removed, and followed.

use std::fmt;
use std::sync::Arc;

use dormouse::Host;
use dormouse_core::{AppId, Clock, Cursor, RegistrationId, Secret, Undelivered, Webhook};

use super::endpoint::Endpoint;
use super::follow::Shared;
use super::hooks::{Hooks, whole};
use super::message::Message;
use super::send::Sender;
use super::tally::{Tally, WebhookStatus};
use super::{WebhookConfig, WebhookError};

/// Delivers to all webhooks of a host.
///
/// Dropping it ends deliveries where they are; [`Deliverer::stop`] lets those that are under way come to their end. Either
/// way what was not delivered is when a deliverer is next started on the same store.
pub struct Deliverer {
    shared: Arc<Shared>,
    hooks: Hooks,
}

/// A webhook that is asked for.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Its name. If there is one, it is replaced, and goes on where that is.
    pub name: String,
    /// Where to.
    pub url: String,
    /// What to sign with: `whsec_` and base64. Without, that of the one that is replaced, or a new one.
    pub secret: Option<Secret>,
    /// Of completions of this app only.
    pub app: Option<AppId>,
    /// Of completions of this registration only.
    pub registration: Option<RegistrationId>,
}

/// A webhook that was made or replaced.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The webhook.
    pub webhook: Webhook,
    /// There was none of that name: the only moment at which its secret is shown.
    pub made: bool,
}

impl fmt::Debug for Deliverer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliverer").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

impl Drop for Deliverer {
    fn drop(&mut self) {
        self.hooks.all.cancel();
    }
}

impl Deliverer {
    /// Begins to deliver for all webhooks in the host's store, on the tokio runtime that this is called in. Waits are on
    /// `clock`, which should be the host's.
    ///
    /// A webhook in the store that cannot be sent to is logged, and kept.
    ///
    /// # Errors
    ///
    /// [`WebhookError::Store`]
    pub async fn start(
        host: Host,
        clock: Arc<dyn Clock>,
        config: WebhookConfig,
    ) -> Result<Self, WebhookError> {
        let webhooks = host.store().webhooks().await?;
        let shared = Arc::new(Shared { host, clock, config, sender: Sender::new(config) });
        let deliverer = Self { hooks: Hooks::new(shared.clone()), shared };
        let mut hooks = deliverer.hooks.list().await;
        for webhook in webhooks {
            let name = webhook.name.clone();
            match Endpoint::new(webhook, Arc::default(), config.private_addresses) {
                Ok(endpoint) => {
                    hooks.by_name.insert(name, deliverer.hooks.followed(Arc::new(endpoint)));
                }
                Err(error) => {
                    tracing::error!(webhook = name, %error, "a webhook is not sent to; replace or remove it");
                }
            }
        }
        drop(hooks);
        Ok(deliverer)
    }

    /// Makes a webhook, or replaces the one of its name. A new one begins at the journal's present end. It is done to its
    /// end, whether or not that is waited for.
    ///
    /// # Errors
    ///
    /// [`WebhookError`], for the first thing that is wrong.
    pub async fn save(&self, ask: NewWebhook) -> Result<Saved, WebhookError> {
        whole(self.hooks.clone().save(ask)).await
    }

    /// Removes a webhook with what it did not deliver. A delivery that is under way is cut off. Answers whether it was
    /// there. It is done to its end, whether or not that is waited for.
    ///
    /// # Errors
    ///
    /// [`WebhookError::Store`]: it may still be there, and goes on until this is asked again.
    pub async fn remove(&self, name: &str) -> Result<bool, WebhookError> {
        whole(self.hooks.clone().remove(name.to_owned())).await
    }

    /// All webhooks, by name, and how they do.
    ///
    /// # Errors
    ///
    /// [`WebhookError::Store`]
    pub async fn list(&self) -> Result<Vec<WebhookStatus>, WebhookError> {
        let store = self.shared.host.store();
        let head = store.head().await?;
        let mut list = Vec::new();
        for webhook in store.webhooks().await? {
            let cursor = store.cursor(&Webhook::subscriber(&webhook.name)).await?.unwrap_or(head);
            let lag = head.0.saturating_sub(cursor.0);
            let hooks = self.hooks.list().await;
            let status = match hooks.by_name.get(&webhook.name) {
                Some(hook) => hook.endpoint.tally.status(webhook, lag),
                None => Tally::default().status(webhook, lag),
            };
            list.push(status);
        }
        Ok(list)
    }

    /// Up to `limit` deliveries of a webhook that were given up, the oldest first.
    ///
    /// # Errors
    ///
    /// [`WebhookError::NotFound`]; [`WebhookError::Store`].
    pub async fn undelivered(&self, name: &str, limit: usize) -> Result<Vec<Undelivered>, WebhookError> {
        let store = self.shared.host.store();
        let list = store.undelivered(name, limit).await?;
        if list.is_empty() && !store.webhooks().await?.iter().any(|webhook| webhook.name == name) {
            return Err(WebhookError::NotFound(name.to_owned()));
        }
        Ok(list)
    }

    /// Sends a completion that was given up once more; it is forgotten when the receiver has it.
    ///
    /// # Errors
    ///
    /// [`WebhookError::NotDelivered`], and it stays; [`WebhookError::NotUndelivered`]; [`WebhookError::LetGo`];
    /// [`WebhookError::NotFound`]; [`WebhookError::Store`].
    pub async fn redeliver(&self, name: &str, cursor: Cursor) -> Result<(), WebhookError> {
        let endpoint = self.endpoint(name).await?;
        let store = self.shared.host.store();
        let kept = store.undelivered(name, dormouse_core::webhook::UNDELIVERED_KEPT_MAX).await?;
        let undelivered = kept.into_iter().find(|undelivered| undelivered.cursor == cursor);
        let undelivered =
            undelivered.ok_or_else(|| WebhookError::NotUndelivered { webhook: name.to_owned(), cursor })?;
        let completion = store.completion(undelivered.activation).await?;
        let completion = completion.ok_or(WebhookError::LetGo(cursor))?;
        self.send(&endpoint, &Message::completion(name, &completion)).await?;
        store.remove_undelivered(name, cursor).await?;
        Ok(())
    }

    /// Forgets a delivery that was given up. Answers whether it was there.
    ///
    /// # Errors
    ///
    /// [`WebhookError::Store`]
    pub async fn discard(&self, name: &str, cursor: Cursor) -> Result<bool, WebhookError> {
        Ok(self.shared.host.store().remove_undelivered(name, cursor).await?)
    }

    /// Sends a message that says nothing, once, to see whether the receiver is there.
    ///
    /// # Errors
    ///
    /// [`WebhookError::NotDelivered`]; [`WebhookError::NotFound`].
    pub async fn test(&self, name: &str) -> Result<(), WebhookError> {
        let endpoint = self.endpoint(name).await?;
        self.send(&endpoint, &Message::test(name, self.shared.clock.wall())).await
    }

    /// Stops: begins nothing more, and waits for what is under way, at most for [`WebhookConfig::stop_grace`].
    pub async fn stop(&self) {
        let mut hooks = self.hooks.list().await;
        hooks.stopped = true;
        let mut followers: Vec<_> =
            hooks.by_name.values_mut().filter_map(|hook| hook.follower.take()).collect();
        for (stop, _) in &followers {
            stop.soon.cancel();
        }
        let clock = &self.shared.clock;
        tokio::select! {
            _ = futures::future::join_all(followers.iter_mut().map(|(_, task)| task)) => {}
            () = clock.sleep_until(clock.now() + self.shared.config.stop_grace) => {
                self.hooks.all.cancel();
                followers.iter().for_each(|(_, task)| task.abort());
            }
        }
    }

    async fn endpoint(&self, name: &str) -> Result<Arc<Endpoint>, WebhookError> {
        let hooks = self.hooks.lock().await?;
        let hook = hooks.by_name.get(name).ok_or_else(|| WebhookError::NotFound(name.to_owned()))?;
        Ok(hook.endpoint.clone())
    }

    async fn send(&self, endpoint: &Endpoint, message: &Message) -> Result<(), WebhookError> {
        let attempt = self.shared.sender.send(endpoint, message, &*self.shared.clock).await;
        endpoint.tally.attempted(attempt.is_ok());
        attempt.map_err(|failed| WebhookError::NotDelivered(failed.error))
    }
}
