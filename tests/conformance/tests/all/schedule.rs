//! Time and cron triggers on a running host, and what a restart finds.

use std::sync::Arc;
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{CronTrigger, EventKind, Misfire, Outcome, SignalTrigger, TaskBuilder, TimeTrigger, Trigger};
use dormouse_core::{MemoryStore, SimClock, Store, Timestamp};
use test_artifacts as programs;

use crate::{SECOND, component, only, ready};

pub(crate) fn started(rig: &Rig) -> Vec<Timestamp> {
    let at = |e: dormouse::Event| matches!(e.kind, EventKind::Started { .. }).then_some(e.at);
    rig.events.events().into_iter().filter_map(at).collect()
}

#[test]
fn a_periodic_time_trigger_fires_every_period_without_drift() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let registered = rig.now();
        let trigger = Trigger::Time(TimeTrigger::periodic(SECOND * 90));
        rig.register(TaskBuilder::new("t").entry_point("main").trigger(trigger)).await;
        rig.advance(SECOND * 300).await;
        let expected: Vec<_> = (1..=3).map(|n| registered + SECOND * 90 * n).collect();
        assert_eq!(started(rig), expected, "UWP-038");
    });
}

#[test]
fn a_one_shot_time_trigger_fires_once() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_NO_DETAILS));
        let trigger = Trigger::Time(TimeTrigger::once(SECOND * 10));
        let id = rig.register(TaskBuilder::new("t").entry_point("main").trigger(trigger)).await;
        rig.advance(SECOND * 9).await;
        assert_eq!(rig.outcomes(), []);
        rig.advance(SECOND * 1000).await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
        assert_eq!(only(&rig.log(id), &["spent"]), ["spent"]);
    });
}

#[test]
fn a_cron_trigger_fires_by_the_clock_of_its_time_zone() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_NO_DETAILS));
        // The rig's clock begins at 2026-01-01T00:00:00Z, which is one in the morning in Berlin.
        let cron = CronTrigger::new("30 1 * * *").in_time_zone("Europe/Berlin");
        rig.register(TaskBuilder::new("t").entry_point("main").trigger(Trigger::Cron(cron))).await;
        let begin = rig.now();
        rig.advance(SECOND * 60 * 60 * 25).await;
        let half_past = begin + SECOND * 60 * 30;
        assert_eq!(started(rig), [half_past, half_past + SECOND * 60 * 60 * 24]);
    });
}

#[test]
fn a_clock_set_back_repeats_nothing_and_one_set_ahead_is_downtime() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let trigger = Trigger::Time(TimeTrigger::periodic(SECOND * 60));
        rig.register(TaskBuilder::new("t").entry_point("main").trigger(trigger)).await;
        rig.advance(SECOND * 150).await;
        assert_eq!(rig.outcomes().len(), 2);

        rig.clock.jump_by(-100_000_000);
        rig.advance(SECOND * 90).await;
        assert_eq!(rig.outcomes().len(), 2, "these moments have been");

        rig.clock.jump_by(3_600_000_000);
        rig.advance(SECOND * 120).await;
        let fired: Vec<String> = rig
            .events
            .events()
            .iter()
            .filter_map(|e| match e.kind {
                EventKind::Fired { coalesced, .. } => Some(coalesced.to_string()),
                _ => None,
            })
            .collect();
        assert!(fired.len() >= 3);
        let caught_up: u32 = fired[2].parse().unwrap();
        assert!((58..=62).contains(&caught_up), "one run stands for the hour: {fired:?}");
    });
}

/// A host that is gone without a word, and another one on its store.
pub(crate) fn restart<R>(
    before: impl AsyncFnOnce(&Rig),
    meanwhile: Duration,
    after: impl AsyncFnOnce(&Rig) -> R,
) -> R {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let clock = SimClock::new();
    Rig::run_on(store.clone(), clock.clone(), |b| b, before);
    clock.advance(meanwhile);
    Rig::run_on(store, clock, |b| b.ids(LaterIds::from(1 << 64)), after)
}

/// Ids that another rig's do not meet.
pub(crate) struct LaterIds {
    ids: dormouse_core::ids::SequentialIds,
    first: u128,
}

impl From<u128> for LaterIds {
    fn from(first: u128) -> Self {
        Self { ids: dormouse_core::ids::SequentialIds::new(), first }
    }
}

impl dormouse_core::IdSource for LaterIds {
    fn fresh(&self) -> uuid::Uuid {
        uuid::Uuid::from_u128(self.ids.fresh().as_u128() + self.first)
    }
}

#[test]
fn missed_occurrences_are_one_run_after_a_restart() {
    for (misfire, expected) in [
        (Misfire::Coalesce, vec!["fired x10"]),
        (Misfire::Skip, vec![]),
        (Misfire::All, vec!["fired x1"; 10]),
    ] {
        restart(
            async |rig| {
                rig.install(&component(programs::RUN_RETURNS_OK));
                let trigger = TimeTrigger { misfire, ..TimeTrigger::periodic(SECOND * 60 * 60) };
                let builder = TaskBuilder::new("t").entry_point("main").trigger(Trigger::Time(trigger));
                rig.register(builder.overlap(dormouse::Overlap::Queue { max: 100 })).await;
            },
            // Ten and a half hours: ten occurrences, the last one half an hour late.
            SECOND * 60 * (10 * 60 + 30),
            async |rig| {
                rig.install(&component(programs::RUN_RETURNS_OK));
                rig.settle().await;
                let id = rig.host.registrations()[0].registration.id;
                assert_eq!(only(&rig.log(id), &["fired"]), expected, "{misfire:?}");
            },
        );
    }
}

