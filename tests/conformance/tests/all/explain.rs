//! Why is it not running? Each reason is reached, and named (UWP-146).

use dormouse::testing::Rig;
use dormouse::{
    AccessStatus, App, Condition, EventKind, Explanation, Fired, Holds, LimitsRequest, Outcome, Overlap,
    QuotaPolicy, Refusal, RegistrationId, RetryPolicy, SignalTrigger, TaskBuilder, TimeTrigger, Trigger,
};
use dormouse_core::admission::Shortage;
use dormouse_core::condition::Blocking;
use dormouse_core::explain::{HISTORY_LISTED_MAX, WAITING_LISTED_MAX, Why};
use dormouse_core::registration::RegistrationStatus;
use test_artifacts as programs;

use crate::schedule::restart;
use crate::{SECOND, application, component, ready};

fn on_signal() -> TaskBuilder {
    TaskBuilder::new("task").entry_point("main").trigger(Trigger::Signal(SignalTrigger::new("t")))
}

async fn explain(rig: &Rig, id: RegistrationId) -> Explanation {
    rig.host.explain(id).await.unwrap().expect("it is registered")
}

/// What the oldest activation that waits waits for.
async fn why(rig: &Rig, id: RegistrationId) -> Why {
    explain(rig, id).await.waiting.into_iter().next().expect("something waits").why
}

/// The only reason for which firings started nothing, and how many did.
async fn refused(rig: &Rig, id: RegistrationId) -> (Refusal, u64) {
    let refusals = explain(rig, id).await.refusals;
    let [refusal] = &*refusals else { panic!("{refusals:?}") };
    (refusal.reason, refusal.count)
}

// ---- what waits --------------------------------------------------------------------------------------

#[test]
fn what_is_latched_names_its_conditions_and_since_when() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let (online, idle) = (Condition::InternetAvailable, Condition::UserNotPresent);
        let id = rig.register(on_signal().condition(online.clone()).condition(idle.clone())).await;
        rig.conditions.set(&online, Holds::Unmet);
        let fired_at = rig.now();
        rig.signal("t", "").await;
        rig.advance(SECOND * 90).await;
        let both = vec![
            Blocking { condition: online.clone(), holds: Holds::Unmet },
            Blocking { condition: idle.clone(), holds: Holds::Unknown },
        ];
        assert_eq!(why(rig, id).await, Why::Conditions { blocking: both, since: fired_at });

        let changed_at = rig.now();
        rig.conditions.set(&online, Holds::Met);
        rig.advance(SECOND * 90).await;
        let one = vec![Blocking { condition: idle.clone(), holds: Holds::Unknown }];
        assert_eq!(why(rig, id).await, Why::Conditions { blocking: one, since: changed_at });
        let explanation = explain(rig, id).await;
        assert_eq!(explanation.conditions, [(online, Holds::Met), (idle, Holds::Unknown)]);
        assert_eq!(
            explanation.verdict(),
            format!("it fired at {fired_at} and is latched since {changed_at}: user-not-present is unknown")
        );
    });
}

#[test]
fn an_earlier_run_of_the_same_registration_is_named() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_SLEEPS));
        let id = rig.register(application().overlap(Overlap::Queue { max: 9 })).await;
        rig.request(id, "60000").await;
        rig.started(id).await;
        rig.advance(SECOND).await;
        let since = rig.now();
        rig.request(id, "1").await;
        rig.advance(SECOND * 10).await;
        assert_eq!(why(rig, id).await, Why::Slot { shortage: Shortage::Registration, since });
        let explanation = explain(rig, id).await;
        assert_eq!(explanation.running.len(), 1);
        assert!(!explanation.running[0].paused);
        assert!(explanation.verdict().starts_with("it runs since "), "{}", explanation.verdict());
    });
}

#[test]
fn a_slot_of_the_app_and_one_of_the_host_are_told_apart() {
    for (per_app, shortage) in [(1, Shortage::App), (2, Shortage::Host)] {
        Rig::run_with(
            |builder| builder.slots(if per_app == 1 { 2 } else { 1 }).slots_per_app(per_app),
            async |rig| {
                let busy = ready(rig, programs::RUN_SLEEPS).await;
                let id = rig.register(on_signal()).await;
                rig.request(busy, "60000").await;
                rig.started(busy).await;
                let since = rig.now();
                rig.signal("t", "1").await;
                rig.settle().await;
                assert_eq!(why(rig, id).await, Why::Slot { shortage, since });
                let verdict = explain(rig, id).await.verdict();
                assert!(verdict.ends_with(&format!("for {shortage}")), "{verdict}");
            },
        );
    }
}

#[test]
fn a_backoff_says_until_when() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETRY_AFTER));
        let id = rig.register(application().retry(RetryPolicy::exponential(3).unwrap())).await;
        rig.request(id, "").await;
        rig.until("the retry", |e| matches!(e.kind, EventKind::Retrying { .. })).await;
        rig.settle().await;
        let Why::Backoff { until } = why(rig, id).await else { panic!() };
        assert!(until > rig.now());
        assert!(explain(rig, id).await.verdict().contains("the backoff before its next attempt"));
        rig.advance(SECOND * 2).await;
        assert_eq!(explain(rig, id).await.waiting, []);
    });
}

