//! A wall clock that is wrong, or is set, takes nothing away that was recorded meanwhile.

use std::sync::Arc;
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{HostBuilder, Retention};
use dormouse_core::store::Fault;
use dormouse_core::{MemoryStore, RunId, SimClock, StoreError, Timestamp};
use test_artifacts as programs;

use crate::lives::Lives;
use crate::{SECOND, ready};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

fn kept_a_day(builder: HostBuilder) -> HostBuilder {
    builder.retention(Some(Retention { age: DAY, runs: 1_000, unread_age: DAY * 2, every: HOUR }))
}

async fn is_kept(rig: &Rig, run: RunId) -> bool {
    rig.host.run(run).await.unwrap().is_some()
}

#[test]
fn what_was_recorded_before_the_clock_was_set_from_1970_is_kept_for_its_age() {
    let (store, clock) = (Arc::new(MemoryStore::new()), SimClock::at(Timestamp::EPOCH));
    Rig::run_on(store, clock, kept_a_day, async |rig| {
        let id = ready(rig, programs::RUN_FAILS).await;
        let mut subscription = rig.host.subscribe("log").await.unwrap();
        let read = rig.fire(id, "").await;
        subscription.next_completion().await.unwrap();
        subscription.ack(read.cursor).await.unwrap();
        let unread = rig.fire(id, "").await.run.run;
        rig.clock.jump(NOW);
        rig.advance(DAY - HOUR).await;
        assert!(is_kept(rig, read.run.run).await);
        assert_eq!(rig.store.totals().await.unwrap().dead_letters, 2);
        rig.advance(HOUR * 3).await;
        assert!(!is_kept(rig, read.run.run).await, "it is as old as that by now");
        assert!(is_kept(rig, unread).await, "nobody read it");
        rig.advance(DAY).await;
        assert!(!is_kept(rig, unread).await);
    });
}

#[test]
fn a_clock_that_is_ahead_during_one_look_takes_nothing_away() {
    let lives = Lives::new();
    let old = lives.life(kept_a_day, async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        rig.fire(id, "").await.run.run
    });
    lives.life(kept_a_day, async |rig| {
        // Of what an earlier life recorded nobody knows the age but by the wall clock.
        rig.advance(HOUR * 2).await;
        assert!(lives.calls("prune") > 1);
        let ahead = DAY * 90;
        rig.clock.jump(rig.now() + ahead);
        rig.advance(HOUR).await;
        rig.clock.jump(rig.now() - ahead);
        rig.advance(HOUR * 2).await;
        assert!(is_kept(rig, old).await);
        rig.advance(DAY).await;
        assert!(!is_kept(rig, old).await, "by a clock that goes evenly it goes");
    });
}

#[test]
fn a_clock_that_stays_ahead_makes_nothing_older_that_was_recorded_here() {
    Rig::run_with(kept_a_day, async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        rig.advance(DAY * 3).await;
        let run = rig.fire(id, "").await.run.run;
        rig.clock.jump(rig.now() + DAY * 90);
        rig.advance(DAY - HOUR).await;
        assert!(is_kept(rig, run).await);
        rig.advance(HOUR * 3).await;
        assert!(!is_kept(rig, run).await);
    });
}

#[test]
fn a_store_that_is_full_is_asked_again_in_a_minute() {
    let lives = Lives::new();
    lives.life(kept_a_day, async |rig| {
        rig.settle().await;
        lives.store.always("prune", Fault::Refused(StoreError::Full("the disk".to_owned())));
        rig.advance(SECOND * 60 * 10).await;
        assert_eq!(lives.calls("prune"), 10);
        lives.store.mend();
        rig.advance(SECOND * 60 * 11).await;
        assert_eq!(lives.calls("prune"), 11, "then once an hour, as ever");
    });
}
