//! What must hold before a run starts, and while it goes on (UWP-040, UWP-041, UWP-061 to 069).

use std::sync::Arc;

use dormouse::testing::Rig;
use dormouse::{
    CancellationReason, Condition, EventKind, Fired, Holds, IfExists, MaintenanceTrigger, MemoryStore,
    Outcome, Overlap, Recurrence, Refusal, RegistrationId, SignalTrigger, SystemEvent, SystemTrigger,
    TaskBuilder, Trigger, TriggerDetails, WorkCost,
};
use dormouse_core::clock::SimClock;
use dormouse_core::{Clock, Timestamp};
use test_artifacts as programs;

use crate::schedule::restart;
use crate::{SECOND, application, component, only};

fn on_signal() -> TaskBuilder {
    TaskBuilder::new("task").entry_point("main").trigger(Trigger::Signal(SignalTrigger::new("t")))
}

fn started(rig: &Rig) -> Vec<Timestamp> {
    let at = |e: dormouse::Event| matches!(e.kind, EventKind::Started { .. }).then_some(e.at);
    rig.events.events().into_iter().filter_map(at).collect()
}

fn at(text: &str) -> Timestamp {
    let parsed: jiff::Timestamp = text.parse().unwrap();
    Timestamp::from_micros(parsed.as_microsecond())
}

/// A rig at `time`.
fn rig_at(time: &str, test: impl AsyncFnOnce(&Rig)) {
    Rig::run_on(Arc::new(MemoryStore::new()), SimClock::at(at(time)), |builder| builder, test);
}

fn window(text: &str) -> Condition {
    format!("time-window:{text}").parse().unwrap()
}

async fn cancelled(rig: &Rig, id: RegistrationId) -> CancellationReason {
    let event =
        rig.until("the end", |e| e.registration == id && matches!(e.kind, EventKind::Ended { .. })).await;
    match event.kind {
        EventKind::Ended { outcome: Outcome::Canceled { cancellation, .. }, .. } => cancellation.reason,
        other => panic!("{other:?}"),
    }
}

// ---- conditions --------------------------------------------------------------------------------------

#[test]
fn conditions_are_judged_when_it_could_start_and_not_when_it_fired() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_SLEEPS));
        rig.conditions.set(&Condition::InternetAvailable, Holds::Met);
        let builder =
            application().overlap(Overlap::Queue { max: 9 }).condition(Condition::InternetAvailable);
        let id = rig.register(builder).await;
        rig.request(id, "1000").await;
        rig.request(id, "1000").await;
        rig.started(id).await;
        rig.conditions.set(&Condition::InternetAvailable, Holds::Unmet);
        rig.advance(SECOND * 10).await;
        assert_eq!(
            only(&rig.log(id), &["started", "ended", "latched"]),
            ["started attempt 1", "latched: internet-available is unmet", "ended succeeded"],
            "UWP-061"
        );
    });
}

#[test]
fn contradictory_conditions_register_with_a_warning_and_never_start() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let (one, other) = (Condition::UserPresent, Condition::UserNotPresent);
        let builder = on_signal().condition(one.clone()).condition(other.clone());
        let made = rig.host.register(&Rig::app(), builder, IfExists::Error).await.unwrap();
        assert_eq!(made.contradictions, [(one.clone(), other.clone())], "UWP-064");
        rig.signal("t", "").await;
        for present in [true, false, true] {
            let holds = |yes| if yes { Holds::Met } else { Holds::Unmet };
            rig.conditions.set(&one, holds(present));
            rig.conditions.set(&other, holds(!present));
            rig.settle().await;
        }
        assert_eq!(rig.outcomes(), []);
        let verdict = rig.host.explain(made.id).await.unwrap().unwrap().verdict();
        assert!(verdict.contains("user-present and user-not-present never hold together"), "{verdict}");
    });
}

#[test]
fn work_cost_not_high_holds_at_low_and_medium_only() {
    for (cost, starts) in [
        (None, false),
        (Some(WorkCost::Low), true),
        (Some(WorkCost::Medium), true),
        (Some(WorkCost::High), false),
    ] {
        Rig::run(async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            if let Some(cost) = cost {
                rig.conditions.set_work_cost(cost);
            }
            rig.register(on_signal().condition(Condition::BackgroundWorkCostNotHigh)).await;
            rig.signal("t", "").await;
            rig.settle().await;
            assert_eq!(rig.outcomes().len(), usize::from(starts), "UWP-069: {cost:?}");
            rig.conditions.set_work_cost(WorkCost::Medium);
            rig.settle().await;
            assert_eq!(rig.outcomes().len(), 1, "delayed, not dropped");
        });
    }
}

