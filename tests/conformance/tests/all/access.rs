//! Who may run in the background at all, and what a machine that saves energy does to those who may
//! (UWP-025, UWP-028 to 031, UWP-035, UWP-045, UWP-047, UWP-093).

use dormouse::testing::Rig;
use dormouse::{
    AccessStatus, ApplicationTriggerResult, CancellationReason, Condition, FireError, Fired, Holds, IfExists,
    Outcome, Overlap, Refusal, RegistrationId, SignalTrigger, TaskBuilder, TimeTrigger, Trigger,
};
use dormouse_core::TriggerKind;
use test_artifacts as programs;

use crate::schedule::restart;
use crate::{SECOND, application, component, only, ready};

fn on_signal() -> TaskBuilder {
    TaskBuilder::new("task").entry_point("main").trigger(Trigger::Signal(SignalTrigger::new("t")))
}

/// The refusals of a registration that are kept: their reasons, with how many of each.
async fn refused(rig: &Rig, id: RegistrationId) -> Vec<(Refusal, u64)> {
    let refusals = rig.store.refusals(id).await.unwrap();
    refusals.into_iter().map(|record| (record.reason, record.count)).collect()
}

async fn set(rig: &Rig, access: AccessStatus) {
    rig.host.set_access(&Rig::app(), access).await.unwrap();
}

fn saves_energy(rig: &Rig, saves: bool) {
    rig.conditions.set(&Condition::EnergySaverOff, if saves { Holds::Unmet } else { Holds::Met });
}

#[test]
fn where_nobody_decided_nothing_runs_until_access_is_requested() {
    Rig::run_with(
        |builder| builder.access_default(AccessStatus::Unspecified),
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            let made = rig.host.register(&Rig::app(), application(), IfExists::Error).await.unwrap();
            assert_eq!(made.access, AccessStatus::Unspecified, "UWP-025: told, and registered");
            let fired = rig.host.request(made.id, "").await.unwrap();
            assert_eq!(fired, Fired::Refused(Refusal::AccessUnspecified), "UWP-028");
            assert_eq!(refused(rig, made.id).await, [(Refusal::AccessUnspecified, 1)]);

            let app = Rig::app();
            assert_eq!(rig.host.request_access(&app).await.unwrap(), AccessStatus::AllowedSubjectToPolicy);
            assert_eq!(rig.host.access_status(&app), AccessStatus::AllowedSubjectToPolicy);
            assert_eq!(rig.fire(made.id, "").await.run.outcome, Outcome::Succeeded);
            assert_eq!(rig.outcomes().len(), 1, "what was refused is not made up for");
        },
    );
}

#[test]
fn both_denials_stop_firings_and_are_told_apart() {
    for (access, refusal) in [
        (AccessStatus::DeniedByUser, Refusal::DeniedByUser),
        (AccessStatus::DeniedByPolicy, Refusal::DeniedByPolicy),
    ] {
        Rig::run(async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            set(rig, access).await;
            let made = rig.host.register(&Rig::app(), on_signal(), IfExists::Error).await.unwrap();
            assert_eq!(made.access, access);
            assert_eq!(rig.signal("t", "").await, [(made.id, Fired::Refused(refusal))], "UWP-029");
            rig.settle().await;
            assert_eq!(rig.outcomes(), []);
            assert_eq!(refused(rig, made.id).await, [(refusal, 1)]);
            assert_eq!(rig.host.request_access(&Rig::app()).await.unwrap(), access, "asking changes nothing");
        });
    }
}

#[test]
fn once_access_is_removed_firings_start_nothing_and_what_runs_goes_on() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        let activation = rig.request(id, "1000").await;
        rig.started(id).await;
        rig.host.remove_access(&Rig::app()).await.unwrap();
        assert_eq!(rig.host.access_status(&Rig::app()), AccessStatus::Unspecified);
        let fired = rig.host.request(id, "1").await.unwrap();
        assert_eq!(fired, Fired::Refused(Refusal::AccessUnspecified), "UWP-031, whatever the default is");
        assert_eq!(rig.completed(activation).await.run.outcome, Outcome::Succeeded);
        assert_eq!(only(&rig.log(id), &["cancel"]), [""; 0]);
    });
}

