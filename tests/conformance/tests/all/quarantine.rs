//! What the host falls over again and again does not take it down for ever.

use std::time::Duration;

use dormouse::core::explain::Why;
use dormouse::core::registration::RegistrationRecord;
use dormouse::testing::Rig;
use dormouse::{
    Fired, HostBuilder, HostError, Outcome, Refusal, RegistrationId, TaskBuilder, TimeTrigger, Trigger,
};
use dormouse_core::store::{Fault, RegistrationStore};
use dormouse_core::{StoreError, Timestamp};
use test_artifacts as programs;

use crate::lives::Lives;
use crate::{SECOND, component, only};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn after_two(builder: HostBuilder) -> HostBuilder {
    builder.quarantine_after(2)
}

/// Two crashes, both while the same activation runs.
fn crashed_twice() -> (Lives, RegistrationId) {
    let lives = Lives::new();
    let id = lives.crash(after_two, None);
    assert_eq!(lives.crash(after_two, Some(id)), id);
    (lives, id)
}

fn record(rig: &Rig) -> RegistrationRecord {
    let all = rig.host.registrations();
    let [one] = &all[..] else { panic!("{all:#?}") };
    one.clone()
}

#[test]
fn what_is_in_quarantine_starts_nothing_and_says_so() {
    let (lives, id) = crashed_twice();
    lives.life(after_two, async |rig| {
        assert_eq!(rig.log(id), ["interrupted", "quarantined after 2 crashes"]);
        rig.install(&component(programs::RUN_SLEEPS));
        rig.settle().await;
        assert_eq!(rig.host.request(id, "1").await.unwrap(), Fired::Refused(Refusal::Quarantined));
        assert_eq!(only(&rig.log(id), &["started", "waiting", "latched"]), [""; 0]);

        let explanation = rig.host.explain(id).await.unwrap().unwrap();
        assert_eq!(explanation.quarantined, Some(2));
        assert_eq!(explanation.waiting[0].why, Why::Quarantined { crashes: 2 });
        assert_eq!(explanation.refusals[0].reason, Refusal::Quarantined, "it is counted");
        assert!(explanation.verdict().contains("quarantine"), "{}", explanation.verdict());
        assert_eq!(rig.host.stats().quarantined, 1);
        assert_eq!(rig.host.outlooks(&[id]).await.unwrap()[0].quarantined, Some(2), "a list says so too");
    });
}

#[test]
fn what_is_in_quarantine_is_looked_at_no_more_often_than_anything_else_that_waits() {
    let (lives, _) = crashed_twice();
    lives.life(after_two, async |rig| {
        rig.install(&component(programs::RUN_SLEEPS));
        rig.settle().await;
        let before = lives.calls("pending");
        rig.advance(HOUR).await;
        assert_eq!(lives.calls("pending") - before, 60, "the slow scan alone");
    });
}

#[test]
fn what_is_released_starts_again_and_is_forgiven() {
    let (lives, id) = crashed_twice();
    lives.life(after_two, async |rig| {
        rig.install(&component(programs::RUN_SLEEPS));
        rig.settle().await;
        assert!(rig.host.release(id).await.unwrap());
        rig.settle().await;
        assert_eq!(only(&rig.log(id), &["released", "started"]), ["released", "started attempt 3"]);
        assert!(!rig.host.release(id).await.unwrap(), "it is in it no more");
        assert_eq!(only(&rig.log(id), &["released"]).len(), 1);
        assert_eq!((record(rig).crashes, rig.host.stats().quarantined), (0, 0));
        rig.advance(SECOND * 90).await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
        let nobody = RegistrationId::from_uuid(uuid::Uuid::nil());
        assert!(matches!(rig.host.release(nobody).await, Err(HostError::NotRegistered(id)) if id == nobody));
    });
    lives.life(after_two, async |rig| assert_eq!(only(&rig.log(id), &["quarantined"]), [""; 0]));
}

#[test]
fn what_is_not_kept_of_a_release_leaves_it_in_quarantine() {
    let (lives, id) = crashed_twice();
    lives.life(after_two, async |rig| {
        rig.install(&component(programs::RUN_SLEEPS));
        lives.store.always("forgive", Fault::Refused(StoreError::Full("the disk is full".to_owned())));
        assert!(matches!(rig.host.release(id).await, Err(HostError::Store(_))));
        rig.settle().await;
        assert_eq!(only(&rig.log(id), &["released", "started"]), [""; 0]);
    });
}

#[test]
fn a_run_that_ends_is_no_crash_and_sets_the_count_back_once() {
    let lives = Lives::new();
    let id = lives.crash(after_two, None);
    lives.life(after_two, async |rig| {
        assert_eq!(record(rig).crashes, 1);
        rig.install(&component(programs::RUN_SLEEPS));
        rig.advance(SECOND * 90).await;
        for _ in 0..3 {
            rig.fire(id, "1").await;
        }
        assert_eq!(rig.outcomes(), vec![Outcome::Succeeded; 4]);
        assert_eq!(record(rig).crashes, 0);
        assert_eq!(lives.calls("forgive"), 1, "one that never crashed costs nothing");
        // A host that is stopped has not fallen.
        rig.request(id, "60000").await;
        rig.started(id).await;
        rig.host.shutdown(true).await;
    });
    lives.life(after_two, async |rig| {
        assert_eq!(record(rig).crashes, 0);
        rig.install(&component(programs::RUN_SLEEPS));
        rig.started(id).await;
    });
    lives.life(after_two, async |rig| {
        assert_eq!(record(rig).crashes, 1);
        assert_eq!(only(&rig.log(id), &["quarantined"]), [""; 0]);
    });
}

#[test]
fn without_quarantine_it_is_tried_for_ever() {
    let lives = Lives::new();
    let never = |builder: HostBuilder| builder.quarantine_after(0);
    let id = lives.crash(never, None);
    for _ in 0..6 {
        lives.crash(never, Some(id));
    }
    lives.life(never, async |rig| {
        assert_eq!(record(rig).crashes, 7);
        assert_eq!(rig.host.explain(id).await.unwrap().unwrap().quarantined, None);
        assert_eq!(only(&rig.log(id), &["quarantined"]), [""; 0]);
    });
}

#[test]
fn occurrences_in_quarantine_are_dealt_with_and_the_schedule_goes_on_when_it_is_released() {
    let lives = Lives::new();
    let begin = lives.life(after_two, async |rig| {
        rig.install(&component(programs::CANCEL_WAITING));
        let trigger = Trigger::Time(TimeTrigger::periodic(HOUR));
        let begin = rig.now();
        let id = rig.register(TaskBuilder::new("t").entry_point("main").trigger(trigger)).await;
        rig.started(id).await;
        begin
    });
    lives.life(after_two, async |rig| {
        rig.install(&component(programs::CANCEL_WAITING));
        rig.started(record(rig).registration.id).await;
    });
    let watermark = |rig: &Rig| -> Timestamp { record(rig).watermark };
    lives.life(after_two, async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let id = record(rig).registration.id;
        rig.advance(HOUR * 3).await;
        assert_eq!(only(&rig.log(id), &["refused"]).len(), 3);
        assert_eq!(only(&rig.log(id), &["started"]), [""; 0]);
        assert_eq!(watermark(rig), begin + HOUR * 4);
        assert_eq!(lives.store.registrations().await.unwrap()[0].watermark, begin + HOUR * 4);

        assert!(rig.host.release(id).await.unwrap());
        rig.settle().await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded], "what waited, and nothing of what was refused");
        rig.advance(HOUR).await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded, Outcome::Succeeded]);
    });
}