#[test]
fn a_change_of_the_work_cost_fires_and_what_is_no_change_does_not() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let trigger = SystemTrigger::new(SystemEvent::BackgroundWorkCostChange);
        let id =
            rig.register(TaskBuilder::new("t").entry_point("main").trigger(Trigger::System(trigger))).await;
        let mut fired = vec![];
        for cost in [WorkCost::Low, WorkCost::High, WorkCost::High, WorkCost::Medium, WorkCost::Low] {
            rig.conditions.set_work_cost(cost);
            // Another fact is none of its business.
            rig.conditions.set(&Condition::UserPresent, Holds::Met);
            rig.settle().await;
            fired.push(only(&rig.log(id), &["fired"]).len());
        }
        assert_eq!(fired, [0, 1, 1, 2, 3], "guests were told low before anybody knew");
        assert_eq!(rig.outcomes(), vec![Outcome::Succeeded; 3]);
        let run = &rig.host.runs(Default::default(), 1).await.unwrap()[0].run;
        let activation = rig.host.activation(run.activation).await.unwrap().unwrap();
        assert_eq!(activation.details, TriggerDetails::None, "UWP-042");
    });
}

#[test]
fn a_signal_that_fires_once_in_a_session_fires_again_in_the_next() {
    let once = || {
        let trigger = SignalTrigger { recurrence: Recurrence::Once, ..SignalTrigger::new("t") };
        TaskBuilder::new("once").entry_point("main").trigger(Trigger::Signal(trigger))
    };
    restart(
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            let id = rig.register(once()).await;
            assert!(matches!(*rig.signal("t", "").await, [(_, Fired::Accepted(_))]));
            rig.settle().await;
            let refused = Fired::Refused(Refusal::SpentThisSession);
            assert_eq!(rig.signal("t", "").await, [(id, refused)], "UWP-052");
            assert_eq!(rig.host.fire(id).await.unwrap(), refused, "by hand neither");
            // Registered in its own place it is still the same registration.
            let again = once().condition(Condition::UserPresent);
            let made = rig.host.register(&Rig::app(), again, IfExists::ReplaceIfDifferent).await.unwrap();
            assert_eq!(made.id, id);
            assert_eq!(rig.signal("t", "").await, [(id, refused)]);
            assert_eq!(rig.outcomes().len(), 1);
        },
        SECOND,
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            assert!(matches!(*rig.signal("t", "").await, [(_, Fired::Accepted(_))]));
        },
    );
}

// ---- maintenance -------------------------------------------------------------------------------------

fn maintenance() -> TaskBuilder {
    let trigger = Trigger::Maintenance(MaintenanceTrigger::periodic(SECOND * 900));
    TaskBuilder::new("m").entry_point("main").trigger(trigger)
}

#[test]
fn maintenance_starts_on_external_power_only() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let id = rig.register(maintenance()).await;
        rig.advance(SECOND * 950).await;
        assert_eq!(
            only(&rig.log(id), &["latched", "started"]),
            ["latched: external-power is unknown"],
            "UWP-040: what nobody knows does not hold"
        );
        let verdict = rig.host.explain(id).await.unwrap().unwrap().verdict();
        assert!(verdict.ends_with("external-power is unknown"), "{verdict}");
        rig.conditions.set(&Condition::ExternalPower, Holds::Unmet);
        rig.advance(SECOND * 3600).await;
        assert_eq!(rig.outcomes(), []);
        rig.conditions.set(&Condition::ExternalPower, Holds::Met);
        rig.settle().await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded], "the occurrences that waited are one run");
    });
}

#[test]
fn losing_external_power_cancels_maintenance_unasked() {
    Rig::run(async |rig| {
        rig.install(&component(programs::CANCEL_SLEEPING));
        rig.conditions.set(&Condition::ExternalPower, Holds::Met);
        let id = rig.register(maintenance()).await;
        rig.advance(SECOND * 901).await;
        assert_eq!(rig.host.running().len(), 1);
        rig.conditions.set(&Condition::ExternalPower, Holds::Unmet);
        assert_eq!(cancelled(rig, id).await, CancellationReason::ConditionLoss, "UWP-041");
    });
}

