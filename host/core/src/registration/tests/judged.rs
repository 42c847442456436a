//! Conditions and access: what holds a firing back, and what cancels a run.

use super::*;

/// What the machine is like: conditions that hold, those that nobody knows of, and no others.
fn machine(met: &[Condition], unknown: &[Condition]) -> impl Fn(&Condition) -> Holds {
    move |condition| match () {
        () if met.contains(condition) => Holds::Met,
        () if unknown.contains(condition) => Holds::Unknown,
        () => Holds::Unmet,
    }
}

const POWER: Condition = Condition::ExternalPower;
const SAVER_OFF: Condition = Condition::EnergySaverOff;

#[test]
fn uwp_040_a_maintenance_trigger_waits_for_external_power_of_itself() {
    let made = Host::new().build(unwoken().trigger(trigger(TriggerKind::Maintenance))).unwrap();
    let judged = |met: &[Condition]| made.judge(AccessStatus::AlwaysAllowed, machine(met, &[]));
    assert_eq!(judged(&[POWER]), Judgement::Start);
    assert!(matches!(judged(&[]), Judgement::Latch { blocking } if blocking[0].condition == POWER));
    let unknown = made.judge(AccessStatus::AlwaysAllowed, machine(&[], &[POWER]));
    assert!(matches!(unknown, Judgement::Latch { blocking } if blocking[0].holds == Holds::Unknown));
}

#[test]
fn uwp_041_losing_external_power_cancels_maintenance_and_nothing_else() {
    for kind in TriggerKind::ALL {
        let made = Host::new().build(unwoken().trigger(trigger(kind))).unwrap();
        let lost = made.lost(AccessStatus::AlwaysAllowed, machine(&[], &[]));
        assert_eq!(lost.is_some(), kind == TriggerKind::Maintenance, "{kind}");
        assert!(lost.is_none_or(|lost| lost.reason == CancellationReason::ConditionLoss));
    }
}

#[test]
fn uwp_030_the_low_power_mode_holds_back_apps_that_are_subject_to_policy_and_no_others() {
    let made = Host::new().build(task()).unwrap();
    for access in AccessStatus::ALL {
        let subject = access == AccessStatus::AllowedSubjectToPolicy;
        let saving = made.judge(access, machine(&[], &[]));
        assert_eq!(saving != Judgement::Start, subject, "{access}");
        assert_eq!(made.judge(access, machine(&[SAVER_OFF], &[])), Judgement::Start);
        assert_eq!(made.judge(access, machine(&[], &[SAVER_OFF])), Judgement::Start, "nobody knows of one");
        let lost = made.lost(access, machine(&[], &[]));
        assert_eq!(lost.map(|lost| lost.reason), subject.then_some(CancellationReason::EnergySaver));
    }
}

#[test]
fn uwp_065_and_066_a_lost_condition_cancels_only_who_asked_for_it() {
    for asked in [false, true] {
        let task = task().condition(Condition::InternetAvailable).cancel_on_condition_loss(asked);
        let made = Host::new().build(task).unwrap();
        let lost = made.lost(AccessStatus::AlwaysAllowed, machine(&[], &[]));
        let expected = Loss {
            reason: CancellationReason::ConditionLoss,
            blocking: vec![Blocking { condition: Condition::InternetAvailable, holds: Holds::Unmet }],
        };
        assert_eq!(lost, asked.then_some(expected));
    }
}
