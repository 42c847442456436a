//! Webhooks: a host whose time is simulated, and a receiver that is real.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod eventually;
mod keep;
mod manage;
mod receiver;
mod retry;
mod tell;

use std::sync::Arc;
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{RegistrationId, TaskBuilder, Trigger};
use dormouse_control::webhook::{Deliverer, NewWebhook, WebhookConfig, WebhookStatus};
use dormouse_core::{Cursor, RetryPolicy, Webhook};

const SECOND: Duration = Duration::from_secs(1);

/// What most tests send to.
const NAME: &str = "pager";

async fn deliverer_with(rig: &Rig, config: WebhookConfig) -> Deliverer {
    Deliverer::start(rig.host.clone(), Arc::new(rig.clock.clone()), config).await.unwrap()
}

async fn deliverer(rig: &Rig) -> Deliverer {
    deliverer_with(rig, WebhookConfig::default()).await
}

/// So many attempts, a second from each to the next.
fn attempts(max: u32) -> WebhookConfig {
    let retry = RetryPolicy::new(max, SECOND, SECOND, 1.0, 0.0).unwrap();
    WebhookConfig { retry, ..WebhookConfig::default() }
}

/// Nobody is told.
fn kept_only() -> WebhookConfig {
    WebhookConfig { follow: false, ..WebhookConfig::default() }
}

/// A webhook that is told of everything.
fn hook(url: &str) -> NewWebhook {
    NewWebhook { name: NAME.to_owned(), url: url.to_owned(), secret: None, app: None, registration: None }
}

/// A task that succeeds.
async fn task(rig: &Rig) -> RegistrationId {
    let component = std::fs::read(test_artifacts::RUN_RETURNS_OK).unwrap();
    let entry_point = rig.install(&component);
    rig.register(TaskBuilder::new("task").entry_point(entry_point).trigger(Trigger::Application)).await
}

async fn cursor(rig: &Rig) -> Option<Cursor> {
    rig.store.cursor(&Webhook::subscriber(NAME)).await.unwrap()
}

/// How the one webhook does.
async fn status(deliverer: &Deliverer) -> WebhookStatus {
    let list = deliverer.list().await.unwrap();
    assert_eq!(list.len(), 1);
    list.into_iter().next().unwrap()
}

/// Waits until the one webhook does so.
async fn until(what: &str, deliverer: &Deliverer, does: impl Fn(&WebhookStatus) -> bool) -> WebhookStatus {
    eventually::eventually(what, async || Some(status(deliverer).await).filter(&does)).await
}
