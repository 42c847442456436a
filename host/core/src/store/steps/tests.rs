use std::sync::Arc;

use super::*;
use crate::ids::Fence;
use crate::store::exercise::fixture::{activation, at, failed, firing, node, record};

fn over(outcome: Outcome) -> Activation {
    let mut activation = firing(1, 1, 1).into_activation();
    activation.state = ActivationState::Ended { outcome, at: at(9) };
    activation
}

#[test]
fn what_is_saved_again_keeps_its_crashes_and_a_later_watermark() {
    let earlier = RegistrationRecord { crashes: 2, watermark: at(5), ..record(1) };
    for (asked, kept) in [(3, 5), (7, 7)] {
        let mut again = RegistrationRecord { crashes: 9, watermark: at(asked), ..record(1) };
        keep(&mut again, &earlier);
        assert_eq!((again.crashes, again.watermark), (2, at(kept)));
    }
}

#[test]
fn only_the_node_that_starts_has_fallen() {
    let ended_before = at(1);
    let ask = |node, fell| Reap { node, fell, ended_before };
    assert!(is_crash(&ask(Some(node(1)), true), node(1)));
    assert!(!is_crash(&ask(Some(node(1)), true), node(2)));
    assert!(!is_crash(&ask(None, true), node(1)));
    assert!(!is_crash(&ask(Some(node(1)), false), node(1)), "it stopped");
}

#[test]
fn crashes_are_counted_up_to_the_last_number() {
    let mut record = RegistrationRecord { crashes: u32::MAX - 1, ..record(1) };
    for _ in 0..2 {
        count_crash(&mut record);
        assert_eq!(record.crashes, u32::MAX);
    }
}

#[test]
fn output_of_a_run_that_wrote_nothing_is_not_kept() {
    assert_eq!(kept_output(None), None);
    assert_eq!(kept_output(Some(Arc::default())), None);
    let wrote = Some(Arc::new(RunOutput { stderr: b"x".to_vec(), ..RunOutput::default() }));
    assert_eq!(kept_output(wrote.clone()), wrote);
}

#[test]
fn what_is_redriven_carries_the_same_and_has_all_its_attempts_before_it() {
    let mut dead = over(failed());
    dead.failures = 4;
    dead.interruptions = 2;
    dead.fence = Fence(7);
    dead.coalesced = 3;
    dead.scheduled_for = Some(at(1));
    let expected = Activation {
        id: activation(2),
        key: format!("redrive:{}", dead.id),
        coalesced: 3,
        scheduled_for: Some(at(1)),
        ..firing(1, 1, 60).into_activation()
    };
    assert_eq!(redriven(&dead, activation(2), at(60)), expected);
    assert!(expected.key.len() <= crate::activation::KEY_LEN_MAX);
}

#[test]
fn each_thing_that_stands_against_redriving_is_named() {
    let dead = over(failed());
    for (activation, registered, listed, waiting, answer) in [
        (&dead, true, true, 0, None),
        (&dead, true, true, WAITING_MAX - 1, None),
        (&dead, true, true, WAITING_MAX, Some(Redriven::Full)),
        (&dead, true, false, 0, Some(Redriven::NotDead)),
        (&dead, false, false, 0, Some(Redriven::NotRegistered)),
        (&over(Outcome::Succeeded), true, false, 0, Some(Redriven::NotDead)),
        (&over(Outcome::Succeeded), false, false, 0, Some(Redriven::NotDead)),
        (&firing(1, 1, 1).into_activation(), true, false, 0, Some(Redriven::NotDead)),
    ] {
        let what = (activation.state.as_str(), registered, listed, waiting);
        assert_eq!(not_redriven(activation, registered, listed, waiting), answer, "{what:?}");
    }
}

#[test]
fn only_a_failure_of_what_is_registered_is_a_dead_letter() {
    assert_eq!(died_at(&over(failed()), true), Some(at(9)));
    assert_eq!(died_at(&over(failed()), false), None);
    assert_eq!(died_at(&over(Outcome::Succeeded), true), None);
    assert_eq!(died_at(&firing(1, 1, 1).into_activation(), true), None);
}
