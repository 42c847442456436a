//! Firings that come while a registration is busy, conditions that hold a firing back, and slots.

use dormouse::testing::Rig;
use dormouse::{
    Condition, EventKind, Fired, Holds, Outcome, Overlap, Refusal, RegistrationId, SignalTrigger,
    TaskBuilder, Trigger,
};
use test_artifacts as programs;

use crate::{SECOND, application, component, only, ready};

fn on_signal(overlap: Overlap) -> TaskBuilder {
    let trigger = Trigger::Signal(SignalTrigger::new("t"));
    TaskBuilder::new("task").entry_point("main").trigger(trigger).overlap(overlap)
}

/// Fires three times while a run of two seconds goes on; answers the log.
fn thrice(overlap: Overlap) -> Vec<String> {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_SLEEPS));
        let id = rig.register(application().overlap(overlap)).await;
        for _ in 0..3 {
            rig.host.request(id, "2000").await.unwrap();
        }
        rig.advance(SECOND * 20).await;
        only(&rig.log(id), &["fired", "refused", "started", "ended"])
    })
}

#[test]
fn coalesced_firings_make_one_more_run() {
    assert_eq!(
        thrice(Overlap::Coalesce),
        [
            "fired x1",
            "started attempt 1",
            "fired x1",
            "fired x2",
            "ended succeeded",
            "started attempt 1",
            "ended succeeded"
        ],
        "UWP-056, UWP-058"
    );
}

#[test]
fn queued_firings_run_one_after_the_other_and_one_too_many_is_refused() {
    assert_eq!(
        thrice(Overlap::Queue { max: 1 }),
        [
            "fired x1",
            "started attempt 1",
            "fired x1",
            "refused: as many activations wait as its overlap policy allows",
            "ended succeeded",
            "started attempt 1",
            "ended succeeded"
        ]
    );
}

#[test]
fn parallel_firings_run_at_once() {
    assert_eq!(
        thrice(Overlap::Parallel { max: 3 }),
        [
            "fired x1",
            "started attempt 1",
            "fired x1",
            "started attempt 1",
            "fired x1",
            "started attempt 1",
            "ended succeeded",
            "ended succeeded",
            "ended succeeded"
        ],
        "UWP-057"
    );
}

#[test]
fn an_application_trigger_is_refused_while_its_task_runs() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        let first = rig.request(id, "1000").await;
        let second = rig.host.request(id, "1000").await.unwrap();
        assert_eq!(second, Fired::Refused(Refusal::CurrentlyRunning), "UWP-044");
        rig.completed(first).await;
        assert!(matches!(rig.host.request(id, "1").await.unwrap(), Fired::Accepted(_)));
    });
}

#[test]
fn the_same_request_said_twice_runs_once() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let id = rig.register(application().overlap(Overlap::Queue { max: 9 })).await;
        let first = rig.host.request_once(id, "order-7", "").await.unwrap().activation().unwrap();
        rig.completed(first).await;
        let again = rig.host.request_once(id, "order-7", "").await.unwrap();
        assert_eq!(again, Fired::Duplicate(first));
        assert_eq!(rig.outcomes().len(), 1);
    });
}

#[test]
fn one_signal_starts_every_registration_on_its_topic() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let first = rig.register(on_signal(Overlap::Coalesce)).await;
        let second = rig.register(on_signal(Overlap::Coalesce)).await;
        assert_ne!(first, second, "UWP-004");
        let fired: Vec<RegistrationId> = rig.signal("t", "").await.into_iter().map(|(id, _)| id).collect();
        assert_eq!(fired, [first, second], "UWP-005, UWP-032");
        rig.settle().await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded, Outcome::Succeeded]);
    });
}

