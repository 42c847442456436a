//! What is told, to whom, and in which order.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use dormouse::testing::Rig;
use dormouse::{MemoryStore, SignalTrigger, TaskBuilder, Trigger};
use dormouse_control::api::CompletionView;
use dormouse_control::webhook::IN_FLIGHT_MAX;
use dormouse_core::{AppId, SimClock, Timestamp};
use tokio::sync::Semaphore;

use crate::eventually::eventually;
use crate::receiver::{Answer, Receiver};
use crate::{NAME, SECOND, cursor, deliverer, deliverer_with, hook, kept_only, task, until};

#[test]
#[expect(clippy::disallowed_methods, reason = "the verifier looks at the machine's clock")]
fn a_completion_is_told_with_a_signature_that_a_receiver_can_verify() {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let clock = SimClock::at(Timestamp::EPOCH + since);
    Rig::run_on(
        Arc::new(MemoryStore::new()),
        clock,
        |builder| builder,
        async |rig| {
            let mut receiver = Receiver::start([]).await;
            let deliverer = deliverer(rig).await;
            let saved = deliverer.save(hook(&receiver.url)).await.unwrap();
            let id = task(rig).await;
            let completion = rig.fire(id, "").await;

            let got = receiver.next().await;
            let verifier = standardwebhooks::Webhook::new(saved.webhook.secret.reveal()).unwrap();
            verifier.verify(&got.body, &got.headers).unwrap();
            let mut other = got.body.to_vec();
            other.push(b' ');
            assert!(verifier.verify(&other, &got.headers).is_err());

            assert_eq!(got.headers["content-type"], "application/json");
            assert_eq!(got.json["type"], "completion");
            assert_eq!(got.json["webhook"], NAME);
            assert_eq!(got.json["timestamp"], completion.run.ended_at.to_string());
            assert_eq!(got.cursor(), completion.cursor.0);
            let told: CompletionView = serde_json::from_value(got.json["completion"].clone()).unwrap();
            assert_eq!(told, CompletionView::from(&completion), "UWP-112");
            let status = until("the cursor to move", &deliverer, |status| status.lag == 0).await;
            assert_eq!((status.delivered, status.failed_attempts), (1, 0));
        },
    );
}

#[test]
fn completions_come_in_their_order_one_at_a_time() {
    Rig::run(async |rig| {
        let mut receiver = Receiver::start([]).await;
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let id = task(rig).await;
        let mut expected = Vec::new();
        for _ in 0..20 {
            expected.push(rig.fire(id, "").await.cursor.0);
        }
        let mut came = Vec::new();
        for _ in 0..20 {
            came.push(receiver.next().await.cursor());
        }
        assert_eq!(came, expected);
        assert_eq!(receiver.most_at_once.load(Ordering::SeqCst), 1);
        until("all to be dealt with", &deliverer, |status| status.lag == 0).await;
        assert!(receiver.came().is_empty(), "none comes twice");
    });
}

#[test]
fn no_more_than_eight_are_under_way_however_many_webhooks_there_are() {
    Rig::run(async |rig| {
        let open = Arc::new(Semaphore::new(0));
        let webhooks = IN_FLIGHT_MAX + 4;
        let script = (0..webhooks).map(|_| Answer::With200When(open.clone()));
        let mut receiver = Receiver::start(script).await;
        let deliverer = deliverer(rig).await;
        for n in 0..webhooks {
            let mut hook = hook(&receiver.url);
            hook.name = format!("hook-{n}");
            deliverer.save(hook).await.unwrap();
        }
        let id = task(rig).await;
        rig.fire(id, "").await;
        for _ in 0..IN_FLIGHT_MAX {
            receiver.next().await;
        }
        for _ in IN_FLIGHT_MAX..webhooks {
            assert!(receiver.came().is_empty(), "nothing comes before one is answered");
            open.add_permits(1);
            receiver.next().await;
        }
        assert_eq!(receiver.most_at_once.load(Ordering::SeqCst), IN_FLIGHT_MAX);
        open.add_permits(webhooks);
        eventually("all to be delivered", async || {
            let list = deliverer.list().await.unwrap();
            list.iter().all(|status| status.delivered == 1).then_some(())
        })
        .await;
    });
}

#[test]
fn what_a_webhook_does_not_want_is_passed_over_and_its_cursor_with_it_now_and_then() {
    Rig::run(async |rig| {
        let mut receiver = Receiver::start([]).await;
        let deliverer = deliverer(rig).await;
        let wanted = task(rig).await;
        let other = TaskBuilder::new("other")
            .entry_point("main")
            .trigger(Trigger::Signal(SignalTrigger::new("other")));
        rig.register(other).await;
        let not_wanted = async || {
            for (_, fired) in rig.signal("other", "").await {
                rig.completed(fired.activation().unwrap()).await;
            }
        };
        let mut hook = hook(&receiver.url);
        hook.registration = Some(wanted);
        hook.app = Some(Rig::app());
        deliverer.save(hook.clone()).await.unwrap();
        let begun = cursor(rig).await;
        for _ in 0..3 {
            not_wanted().await;
        }
        rig.settle().await;
        assert_eq!(cursor(rig).await, begun, "not one commit for each");
        rig.advance(SECOND).await;
        assert_eq!(cursor(rig).await, Some(rig.store.head().await.unwrap()));

        let completion = rig.fire(wanted, "").await;
        assert_eq!(receiver.next().await.cursor(), completion.cursor.0, "the others never came");

        // The app of another is none of its own.
        hook.app = Some(AppId::new("other").unwrap());
        deliverer.save(hook).await.unwrap();
        rig.fire(wanted, "").await;
        rig.advance(SECOND).await;
        assert_eq!(cursor(rig).await, Some(rig.store.head().await.unwrap()));
        assert!(receiver.came().is_empty());
    });
}

#[test]
fn who_was_away_too_long_is_told_what_is_gone_and_then_what_is_left() {
    let store = Arc::new(MemoryStore::with_history(2));
    Rig::run_on(
        store,
        SimClock::new(),
        |builder| builder,
        async |rig| {
            let mut receiver = Receiver::start([]).await;
            let keeper = deliverer_with(rig, kept_only()).await;
            keeper.save(hook(&receiver.url)).await.unwrap();
            let begun = cursor(rig).await.unwrap();
            let id = task(rig).await;
            for _ in 0..5 {
                rig.fire(id, "").await;
            }
            assert!(receiver.came().is_empty(), "it does not follow");

            let floor = rig.store.floor().await.unwrap();
            assert!(floor > begun, "the store has let go of some");
            let left = rig.store.completions(begun, 10).await.unwrap();
            let deliverer = deliverer(rig).await;
            let missed = receiver.next().await;
            assert_eq!(missed.json["type"], "missed");
            assert_eq!(missed.json["from"], begun.0);
            assert_eq!(missed.json["to"], floor.0);
            for completion in left {
                assert_eq!(receiver.next().await.cursor(), completion.cursor.0);
            }
            until("all to be dealt with", &deliverer, |status| status.lag == 0).await;
        },
    );
}
