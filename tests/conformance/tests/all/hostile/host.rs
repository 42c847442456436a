//! Attacks on the host itself: what it keeps, what it tells, and what of it could be seen.

use dormouse::Outcome;
use dormouse_core::TrapKind;
use test_artifacts as programs;

use super::harness::{Attack, End, Seen};

fn flood(attack: &str) -> Attack {
    Attack::program(programs::HOSTILE_HOST_FLOODS).arguments(attack).times(3)
}

fn output(seen: &Seen) -> String {
    String::from_utf8(seen.output.stdout.clone()).unwrap()
}

#[test]
pub(crate) fn hostile_host_floods() {
    for attack in ["timers", "networks", "streams", "fields", "requests"] {
        flood(attack).ends(End::Trapped(TrapKind::Limit, ""));
    }
}

#[test]
fn a_hundred_thousand_waits_at_once_are_too_many() {
    flood("sleeps").ends(End::Trapped(TrapKind::Limit, ""));
}

#[test]
fn a_time_that_never_comes_is_waited_for_until_the_time_is_up() {
    flood("far").little_wall().ends(End::Killed("wall"));
}

#[test]
fn what_costs_only_time_is_paid_for_with_time() {
    for attack in ["random", "insecure", "questions", "deferrals"] {
        flood(attack).little_cpu().ends(End::Killed("cpu"));
    }
    for attack in ["clocks", "yields"] {
        flood(attack).little_wall().ends(End::Killed("wall"));
    }
}

#[test]
fn much_randomness_at_once_is_a_trap_also_if_it_is_a_poor_one() {
    flood("insecure-much").ends(End::Trapped(TrapKind::Limit, "`random-bytes` is 65536"));
}

#[test]
fn an_operator_hears_of_some_denials_and_of_their_number() {
    let seen = flood("denials").ends(End::Succeeded);
    for completion in &seen.completions {
        assert_eq!(completion.run.receipt.denials, 20_000);
    }
    assert!(seen.denied.iter().any(|what| what.contains("a7.example")), "{:?}", seen.denied);
    assert!(seen.denied.len() <= 100 * seen.completions.len(), "{} lines in a log", seen.denied.len());
}

#[test]
fn crumbs_of_output_are_kept_whole() {
    let seen = flood("crumbs").ends(End::Succeeded);
    assert_eq!(output(&seen), "x".repeat(20_000));
}

#[test]
fn registrations_that_come_and_go_end_with_the_run() {
    // It may hear of its end by a refusal, or may be in the middle of one more until it is taken down.
    flood("registrations").little_wall().runs(|completion| match &completion.run.outcome {
        Outcome::Canceled { cancellation, .. } => assert_eq!(cancellation.policy, "wall"),
        other => panic!("{other}"),
    });
}

#[test]
pub(crate) fn hostile_host_inside() {
    let seen = Attack::program(programs::HOSTILE_HOST_INSIDE).times(2).ends(End::Succeeded);
    assert_eq!(output(&seen), "contained\n");
}