#[test]
fn a_firing_is_latched_until_all_conditions_hold_at_once() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let (online, idle) = (Condition::InternetAvailable, Condition::UserNotPresent);
        let builder = on_signal(Overlap::Coalesce).condition(online.clone()).condition(idle.clone());
        let id = rig.register(builder).await;

        rig.conditions.set(&online, Holds::Met);
        rig.conditions.set(&idle, Holds::Met);
        rig.conditions.set(&idle, Holds::Unmet);
        rig.settle().await;
        assert_eq!(rig.outcomes(), [], "UWP-063: conditions start nothing by themselves");

        rig.conditions.set(&online, Holds::Unmet);
        rig.signal("t", "").await;
        rig.signal("t", "").await;
        rig.settle().await;
        rig.conditions.set(&online, Holds::Met);
        rig.settle().await;
        rig.conditions.set(&online, Holds::Unmet);
        rig.conditions.set(&idle, Holds::Met);
        rig.settle().await;
        assert_eq!(rig.outcomes(), [], "UWP-062: simultaneously");
        rig.conditions.set(&online, Holds::Met);
        rig.settle().await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
        let log = rig.log(id);
        assert_eq!(only(&log, &["fired"]), ["fired x1", "fired x2"], "UWP-058");
        assert!(
            log.contains(&"latched: internet-available is unmet, user-not-present is unmet".to_owned()),
            "{log:#?}"
        );
    });
}

#[test]
fn a_condition_that_nobody_knows_is_unmet_and_says_so() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let id = rig.register(on_signal(Overlap::Coalesce).condition(Condition::SessionConnected)).await;
        rig.signal("t", "").await;
        rig.settle().await;
        assert_eq!(only(&rig.log(id), &["latched", "started"]), ["latched: session-connected is unknown"]);
    });
}

#[test]
fn what_is_latched_does_not_run_once_it_is_unregistered() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let id = rig.register(on_signal(Overlap::Coalesce).condition(Condition::SessionConnected)).await;
        let activation = rig.signal("t", "").await[0].1.activation().unwrap();
        rig.settle().await;
        assert!(rig.host.unregister(id, false).await.unwrap());
        rig.conditions.set(&Condition::SessionConnected, Holds::Met);
        rig.settle().await;
        assert_eq!(rig.outcomes(), [], "UWP-023");
        let error = rig.host.completed(activation).await.unwrap_err();
        assert!(matches!(error, dormouse::HostError::Withdrawn(id) if id == activation), "{error}");
    });
}

#[test]
fn a_one_shot_fires_once_and_stays_listed() {
    use dormouse_core::registration::RegistrationStatus;
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let trigger = Trigger::Signal(SignalTrigger { one_shot: true, ..SignalTrigger::new("t") });
        let id = rig.register(TaskBuilder::new("once").entry_point("main").trigger(trigger)).await;
        assert_eq!(rig.signal("t", "").await.len(), 1);
        rig.settle().await;
        let again = rig.signal("t", "").await;
        assert_eq!(again, [(id, Fired::Refused(Refusal::Spent))], "UWP-035, and said so: UWP-146");
        rig.settle().await;
        assert_eq!(rig.outcomes().len(), 1, "UWP-033");
        let listed = rig.host.registrations();
        assert_eq!(listed[0].registration.id, id);
        assert_eq!(listed[0].status, RegistrationStatus::Spent, "UWP-034");
    });
}

#[test]
fn no_more_runs_at_once_than_there_are_slots_and_none_is_lost() {
    Rig::run_with(
        |builder| builder.slots(2).slots_per_app(2),
        async |rig| {
            rig.install(&component(programs::RUN_SLEEPS));
            let id = rig.register(application().overlap(Overlap::Parallel { max: 100 })).await;
            for _ in 0..10 {
                rig.request(id, "1000").await;
            }
            let mut most = 0;
            for _ in 0..20 {
                most = most.max(rig.host.running().len());
                rig.advance(SECOND / 4).await;
            }
            rig.advance(SECOND * 10).await;
            assert_eq!(most, 2);
            assert_eq!(rig.outcomes().len(), 10);
            let waited =
                rig.events.events().into_iter().filter(|e| matches!(e.kind, EventKind::Waiting { .. }));
            assert_eq!(waited.count(), 8, "each that waited said so, once");
        },
    );
}