#[test]
fn what_waits_while_access_is_denied_starts_when_it_is_given() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let id = rig.register(on_signal().condition(Condition::UserPresent)).await;
        rig.signal("t", "").await;
        rig.settle().await;
        set(rig, AccessStatus::DeniedByUser).await;
        rig.conditions.set(&Condition::UserPresent, Holds::Met);
        rig.advance(SECOND * 600).await;
        assert_eq!(only(&rig.log(id), &["started"]), [""; 0], "enforced when it starts as well");
        set(rig, AccessStatus::AlwaysAllowed).await;
        rig.settle().await;
        assert_eq!(only(&rig.log(id), &["started", "ended"]), ["started attempt 1", "ended succeeded"]);
    });
}

#[test]
fn a_decision_outlives_the_host() {
    restart(
        async |rig| {
            ready(rig, programs::RUN_RETURNS_OK).await;
            set(rig, AccessStatus::DeniedByUser).await;
            rig.host.remove_access(&dormouse::AppId::new("other").unwrap()).await.unwrap();
        },
        SECOND,
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            let id = rig.host.registrations()[0].registration.id;
            let fired = rig.host.request(id, "").await.unwrap();
            assert_eq!(fired, Fired::Refused(Refusal::DeniedByUser));
            let other = rig.host.access_status(&dormouse::AppId::new("other").unwrap());
            assert_eq!(other, AccessStatus::Unspecified);
        },
    );
}

#[test]
fn a_policy_against_an_app_cancels_what_runs_of_it() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::CANCEL_SLEEPING).await;
        let activation = rig.request(id, "").await;
        rig.started(id).await;
        rig.settle().await;
        set(rig, AccessStatus::DeniedByPolicy).await;
        let completion = rig.completed(activation).await;
        let Outcome::Canceled { cancellation, forced: false } = &completion.run.outcome else { panic!() };
        assert_eq!(cancellation.reason, CancellationReason::SystemPolicy);
        assert_eq!(cancellation.policy, "access");
    });
}

#[test]
fn a_machine_that_saves_energy_holds_back_who_is_subject_to_policy_and_no_one_else() {
    for access in [AccessStatus::AllowedSubjectToPolicy, AccessStatus::AlwaysAllowed] {
        Rig::run(async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            set(rig, access).await;
            saves_energy(rig, true);
            let id = rig.register(on_signal()).await;
            rig.signal("t", "").await;
            rig.settle().await;
            if access == AccessStatus::AlwaysAllowed {
                assert_eq!(rig.outcomes(), [Outcome::Succeeded], "UWP-030");
                return;
            }
            assert_eq!(
                only(&rig.log(id), &["registered", "latched", "started"]),
                ["registered", "latched: energy-saver-off is unmet"],
                "UWP-025: it registers, UWP-030: it waits"
            );
            saves_energy(rig, false);
            rig.settle().await;
            assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
        });
    }
}

#[test]
fn what_runs_when_the_machine_begins_to_save_energy_is_cancelled_unless_it_is_always_allowed() {
    // Naming the condition as one's own does not exempt.
    for (access, names_it) in [
        (AccessStatus::AllowedSubjectToPolicy, false),
        (AccessStatus::AllowedSubjectToPolicy, true),
        (AccessStatus::AlwaysAllowed, false),
    ] {
        Rig::run(async |rig| {
            rig.install(&component(programs::CANCEL_SLEEPING));
            set(rig, access).await;
            saves_energy(rig, false);
            let builder =
                if names_it { on_signal().condition(Condition::EnergySaverOff) } else { on_signal() };
            let id = rig.register(builder).await;
            rig.signal("t", "").await;
            rig.started(id).await;
            rig.settle().await;
            saves_energy(rig, true);
            rig.settle().await;
            match access {
                AccessStatus::AlwaysAllowed => {
                    assert_eq!(rig.host.running().len(), 1, "UWP-030");
                    set(rig, AccessStatus::AllowedSubjectToPolicy).await;
                    rig.settle().await;
                }
                _ => assert_eq!(rig.host.running().len(), 0),
            }
            let outcomes = rig.outcomes();
            let [Outcome::Canceled { cancellation, forced: false }] = &*outcomes else {
                panic!("{outcomes:?}")
            };
            assert_eq!(cancellation.reason, CancellationReason::EnergySaver, "UWP-093");
        });
    }
}

