//! What outlives a host, and what a stop leaves.

use std::sync::Arc;

use dormouse::MemoryStore;
use dormouse::testing::Rig;
use dormouse_control::webhook::WebhookConfig;
use dormouse_core::SimClock;
use futures::future;
use tokio::sync::Semaphore;

use crate::receiver::{Answer, Receiver, status};
use crate::{cursor, deliverer, deliverer_with, hook, kept_only, task, until};

#[test]
fn what_one_host_did_not_deliver_the_next_does() {
    let (store, clock) = (Arc::new(MemoryStore::new()), SimClock::new());
    let (told, secret) = Rig::run_on(
        store.clone(),
        clock.clone(),
        |builder| builder,
        async |rig| {
            let mut receiver = Receiver::start([status(200), status(500)]).await;
            let deliverer = deliverer(rig).await;
            let saved = deliverer.save(hook(&receiver.url)).await.unwrap();
            let id = task(rig).await;
            let first = rig.fire(id, "").await;
            receiver.next().await;
            until("the delivery", &deliverer, |status| status.lag == 0).await;
            rig.fire(id, "").await;
            let told = receiver.next().await;
            until("a failure", &deliverer, |status| status.failed_attempts == 1).await;
            deliverer.stop().await;
            assert_eq!(cursor(rig).await, Some(first.cursor), "behind what was delivered, and no further");
            (told, saved.webhook.secret)
        },
    );
    Rig::run_on(
        store,
        clock,
        |builder| builder,
        async |rig| {
            let mut receiver = Receiver::start([]).await;
            // The port is another one now: the webhook is told, before it is followed.
            let moved = deliverer_with(rig, kept_only()).await.save(hook(&receiver.url)).await.unwrap();
            assert_eq!((moved.made, &moved.webhook.secret), (false, &secret));
            let deliverer = deliverer(rig).await;
            let again = receiver.next().await;
            assert_eq!((again.id(), &again.body), (told.id(), &told.body), "UWP-114: at least once");
            until("the delivery", &deliverer, |status| status.lag == 0).await;
            assert!(receiver.came().is_empty(), "what was delivered comes no more");
        },
    );
}

#[test]
fn a_stop_waits_for_what_is_under_way() {
    Rig::run(async |rig| {
        let open = Arc::new(Semaphore::new(0));
        let mut receiver = Receiver::start([Answer::With200When(open.clone())]).await;
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let id = task(rig).await;
        let completion = rig.fire(id, "").await;
        rig.fire(id, "").await;
        receiver.next().await;
        future::join(deliverer.stop(), async { open.add_permits(1) }).await;
        assert_eq!(cursor(rig).await, Some(completion.cursor), "and begins nothing more");
        assert!(receiver.came().is_empty());
        assert!(deliverer.save(hook(&receiver.url)).await.is_err());
    });
}

#[test]
fn a_stop_does_not_wait_for_ever() {
    Rig::run(async |rig| {
        let mut receiver = Receiver::start([Answer::Never]).await;
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let begun = cursor(rig).await;
        let id = task(rig).await;
        rig.fire(id, "").await;
        receiver.next().await;
        let grace = WebhookConfig::default().stop_grace;
        future::join(deliverer.stop(), rig.advance(grace)).await;
        assert_eq!(cursor(rig).await, begun, "it comes again");
    });
}