#[test]
fn an_app_that_is_not_installed_and_one_without_access_are_told_apart() {
    restart(
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            rig.register(on_signal().condition(Condition::UserPresent)).await;
            rig.signal("t", "").await;
            rig.settle().await;
        },
        SECOND,
        async |rig| {
            let id = rig.host.registrations()[0].registration.id;
            assert_eq!(why(rig, id).await, Why::Access { status: None });
            let explanation = explain(rig, id).await;
            assert_eq!(explanation.access, None);
            assert!(explanation.verdict().ends_with("waits: its app is not installed"));

            rig.install(&component(programs::RUN_RETURNS_OK));
            rig.host.remove_access(&Rig::app()).await.unwrap();
            rig.settle().await;
            assert_eq!(why(rig, id).await, Why::Access { status: Some(AccessStatus::Unspecified) });
            let verdict = explain(rig, id).await.verdict();
            assert!(verdict.ends_with("waits: its app's access is unspecified"), "{verdict}");
        },
    );
}

#[test]
fn what_may_start_is_about_to() {
    restart(
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            rig.register(on_signal().condition(Condition::UserPresent)).await;
            rig.signal("t", "").await;
            rig.settle().await;
        },
        SECOND,
        async |rig| {
            let id = rig.host.registrations()[0].registration.id;
            rig.conditions.set(&Condition::UserPresent, Holds::Met);
            rig.settle().await;
            // Nothing else has had a turn yet.
            rig.install(&component(programs::RUN_RETURNS_OK));
            assert_eq!(why(rig, id).await, Why::Nothing);
            assert!(explain(rig, id).await.verdict().ends_with("and is about to start"));
            rig.settle().await;
            assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
        },
    );
}

#[test]
fn a_spent_quota_shows_as_a_run_that_is_paused() {
    Rig::run(async |rig| {
        let component = rig.component(&component(programs::CANCEL_SPIN));
        let quota = QuotaPolicy::new(SECOND, SECOND * 600).unwrap();
        rig.host.install(App::new(Rig::app()).entry_point("main", component).quota(quota)).unwrap();
        let id = rig.register(application().limits(LimitsRequest::default())).await;
        rig.request(id, "").await;
        rig.until("the pause", |e| matches!(e.kind, EventKind::Paused { .. })).await;
        rig.settle().await;
        let explanation = explain(rig, id).await;
        assert!(explanation.running[0].paused);
        assert!(explanation.verdict().ends_with("paused: its app's CPU quota is spent"));
    });
}

#[test]
fn no_more_is_listed_than_fits_a_page() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let builder = on_signal().overlap(Overlap::Queue { max: 100 }).condition(Condition::UserPresent);
        let id = rig.register(builder).await;
        for _ in 0..100 {
            rig.signal("t", "").await;
        }
        rig.settle().await;
        let explanation = explain(rig, id).await;
        assert_eq!(explanation.waiting.len(), WAITING_LISTED_MAX);
        assert!(explanation.waiting.is_sorted_by_key(|waiting| (waiting.fired_at, waiting.activation)));
        rig.conditions.set(&Condition::UserPresent, Holds::Met);
        rig.settle().await;
        let explanation = explain(rig, id).await;
        assert_eq!(explanation.waiting, []);
        assert_eq!(explanation.history.len(), HISTORY_LISTED_MAX);
        let runs = rig.host.runs(Default::default(), HISTORY_LISTED_MAX).await.unwrap();
        assert!(explanation.history.iter().eq(runs.iter().map(|listed| &listed.run)));
    });
}

#[test]
fn the_next_occurrence_of_a_schedule_is_named_until_it_is_spent() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let begin = rig.now();
        let of =
            |name: &str, trigger| TaskBuilder::new(name).entry_point("main").trigger(Trigger::Time(trigger));
        let every = rig.register(of("every", TimeTrigger::periodic(SECOND * 60))).await;
        let once = rig.register(of("once", TimeTrigger::once(SECOND * 60))).await;
        assert_eq!(explain(rig, once).await.next, Some(begin + SECOND * 60));
        rig.advance(SECOND * 70).await;
        let explanation = explain(rig, every).await;
        assert_eq!(explanation.next, Some(begin + SECOND * 120));
        assert_eq!(
            explanation.verdict(),
            format!("it waits for its time trigger, next at {}", begin + SECOND * 120)
        );
        let spent = explain(rig, once).await;
        assert_eq!((spent.next, spent.status), (None, RegistrationStatus::Spent));
        assert!(spent.verdict().starts_with("it was to fire once, and did"));
    });
}