#[test]
fn what_ran_when_the_host_died_runs_again_as_the_next_attempt() {
    restart(
        async |rig| {
            let id = ready(rig, programs::RUN_SLEEPS).await;
            rig.request(id, "60000").await;
            rig.started(id).await;
        },
        SECOND,
        async |rig| {
            let id = rig.host.registrations()[0].registration.id;
            rig.advance(SECOND * 120).await;
            assert_eq!(only(&rig.log(id), &["started"]), [""; 0], "its app is not installed yet");
            rig.install(&component(programs::RUN_SLEEPS));
            rig.until("its end", |e| matches!(e.kind, EventKind::Completed { .. })).await;
            assert_eq!(
                only(&rig.log(id), &["interrupted", "started", "ended"]),
                ["interrupted", "started attempt 2", "ended succeeded"]
            );
            let runs = rig.host.runs(Default::default(), 10).await.unwrap();
            assert_eq!(runs.len(), 2);
            assert_eq!(runs[1].run.outcome, Outcome::Interrupted, "the first attempt is on record");
        },
    );
}

#[test]
fn a_polite_stop_cancels_with_terminating_and_the_next_host_goes_on() {
    restart(
        async |rig| {
            let id = ready(rig, programs::CANCEL_SLEEPING).await;
            rig.request(id, "").await;
            rig.started(id).await;
            rig.settle().await;
            rig.host.shutdown(false).await;
            assert_eq!(
                only(&rig.log(id), &["cancel", "ended", "completed"]),
                ["cancel: terminating by shutdown", "ended canceled clean"]
            );
            let refused = rig.host.request(id, "").await.unwrap();
            assert_eq!(refused, dormouse::Fired::Refused(dormouse::Refusal::Stopping));
        },
        SECOND,
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            rig.settle().await;
            let id = rig.host.registrations()[0].registration.id;
            assert_eq!(only(&rig.log(id), &["started", "ended"]), ["started attempt 2", "ended succeeded"]);
        },
    );
}

#[test]
fn a_latched_firing_survives_the_host() {
    use dormouse::{Condition, Holds};
    restart(
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            let trigger = Trigger::Signal(SignalTrigger::new("t"));
            let builder = TaskBuilder::new("t").entry_point("main").trigger(trigger);
            rig.register(builder.condition(Condition::UserPresent)).await;
            rig.signal("t", "").await;
            rig.settle().await;
        },
        SECOND * 3600,
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            rig.settle().await;
            assert_eq!(rig.outcomes(), []);
            rig.conditions.set(&Condition::UserPresent, Holds::Met);
            rig.settle().await;
            assert_eq!(rig.outcomes(), [Outcome::Succeeded], "UWP-067");
        },
    );
}

#[test]
fn registering_the_same_again_changes_nothing_and_another_trigger_takes_effect_at_once() {
    use dormouse::IfExists;
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let every = |period| {
            let trigger = Trigger::Time(TimeTrigger::periodic(period));
            TaskBuilder::new("t").entry_point("main").trigger(trigger)
        };
        let app = Rig::app();
        let register =
            async |builder| rig.host.register(&app, builder, IfExists::ReplaceIfDifferent).await.unwrap().id;
        let id = register(every(SECOND * 600)).await;
        rig.advance(SECOND * 599).await;
        assert_eq!(register(every(SECOND * 600)).await, id);
        rig.advance(SECOND).await;
        assert_eq!(rig.outcomes().len(), 1, "the period was not begun anew");
        assert_eq!(only(&rig.log(id), &["registered"]), ["registered"]);

        assert_eq!(register(every(SECOND * 10)).await, id, "UWP-027");
        rig.advance(SECOND * 10).await;
        assert_eq!(rig.outcomes().len(), 2);

        let error = rig.host.register(&app, every(SECOND), IfExists::Error).await.unwrap_err();
        assert!(matches!(error, dormouse::HostError::Exists { .. }), "{error}");
        assert_eq!(rig.host.register(&app, every(SECOND), IfExists::Keep).await.unwrap().id, id);
    });
}

#[test]
fn a_clock_set_ahead_takes_no_lease_from_what_runs_here() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        let activation = rig.request(id, "120000").await;
        rig.advance(SECOND).await;
        rig.clock.jump_by(3_600_000_000);
        let completion = rig.completed(activation).await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded);
        assert_eq!(completion.run.attempt, 1);
        assert_eq!(only(&rig.log(id), &["interrupted", "lease"]), [""; 0]);
    });
}

#[test]
fn who_waits_for_a_completion_hears_of_the_hosts_end() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::CANCEL_SLEEPING).await;
        let activation = rig.request(id, "").await;
        rig.started(id).await;
        let (waited, ()) = futures::join!(rig.host.completed(activation), rig.host.shutdown(false));
        assert!(matches!(waited, Err(dormouse::HostError::Stopping)), "{waited:?}");
        let later = rig.host.completed(activation).await;
        assert!(matches!(later, Err(dormouse::HostError::Stopping)), "{later:?}");
    });
}

#[test]
fn a_host_that_is_dropped_while_a_guest_runs_lets_go_of_its_store() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    Rig::run_on(
        store.clone(),
        SimClock::new(),
        |b| b,
        async |rig| {
            let id = ready(rig, programs::CANCEL_IGNORED).await;
            rig.request(id, "").await;
            rig.started(id).await;
        },
    );
    assert_eq!(Arc::strong_count(&store), 1);
}
