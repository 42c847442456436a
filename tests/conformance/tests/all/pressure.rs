//! Runs are given up when the machine runs short of memory, one at a time, the least valuable first (UWP-092).

use dormouse::testing::Rig;
use dormouse::{
    App, AppId, CancellationReason, Class, EventKind, IfExists, Limits, LimitsRequest, MessageTrigger,
    Outcome, RegistrationId, SignalTrigger, TaskBuilder, Trigger,
};
use test_artifacts as programs;

use crate::{SECOND, component, only};

/// Two runs that wait for their cancellation: one that comes again, and one whose message comes once.
async fn two(rig: &Rig, program: &str) -> (RegistrationId, RegistrationId) {
    rig.install(&component(program));
    let on =
        |trigger: Trigger| TaskBuilder::new(trigger.kind().as_str()).entry_point("main").trigger(trigger);
    let message = rig.register(on(Trigger::Message(MessageTrigger::new("once")))).await;
    let signal = rig.register(on(Trigger::Signal(SignalTrigger::new("again")))).await;
    for topic in ["once", "again"] {
        rig.signal(topic, "").await;
    }
    rig.started(message).await;
    rig.started(signal).await;
    rig.settle().await;
    (message, signal)
}

fn cancellations(rig: &Rig) -> usize {
    let told = |kind: &EventKind| matches!(kind, EventKind::CancelRequested { .. });
    rig.events.events().iter().filter(|event| told(&event.kind)).count()
}

#[test]
fn the_least_valuable_run_is_given_up_and_no_other_until_it_is_seen_whether_that_helped() {
    Rig::run(async |rig| {
        let (message, signal) = two(rig, programs::CANCEL_SLEEPING).await;
        rig.conditions.set_memory_is_short(true);
        rig.settle().await;
        let ended = &rig.outcomes()[..];
        let [Outcome::Canceled { cancellation, forced: false }] = ended else { panic!("{ended:?}") };
        assert_eq!(cancellation.reason, CancellationReason::ResourceRevocation);
        assert_eq!(cancellation.policy, "memory");
        assert!(cancellation.detail.contains("of 2 that run"), "{}", cancellation.detail);
        assert_eq!(only(&rig.log(signal), &["ended"]).len(), 1, "signals come again");
        rig.advance(SECOND * 9).await;
        assert_eq!(rig.outcomes().len(), 1);

        rig.conditions.set_memory_is_short(false);
        rig.advance(SECOND * 5).await;
        assert_eq!(rig.outcomes().len(), 1, "that was enough");
        rig.conditions.set_memory_is_short(true);
        rig.settle().await;
        assert_eq!(only(&rig.log(message), &["ended"]).len(), 1);
    });
}

#[test]
fn while_memory_stays_short_one_goes_after_the_other_and_what_comes_later_goes_too() {
    Rig::run(async |rig| {
        let (message, _) = two(rig, programs::CANCEL_SLEEPING).await;
        rig.conditions.set_memory_is_short(true);
        rig.advance(SECOND * 11).await;
        assert_eq!(rig.outcomes().len(), 2);
        rig.signal("once", "").await;
        rig.advance(SECOND * 11).await;
        assert_eq!(only(&rig.log(message), &["ended"]).len(), 2);
    });
}

#[test]
fn nobody_else_goes_before_one_that_was_given_up_has_ended_and_it_is_seen_whether_that_helped() {
    Rig::run_with(
        |builder| builder.limits_max(Limits { grace: SECOND * 15, idle: SECOND * 60, ..Limits::host_max() }),
        async |rig| {
            let limits =
                LimitsRequest { grace: Some(SECOND * 15), idle: Some(SECOND * 60), ..Default::default() };
            rig.install(&component(programs::CANCEL_IGNORED));
            let trigger = Trigger::Signal(SignalTrigger::new("again"));
            let task = TaskBuilder::new("t").entry_point("main").trigger(trigger).limits(limits);
            for _ in 0..2 {
                rig.register(task.clone()).await;
            }
            rig.signal("again", "").await;
            rig.settle().await;
            assert_eq!(rig.host.running().len(), 2);
            rig.conditions.set_memory_is_short(true);
            rig.advance(SECOND * 14).await;
            assert_eq!((rig.host.running().len(), cancellations(rig)), (2, 1), "it has its grace");
            rig.advance(SECOND * 10).await;
            assert_eq!((rig.host.running().len(), cancellations(rig)), (1, 1), "it ended nine seconds ago");
            rig.advance(SECOND * 2).await;
            assert_eq!((rig.host.running().len(), cancellations(rig)), (1, 2));
        },
    );
}

#[test]
fn what_a_run_is_for_is_what_its_app_says_where_its_registration_does_not() {
    Rig::run(async |rig| {
        let waits = rig.component(&component(programs::CANCEL_SLEEPING));
        let maintenance = LimitsRequest { class: Some(Class::Maintenance), ..LimitsRequest::default() };
        let other = AppId::new("other").unwrap();
        rig.host
            .install(App::new(Rig::app()).entry_point("main", waits.clone()).limits(maintenance))
            .unwrap();
        rig.host.install(App::new(other.clone()).entry_point("main", waits)).unwrap();
        let on = |trigger| TaskBuilder::new("t").entry_point("main").trigger(trigger);
        let message = rig.register(on(Trigger::Message(MessageTrigger::new("once")))).await;
        let signal = on(Trigger::Signal(SignalTrigger::new("again")));
        let signal = rig.host.register(&other, signal, IfExists::Error).await.unwrap().id;
        for topic in ["once", "again"] {
            rig.signal(topic, "").await;
        }
        rig.started(message).await;
        rig.started(signal).await;
        rig.conditions.set_memory_is_short(true);
        rig.settle().await;
        assert_eq!(only(&rig.log(message), &["ended"]).len(), 1, "it is maintenance, whatever woke it");
        assert_eq!(only(&rig.log(signal), &["ended"]), [""; 0]);
    });
}

#[test]
fn nobody_goes_while_nobody_knows_of_the_memory_or_it_is_not_short() {
    Rig::run(async |rig| {
        two(rig, programs::CANCEL_SLEEPING).await;
        rig.advance(SECOND * 10).await;
        rig.conditions.set_memory_is_short(false);
        rig.advance(SECOND * 10).await;
        assert_eq!(cancellations(rig), 0);
    });
}