#[test]
fn an_application_trigger_is_disabled_while_the_machine_saves_energy() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        saves_energy(rig, true);
        let fired = rig.host.request(id, "").await.unwrap();
        assert_eq!(fired, Fired::Refused(Refusal::DisabledByPolicy), "UWP-045");
        assert_eq!(fired.application_result(), ApplicationTriggerResult::DisabledByPolicy);
        assert_eq!(refused(rig, id).await, [(Refusal::DisabledByPolicy, 1)]);

        set(rig, AccessStatus::AlwaysAllowed).await;
        let fired = rig.host.request(id, "").await.unwrap();
        assert_eq!(fired.application_result(), ApplicationTriggerResult::Allowed);
        rig.settle().await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
    });
}

#[test]
fn an_operators_firing_waits_while_the_machine_saves_energy() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        saves_energy(rig, true);
        assert!(matches!(rig.host.fire(id).await.unwrap(), Fired::Accepted(_)));
        rig.settle().await;
        assert_eq!(rig.outcomes(), []);
        saves_energy(rig, false);
        rig.settle().await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
    });
}

#[test]
fn an_occurrence_that_comes_while_access_is_denied_is_over() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let trigger = Trigger::Time(TimeTrigger::periodic(SECOND * 600));
        let id = rig.register(TaskBuilder::new("t").entry_point("main").trigger(trigger)).await;
        set(rig, AccessStatus::DeniedByUser).await;
        rig.advance(SECOND * 1850).await;
        assert_eq!(refused(rig, id).await, [(Refusal::DeniedByUser, 3)], "each once");
        set(rig, AccessStatus::AlwaysAllowed).await;
        rig.advance(SECOND * 500).await;
        assert_eq!(rig.outcomes(), [], "what was refused is not made up for");
        rig.advance(SECOND * 100).await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
    });
}

#[test]
fn any_trigger_is_fired_by_hand_and_only_application_triggers_are_requested() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let trigger = Trigger::Time(TimeTrigger::once(SECOND * 3600));
        let id = rig.register(TaskBuilder::new("t").entry_point("main").trigger(trigger)).await;
        let error = rig.host.request(id, "x").await.unwrap_err();
        assert!(matches!(error, FireError::NotApplication { kind: TriggerKind::Time, .. }), "{error}");
        assert_eq!(error.application_result(), ApplicationTriggerResult::UnknownError);

        let activation = rig.host.fire(id).await.unwrap().activation().unwrap();
        assert_eq!(rig.completed(activation).await.run.outcome, Outcome::Succeeded, "UWP-144");
        let again = rig.host.fire(id).await.unwrap();
        assert_eq!(again, Fired::Refused(Refusal::Spent), "UWP-035");
        assert_eq!(again.application_result(), ApplicationTriggerResult::UnknownError);
        rig.advance(SECOND * 7200).await;
        assert_eq!(rig.outcomes().len(), 1, "it was spent by hand");
    });
}

#[test]
fn a_run_goes_on_when_who_requested_it_is_gone() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        let theirs = rig.host.clone();
        let activation = theirs.request(id, "1000").await.unwrap().activation().unwrap();
        rig.started(id).await;
        drop(theirs);
        assert_eq!(rig.completed(activation).await.run.outcome, Outcome::Succeeded, "UWP-047");
    });
}

#[test]
fn a_firing_while_the_registration_is_busy_says_so_in_uwps_words() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_SLEEPS));
        let id = rig.register(application().overlap(Overlap::Queue { max: 1 })).await;
        let mut results = vec![];
        for _ in 0..3 {
            results.push(rig.host.request(id, "1000").await.unwrap().application_result());
        }
        use ApplicationTriggerResult::{Allowed, CurrentlyRunning};
        assert_eq!(results, [Allowed, Allowed, CurrentlyRunning]);
        assert_eq!(refused(rig, id).await, [(Refusal::QueueFull, 1)]);
    });
}
