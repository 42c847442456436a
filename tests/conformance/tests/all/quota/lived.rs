//! What of a quota outlives the host: all of it a polite stop, all but a stated rest a fall.

use std::sync::Arc;
use std::time::Duration;

use dormouse::testing::{CPU_PER_INTERRUPT, Rig};
use dormouse::{App, Component, Engine, EngineConfig, Host, IfExists, Pooling, QuotaDecision, QuotaPolicy};
use dormouse_core::StoreError;
use dormouse_core::quota::unsaved_max;
use dormouse_core::store::{Fault, FaultyStore};
use dormouse_store_sqlite::SqliteStore;
use test_artifacts as programs;

use super::{HOUR, install, limited, of, paused, view};
use crate::lives::Lives;
use crate::{SECOND, application, component};

/// Has a run use at least so much CPU time, and go on.
async fn use_some(rig: &Rig, policy: QuotaPolicy, cpu: Duration) {
    install(rig, programs::CANCEL_POLLING_BUSY, Some(policy));
    let id = rig.register(application()).await;
    rig.request(id, "").await;
    rig.started(id).await;
    // It never waits, so nothing ever settles.
    while policy.cpu().saturating_sub(view(rig).left) < cpu {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_fall_forgives_at_most_what_was_not_saved_yet() {
    let lives = Lives::new();
    let policy = of(SECOND * 8, HOUR);
    let (before, at) = lives.life(
        |builder| builder,
        async |rig| {
            use_some(rig, policy, SECOND * 5).await;
            (view(rig).left, rig.now())
        },
    );
    assert!(before < SECOND * 5, "it has used more than a fall may forgive: {before:?}");
    lives.life(
        |builder| builder,
        async |rig| {
            install(rig, programs::RUN_RETURNS_OK, Some(policy));
            let forgiven = view(rig).left.saturating_sub(before);
            assert!(rig.now() < at + HOUR / 2, "in the same window");
            assert!(forgiven <= unsaved_max(policy) + CPU_PER_INTERRUPT, "{forgiven:?}");
        },
    );
}

#[test]
fn a_spent_quota_stays_spent_over_a_fall_and_nobody_runs_before_the_refill() {
    let lives = Lives::new();
    let policy = of(SECOND, HOUR);
    let (id, refill) = lives.life(
        |builder| builder,
        async |rig| {
            install(rig, programs::PAUSE_COUNTS, Some(policy));
            let id = rig.register(application()).await;
            rig.request(id, "9").await;
            paused(rig).await;
            rig.settle().await;
            (id, view(rig).refills_at.unwrap())
        },
    );
    lives.life(
        |builder| builder,
        async |rig| {
            install(rig, programs::PAUSE_COUNTS, Some(policy));
            rig.started(id).await;
            paused(rig).await;
            assert!(rig.now() < refill);
            assert_eq!(view(rig).left, Duration::ZERO);
            let now = view(rig).refills_at.unwrap();
            assert!(
                now.since(refill).max(refill.since(now)) < Duration::from_millis(1),
                "{now} for {refill}"
            );
        },
    );
}

#[test]
fn a_polite_stop_forgives_nothing() {
    let lives = Lives::new();
    let policy = of(SECOND * 20, HOUR);
    let before = lives.life(
        |builder| builder,
        async |rig| {
            use_some(rig, policy, SECOND).await;
            assert_eq!(lives.calls("save_quotas"), 0, "so little is not saved at once");
            rig.host.shutdown(true).await;
            assert_eq!(lives.calls("save_quotas"), 1);
            view(rig).left
        },
    );
    assert!(before < SECOND * 20);
    lives.life(
        |builder| builder,
        async |rig| {
            install(rig, programs::RUN_RETURNS_OK, Some(policy));
            let after = view(rig).left;
            assert!(after.abs_diff(before) < Duration::from_millis(1), "{after:?} for {before:?}");
        },
    );
}

#[test]
fn what_was_used_of_a_quota_that_was_taken_away_is_saved_as_well() {
    let lives = Lives::new();
    let policy = of(SECOND * 20, HOUR);
    let before = lives.life(
        |builder| builder,
        async |rig| {
            use_some(rig, policy, SECOND).await;
            let before = view(rig).left;
            rig.host.set_quota(&Rig::app(), Some(QuotaDecision::Off)).await.unwrap();
            rig.host.shutdown(true).await;
            before
        },
    );
    lives.life(
        |builder| builder,
        async |rig| {
            install(rig, programs::RUN_RETURNS_OK, Some(policy));
            rig.host.set_quota(&Rig::app(), None).await.unwrap();
            let after = view(rig).left;
            assert!(after <= before, "{after:?} for {before:?}");
        },
    );
}

#[test]
fn what_was_used_is_saved_a_while_later_however_little_it_is_and_once() {
    let lives = Lives::new();
    lives.life(
        |builder| builder,
        async |rig| {
            install(rig, programs::LIMIT_USES, Some(of(SECOND * 20, HOUR)));
            let id = rig.register(application()).await;
            for saved in 1..=2 {
                rig.fire(id, "cpu 300").await;
                assert_eq!(lives.calls("save_quotas"), saved - 1, "so little is not saved at once");
                rig.advance(SECOND * 61).await;
                assert_eq!(lives.calls("save_quotas"), saved);
                assert!(rig.store.quotas().await.unwrap()[0].1.spent_us >= 300_000);
                rig.advance(HOUR / 4).await;
                assert_eq!(lives.calls("save_quotas"), saved, "nothing is new");
            }
        },
    );
}

#[test]
fn what_was_not_taken_is_saved_when_the_store_takes_something_again() {
    let lives = Lives::new();
    let policy = of(SECOND, HOUR);
    lives.life(
        |builder| builder,
        async |rig| {
            lives.store.always("save_quotas", Fault::Refused(StoreError::Full("a test".to_owned())));
            use_some(rig, policy, SECOND).await;
            rig.advance(SECOND * 3).await;
            assert!(rig.store.quotas().await.unwrap().is_empty());
            lives.store.mend();
            rig.advance(SECOND * 10).await;
            let saved = rig.store.quotas().await.unwrap();
            assert_eq!(saved.len(), 1, "{saved:?}");
            assert!(saved[0].1.spent_us >= 1_000_000, "{saved:?}");
        },
    );
}

#[test]
fn what_an_operator_decided_outlives_the_host() {
    let lives = Lives::new();
    lives.life(
        |builder| builder,
        async |rig| {
            rig.host.set_quota(&Rig::app(), limited(SECOND * 2, HOUR)).await.unwrap();
            assert_eq!(rig.host.quota(&Rig::app()), None, "it is not installed yet");
        },
    );
    lives.life(
        |builder| builder.quota_default(Some(of(SECOND * 7, HOUR))),
        async |rig| {
            install(rig, programs::RUN_RETURNS_OK, Some(of(SECOND * 5, HOUR)));
            assert_eq!(view(rig).policy, of(SECOND * 2, HOUR));
            rig.host.set_quota(&Rig::app(), Some(QuotaDecision::Off)).await.unwrap();
        },
    );
    lives.life(
        |builder| builder.quota_default(Some(of(SECOND * 7, HOUR))),
        async |rig| {
            install(rig, programs::RUN_RETURNS_OK, None);
            assert_eq!(rig.host.quota(&Rig::app()), None);
        },
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_run_has_a_commit_of_its_own_for_its_quota() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = Arc::new(SqliteStore::open(directory.path()).unwrap());
    let asked = FaultyStore::new(sqlite.clone());
    let engine =
        Engine::new(&EngineConfig { pooling: Pooling::OnDemand, ..EngineConfig::default() }).unwrap();
    let builder = Host::builder().store(asked.clone()).engine(engine).quota_default(Some(of(HOUR, HOUR)));
    // Nothing but the runs is written meanwhile.
    let host = builder.lease(HOUR).retention(None).start().await.unwrap();
    let task = Component::compile(host.engine(), &component(programs::RUN_RETURNS_OK)).unwrap();
    host.install(App::new(Rig::app()).entry_point("main", task)).unwrap();
    let id = host.register(&Rig::app(), application(), IfExists::Error).await.unwrap().id;
    let (commits, calls) = (sqlite.stats().commits, asked.calls().len());
    for _ in 0..20 {
        let fired = host.request(id, "").await.unwrap();
        host.completed(fired.activation().unwrap()).await.unwrap();
    }
    let commits = sqlite.stats().commits - commits;
    let calls = asked.calls().split_off(calls);
    let of_runs = calls.iter().filter(|call| ["enqueue", "claim", "finish"].contains(call)).count();
    assert!(commits <= of_runs as u64, "{commits} commits for {calls:?}");
    assert!(!calls.contains(&"save_quotas"), "{calls:?}");
    let view = host.quota(&Rig::app()).unwrap();
    assert!(view.left < view.policy.cpu(), "it was charged all the same");
    host.shutdown(false).await;
    assert!(asked.calls().contains(&"save_quotas"), "and is saved at the end");
}