#[test]
fn an_occurrence_is_named_when_it_fires_with_its_jitter_and_on_its_tick() {
    let profile = dormouse::TimerProfile { tick: SECOND * 900, ..dormouse::TimerProfile::DEFAULT };
    Rig::run_with(
        |builder| builder.timers(profile),
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            let trigger = TimeTrigger { jitter: SECOND * 1000, ..TimeTrigger::periodic(SECOND * 1000) };
            let id =
                rig.register(TaskBuilder::new("t").entry_point("main").trigger(Trigger::Time(trigger))).await;
            let next = explain(rig, id).await.next.unwrap();
            rig.advance(next.since(rig.now())).await;
            let fired = rig.events.events().into_iter().find(|e| matches!(e.kind, EventKind::Fired { .. }));
            assert_eq!(fired.map(|event| event.at), Some(next));
        },
    );
}

#[test]
fn what_is_not_registered_has_no_explanation() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        assert_eq!(explain(rig, id).await.verdict(), "it waits for its application trigger");
        rig.host.unregister(id, false).await.unwrap();
        assert_eq!(rig.host.explain(id).await.unwrap(), None);
        let fired = rig.host.request(id, "").await.unwrap();
        assert_eq!(fired, Fired::Refused(Refusal::NotRegistered));
    });
}

// ---- what started nothing ----------------------------------------------------------------------------

#[test]
fn refusals_of_the_overlap_policy_are_counted() {
    for (overlap, refusal) in
        [(Overlap::Refuse, Refusal::CurrentlyRunning), (Overlap::Queue { max: 1 }, Refusal::QueueFull)]
    {
        Rig::run(async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            let builder = on_signal().overlap(overlap).condition(Condition::UserPresent);
            let id = rig.register(builder).await;
            for _ in 0..3 {
                rig.signal("t", "").await;
            }
            assert_eq!(refused(rig, id).await, (refusal, 2));
        });
    }
}

#[test]
fn a_spent_one_shot_counts_what_it_refuses() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let trigger = SignalTrigger { one_shot: true, ..SignalTrigger::new("t") };
        let id =
            rig.register(TaskBuilder::new("t").entry_point("main").trigger(Trigger::Signal(trigger))).await;
        rig.signal("t", "").await;
        rig.settle().await;
        rig.host.fire(id).await.unwrap();
        assert_eq!(refused(rig, id).await, (Refusal::Spent, 1));
    });
}

#[test]
fn one_that_fires_once_in_a_session_says_so() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let trigger = SignalTrigger { recurrence: dormouse::Recurrence::Once, ..SignalTrigger::new("t") };
        let id =
            rig.register(TaskBuilder::new("t").entry_point("main").trigger(Trigger::Signal(trigger))).await;
        rig.signal("t", "").await;
        rig.settle().await;
        assert_eq!(
            explain(rig, id).await.verdict(),
            "it fires once in each life of the host, and did in this one"
        );
        rig.signal("t", "").await;
        assert_eq!(refused(rig, id).await, (Refusal::SpentThisSession, 1));
    });
}

#[test]
fn each_kind_of_missing_access_is_counted_as_its_own() {
    for (access, refusal) in [
        (AccessStatus::Unspecified, Refusal::AccessUnspecified),
        (AccessStatus::DeniedByPolicy, Refusal::DeniedByPolicy),
        (AccessStatus::DeniedByUser, Refusal::DeniedByUser),
    ] {
        Rig::run(async |rig| {
            let id = ready(rig, programs::RUN_RETURNS_OK).await;
            rig.host.set_access(&Rig::app(), access).await.unwrap();
            for _ in 0..3 {
                rig.host.request(id, "").await.unwrap();
            }
            assert_eq!(refused(rig, id).await, (refusal, 3));
            let verdict = explain(rig, id).await.verdict();
            assert_eq!(verdict, format!("its app's access is {access}: firings start nothing"));
        });
    }
}

#[test]
fn a_request_while_the_machine_saves_energy_is_counted() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        rig.conditions.set(&Condition::EnergySaverOff, Holds::Unmet);
        rig.host.request(id, "").await.unwrap();
        assert_eq!(refused(rig, id).await, (Refusal::DisabledByPolicy, 1));
        let explanation = explain(rig, id).await;
        assert_eq!(explanation.conditions, [(Condition::EnergySaverOff, Holds::Unmet)]);
        let verdict = explanation.verdict();
        assert!(verdict.ends_with("the machine saves energy, and its app is subject to policy"), "{verdict}");
    });
}

#[test]
fn a_request_while_the_host_stops_is_counted() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        rig.host.shutdown(false).await;
        assert_eq!(rig.host.request(id, "").await.unwrap(), Fired::Refused(Refusal::Stopping));
        assert_eq!(refused(rig, id).await, (Refusal::Stopping, 1));
    });
}

#[test]
fn a_flood_that_starts_nothing_is_one_record() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        rig.request(id, "600000").await;
        rig.started(id).await;
        let first_at = rig.now();
        for _ in 0..1000 {
            rig.host.request(id, "1").await.unwrap();
        }
        rig.advance(SECOND).await;
        rig.host.request(id, "1").await.unwrap();
        let refusals = explain(rig, id).await.refusals;
        let [refusal] = &*refusals else { panic!("{refusals:?}") };
        assert_eq!((refusal.count, refusal.first_at), (1001, first_at));
        assert_eq!(refusal.last_at, first_at + SECOND);
    });
}