// ---- time windows ------------------------------------------------------------------------------------

#[test]
fn what_is_latched_on_a_time_window_starts_when_it_opens() {
    // Winter time in Berlin is an hour ahead of UTC, summer time two; New York is five behind.
    for (now, text, opens) in [
        ("2026-01-01T00:00:10Z", "22:00-06:00@America/New_York", "2026-01-01T03:00:00Z"),
        ("2026-03-28T12:00:00Z", "01:30-01:45@Europe/Berlin", "2026-03-29T00:30:00Z"),
        // The night in which the hour from two to three does not come: the window opens at three.
        ("2026-03-28T23:00:00Z", "02:15-04:00@Europe/Berlin", "2026-03-29T01:00:00Z"),
        // The window lies wholly in that hour: it does not open that night.
        ("2026-03-28T23:00:00Z", "02:15-02:45@Europe/Berlin", "2026-03-30T00:15:00Z"),
        // The night in which the hour comes twice.
        ("2026-10-24T23:00:00Z", "02:30-03:30@Europe/Berlin", "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:59:30Z", "02:30-02:45@Europe/Berlin", "2026-10-25T01:30:00Z"),
    ] {
        rig_at(now, async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            let id = rig.register(on_signal().condition(window(text))).await;
            rig.signal("t", "").await;
            rig.advance(SECOND * 60 * 60 * 30).await;
            assert_eq!(started(rig), [at(opens)], "{text} {:#?}", rig.log(id));
        });
    }
}

#[test]
fn a_run_that_asked_for_it_ends_with_its_time_window() {
    for asked in [true, false] {
        rig_at("2026-10-24T23:50:00Z", async |rig| {
            rig.install(&component(programs::CANCEL_SLEEPING));
            // 01:50 in Berlin. The window shuts when the clock shows 03:00, which is two hours and ten minutes
            // from now in the night in which the hour from two to three comes twice.
            let limits = dormouse::LimitsRequest { wall: Some(SECOND * 60 * 60 * 10), ..Default::default() };
            let builder = on_signal().condition(window("01:00-03:00@Europe/Berlin")).limits(limits);
            let id = rig.register(builder.cancel_on_condition_loss(asked)).await;
            rig.signal("t", "").await;
            rig.started(id).await;
            rig.advance(SECOND * (2 * 60 * 60 + 9 * 60 + 59)).await;
            assert_eq!(only(&rig.log(id), &["cancel"]), [""; 0]);
            rig.advance(SECOND).await;
            if asked {
                assert_eq!(rig.now(), at("2026-10-25T02:00:00Z"));
                assert_eq!(cancelled(rig, id).await, CancellationReason::ConditionLoss, "UWP-066");
            } else {
                assert_eq!(only(&rig.log(id), &["cancel"]), [""; 0], "UWP-065");
            }
        });
    }
}

#[test]
fn a_window_that_opens_and_shuts_again_takes_what_came_meanwhile_the_next_day() {
    rig_at("2026-06-01T12:00:00Z", async |rig| {
        rig.install(&component(programs::RUN_SLEEPS));
        let builder = application().overlap(Overlap::Queue { max: 9 }).condition(window("13:00-13:01"));
        let id = rig.register(builder).await;
        // The first is not over when the window shuts.
        rig.request(id, "120000").await;
        rig.request(id, "1").await;
        rig.advance(SECOND * 60 * 60 * 26).await;
        assert_eq!(
            started(rig),
            [at("2026-06-01T13:00:00Z"), at("2026-06-02T13:00:00Z")],
            "{:#?}",
            rig.log(id)
        );
    });
}

#[test]
fn the_wall_clock_that_is_set_into_a_window_opens_it() {
    rig_at("2026-06-01T12:00:00Z", async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        rig.register(on_signal().condition(window("20:00-21:00"))).await;
        rig.signal("t", "").await;
        rig.settle().await;
        rig.clock.jump(at("2026-06-01T20:30:00Z"));
        rig.until("the run", |e| matches!(e.kind, EventKind::Ended { .. })).await;
        assert!(rig.clock.wall() < at("2026-06-01T20:32:00Z"));
    });
}
