//! What is over and old is let go of, and nothing else.

use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{HostBuilder, Notice, Outcome, Retention};
use dormouse_core::store::Fault;
use dormouse_core::{Cursor, StoreError};
use test_artifacts as programs;

use crate::lives::Lives;
use crate::{SECOND, ready};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const A_DAY: Retention = Retention { age: DAY, runs: 1_000, unread_age: DAY, every: HOUR };

fn kept_a_day(builder: HostBuilder) -> HostBuilder {
    builder.retention(Some(A_DAY))
}

#[test]
fn a_run_is_kept_for_as_long_as_was_said_and_goes_within_the_hour() {
    Rig::run_with(kept_a_day, async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        let old = rig.fire(id, "").await.run.run;
        rig.advance(DAY - HOUR).await;
        let new = rig.fire(id, "").await.run.run;
        assert!(rig.host.run(old).await.unwrap().is_some());
        rig.advance(HOUR * 2).await;
        assert_eq!(rig.host.run(old).await.unwrap(), None);
        assert_eq!(rig.host.run(new).await.unwrap().unwrap().run.outcome, Outcome::Succeeded);
        let stats = rig.host.stats();
        assert_eq!((stats.pruned_runs, stats.pruned_activations), (1, 1));
    });
}

#[test]
fn no_more_runs_are_kept_than_was_said_and_they_go_in_steps() {
    let lives = Lives::new();
    let few = Retention { runs: 2, ..A_DAY };
    lives.life(
        |builder| builder.retention(Some(few)),
        async |rig| {
            let id = ready(rig, programs::RUN_RETURNS_OK).await;
            for _ in 0..103 {
                rig.fire(id, "").await;
            }
            assert_eq!(rig.host.runs(Default::default(), 1_000).await.unwrap().len(), 103);
            rig.advance(HOUR).await;
            assert_eq!(rig.host.runs(Default::default(), 1_000).await.unwrap().len(), 2);
            assert_eq!(lives.calls("prune"), 2, "100 at once, and the last one");
            assert_eq!(rig.host.stats().pruned_runs, 101);
        },
    );
}

#[test]
fn a_host_with_nothing_to_do_looks_once_an_hour() {
    for (configure, looks) in [
        (kept_a_day as fn(HostBuilder) -> HostBuilder, 24),
        (|builder| builder.retention(None), 0),
        (|builder| builder.retention(Some(A_DAY)).idle(), 0),
    ] {
        let lives = Lives::new();
        lives.life(configure, async |rig| {
            rig.settle().await;
            let timer_wakes = rig.timer_wakes();
            rig.advance(DAY).await;
            assert_eq!(lives.calls("prune"), looks);
            assert_eq!(rig.timer_wakes(), timer_wakes, "the loop of the schedules sleeps");
        });
    }
}

#[test]
fn a_store_that_lets_nothing_go_is_asked_again() {
    let lives = Lives::new();
    lives.life(kept_a_day, async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        let old = rig.fire(id, "").await.run.run;
        lives.store.always("prune", Fault::Refused(StoreError::Unavailable("busy".to_owned())));
        rig.advance(DAY + HOUR).await;
        assert!(rig.host.stats().prunes_failed >= 24);
        assert!(rig.host.run(old).await.unwrap().is_some());
        lives.store.mend();
        rig.advance(HOUR).await;
        assert_eq!(rig.host.run(old).await.unwrap(), None);
    });
}

#[test]
fn a_subscriber_that_was_away_too_long_is_told_what_it_missed_once() {
    Rig::run_with(kept_a_day, async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        let mut subscription = rig.host.subscribe("log").await.unwrap();
        let first = rig.fire(id, "").await;
        assert_eq!(subscription.next_completion().await.unwrap(), first);
        subscription.ack(first.cursor).await.unwrap();
        drop(subscription);
        let gone = rig.fire(id, "").await;
        rig.advance(DAY + HOUR * 2).await;
        assert_eq!(rig.host.completions(Cursor::default(), 10).await.unwrap(), []);
        let kept = rig.fire(id, "").await;

        let mut again = rig.host.subscribe("log").await.unwrap();
        let missed = again.next().await.unwrap();
        assert_eq!(missed, Notice::Missed { from: first.cursor, to: gone.cursor });
        assert_eq!(again.next().await.unwrap(), Notice::Completed(Box::new(kept)));
        // Who comes from the beginning missed more; who has read all of it, nothing.
        let mut from = rig.host.subscribe_from("log", Some(Cursor::default())).await.unwrap();
        let all = Notice::Missed { from: Cursor::default(), to: gone.cursor };
        assert_eq!(from.next().await.unwrap(), all);
        let mut new = rig.host.follow(None).await.unwrap();
        let latest = rig.fire(id, "").await;
        assert_eq!(new.next().await.unwrap(), Notice::Completed(Box::new(latest)));
        rig.advance(SECOND).await;
    });
}