#[test]
fn one_apps_flood_leaves_another_its_slot() {
    Rig::run_with(
        |builder| builder.slots(4).slots_per_app(3),
        async |rig| {
            rig.install(&component(programs::RUN_SLEEPS));
            let flood = rig.register(application().overlap(Overlap::Parallel { max: 100 })).await;
            for _ in 0..20 {
                rig.request(flood, "1000").await;
            }
            let quiet = dormouse::AppId::new("quiet").unwrap();
            let task = rig.component(&component(programs::RUN_SLEEPS));
            rig.host.install(dormouse::App::new(quiet.clone()).entry_point("main", task)).unwrap();
            let made = rig.host.register(&quiet, application(), dormouse::IfExists::Error).await.unwrap();
            let completion = rig.fire(made.id, "1000").await;
            assert_eq!(completion.run.receipt.queue_wait, std::time::Duration::ZERO);
        },
    );
}

#[test]
fn more_slots_than_the_engines_pools_hold_are_refused_at_the_start() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = dormouse::EngineConfig::default();
        let engine = dormouse::Engine::new(&config).unwrap();
        let dormouse::Allocator::Pool { slots, .. } = *engine.allocator() else {
            return; // Without pools there is nothing to exhaust.
        };
        let builder = dormouse::Host::builder().engine(engine).slots(slots + 1);
        let error = builder.start().await.unwrap_err();
        assert!(matches!(error, dormouse::StartError::PoolTooSmall { pool, .. } if pool == slots), "{error}");
    });
}

#[test]
fn what_lies_behind_a_long_queue_of_another_app_is_found() {
    use dormouse::Condition;
    Rig::run_with(
        |builder| builder.slots(4).slots_per_app(3),
        async |rig| {
            rig.install(&component(programs::RUN_SLEEPS));
            let flood = rig.register(application().overlap(Overlap::Parallel { max: 10_000 })).await;
            // More than the dispatcher looks at for one wake-up.
            for _ in 0..3000 {
                rig.request(flood, "3600000").await;
            }
            let quiet = dormouse::AppId::new("quiet").unwrap();
            let task = rig.component(&component(programs::RUN_RETURNS_OK));
            rig.host.install(dormouse::App::new(quiet.clone()).entry_point("main", task)).unwrap();
            let builder = application().condition(Condition::UserPresent);
            let made = rig.host.register(&quiet, builder, dormouse::IfExists::Error).await.unwrap();
            let activation = rig.request(made.id, "").await;
            rig.settle().await;
            rig.conditions.set(&Condition::UserPresent, Holds::Met);
            let completion = rig.completed(activation).await;
            assert_eq!(completion.run.outcome, Outcome::Succeeded);
            assert!(completion.run.receipt.queue_wait < SECOND, "{:?}", completion.run.receipt.queue_wait);
        },
    );
}

#[test]
fn no_wake_up_is_lost_between_the_end_of_a_run_and_a_look_at_what_waits() {
    // Real threads race here: a run ends while the dispatcher judges what waits for it. A wake-up that is
    // lost is mended after a minute, which is beyond this test's patience.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let host = dormouse::Host::builder().start().await.unwrap();
        let app = dormouse::AppId::new("test").unwrap();
        let task = dormouse::Component::compile(host.engine(), &component(programs::RUN_RETURNS_OK)).unwrap();
        host.install(dormouse::App::new(app.clone()).entry_point("main", task)).unwrap();
        let builder = application().overlap(Overlap::Queue { max: 8 });
        let id = host.register(&app, builder, dormouse::IfExists::Error).await.unwrap().id;
        for _ in 0..4000 {
            let mut accepted = Vec::new();
            for _ in 0..3 {
                accepted.extend(host.request(id, "").await.unwrap().activation());
            }
            for activation in accepted {
                assert_eq!(host.completed(activation).await.unwrap().run.outcome, Outcome::Succeeded);
            }
        }
        host.shutdown(false).await;
    });
}
