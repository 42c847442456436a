//! Subscribers: progress while it happens, completions by a durable cursor.

use dormouse::testing::Rig;
use dormouse::{Notice, Outcome, Overlap};
use test_artifacts as programs;

use crate::{application, component, ready};

#[test]
fn a_subscriber_sees_progress_and_then_the_completion_of_the_instance_that_the_guest_was() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::PROGRESS_VALUES).await;
        let mut subscription = rig.host.subscribe("screen").await.unwrap();
        let activation = rig.request(id, "").await;
        let completion = rig.completed(activation).await;
        let mut values = Vec::new();
        let told = loop {
            match subscription.next().await.unwrap() {
                Notice::Progress(progress) => {
                    assert_eq!(progress.run, completion.run.run, "UWP-110, UWP-116");
                    values.push(progress.value);
                }
                Notice::Missed { .. } => panic!("nothing was let go of"),
                Notice::Completed(told) => break told,
            }
        };
        assert_eq!(values, [0, 7, u32::MAX]);
        assert_eq!(*told, completion, "UWP-112");
    });
}

#[test]
fn each_completion_comes_once_and_in_order() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let id = rig.register(application().overlap(Overlap::Queue { max: 100 })).await;
        let mut subscription = rig.host.subscribe("log").await.unwrap();
        let mut activations = Vec::new();
        for _ in 0..100 {
            activations.push(rig.request(id, "").await);
        }
        rig.settle().await;
        for activation in activations {
            let completion = subscription.next_completion().await.unwrap();
            assert_eq!(completion.run.activation, activation);
            assert_eq!(completion.run.outcome, Outcome::Succeeded);
        }
    });
}

#[test]
fn who_comes_back_gets_what_it_did_not_acknowledge_and_nothing_else() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        let mut first = rig.host.subscribe("log").await.unwrap();
        let mut completions = Vec::new();
        for _ in 0..3 {
            completions.push(rig.fire(id, "").await);
        }
        let told = first.next_completion().await.unwrap();
        first.ack(told.cursor).await.unwrap();
        first.next_completion().await.unwrap();
        drop(first);
        completions.push(rig.fire(id, "").await);

        let mut again = rig.host.subscribe("log").await.unwrap();
        for completion in &completions[1..] {
            assert_eq!(again.next_completion().await.unwrap(), *completion, "UWP-114: at least once");
        }
        // A new name begins at the present.
        let mut new = rig.host.subscribe("new").await.unwrap();
        let latest = rig.fire(id, "").await;
        assert_eq!(new.next_completion().await.unwrap(), latest);
    });
}

#[test]
fn a_name_without_end_is_refused() {
    Rig::run(async |rig| {
        for name in [String::new(), "x".repeat(dormouse::SUBSCRIBER_LEN_MAX + 1)] {
            let error = rig.host.subscribe(name).await.unwrap_err();
            assert!(matches!(error, dormouse::SubscribeError::Name { .. }), "{error}");
        }
    });
}

#[test]
fn names_of_webhooks_are_theirs_alone() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        let error = rig.host.subscribe("webhook:chat").await.unwrap_err();
        assert!(matches!(error, dormouse::SubscribeError::Reserved { .. }), "{error}");
        let mut deliveries = rig.host.deliveries("chat").await.unwrap();
        let completion = rig.fire(id, "").await;
        let told = deliveries.next_completion().await.unwrap();
        deliveries.ack(told.cursor).await.unwrap();
        assert_eq!(rig.store.cursor("webhook:chat").await.unwrap(), Some(completion.cursor));
    });
}

#[test]
fn a_reader_may_begin_where_it_says_and_one_without_a_name_leaves_nothing_behind() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        let first = rig.fire(id, "").await;
        let second = rig.fire(id, "").await;
        let mut from = rig.host.subscribe_from("log", Some(first.cursor)).await.unwrap();
        assert_eq!(from.next_completion().await.unwrap(), second);
        assert_eq!(rig.store.cursor("log").await.unwrap(), Some(first.cursor), "until it acknowledges");
        // Where it says goes before how far it has read.
        from.ack(second.cursor).await.unwrap();
        let mut again = rig.host.subscribe_from("log", Some(first.cursor)).await.unwrap();
        assert_eq!(again.next_completion().await.unwrap(), second);

        let mut nameless = rig.host.follow(Some(first.cursor)).await.unwrap();
        let told = nameless.next_completion().await.unwrap();
        nameless.ack(told.cursor).await.unwrap();
        let names: Vec<String> = rig.store.subscribers().await.unwrap().into_iter().map(|s| s.name).collect();
        assert_eq!(names, ["log"]);
    });
}

#[test]
fn the_journal_tells_that_it_grew() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        let mut changes = rig.host.journal_changes();
        assert!(!changes.has_changed().unwrap());
        let completion = rig.fire(id, "").await;
        changes.changed().await.unwrap();
        let all = rig.host.completions(dormouse::Cursor::default(), 10).await.unwrap();
        assert_eq!(all, [completion]);
    });
}
