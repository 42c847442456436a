//! Attacks on the contract: handles that are not the guest's, lies, and deaf ears.

use dormouse::Outcome;
use test_artifacts as programs;

use super::harness::{Attack, End};

#[test]
pub(crate) fn hostile_misuse_handles() {
    for attack in [
        "forged",
        "forged-zero",
        "forged-all",
        "twice",
        "dropped-twice",
        "wrong-kind",
        "wrong-kind-too",
        "after-drop",
        "sleeps-after-drop",
    ] {
        let program = Attack::program(programs::HOSTILE_MISUSE_HANDLES).arguments(attack).times(2);
        program.runs(|completion| match &completion.run.outcome {
            Outcome::Trapped { message, .. } => assert!(message.contains("handle"), "{attack}: {message}"),
            other => panic!("{attack}: {other}"),
        });
    }
}

fn lies(attack: &str) -> Attack {
    Attack::program(programs::HOSTILE_MISUSE_LIES).arguments(attack).times(2)
}

#[test]
pub(crate) fn hostile_misuse_lies() {
    lies("others").ends(End::Succeeded);
}

#[test]
fn progress_is_what_was_said_last_and_means_nothing_else() {
    let seen = lies("progress").ends(End::Succeeded);
    assert!(seen.completions.iter().all(|completion| completion.run.receipt.progress == Some(7)));
}

#[test]
fn a_guest_does_not_decide_when_it_runs_again() {
    // One attempt was given. That is what there is.
    for attack in ["retry-at-once", "retry-never"] {
        let seen = lies(attack).ends(End::Failed(""));
        assert!(seen.completions.iter().all(|completion| completion.run.attempt == 1), "{attack}");
    }
}

#[test]
fn a_receipt_is_the_hosts_whatever_the_guest_prints() {
    let seen = lies("receipt").ends(End::Failed("outcome      succeeded"));
    for completion in &seen.completions {
        assert_eq!(completion.run.outcome.as_str(), "failed");
        assert!(completion.run.receipt.cpu > std::time::Duration::from_micros(1), "not what it said");
    }
}

fn ignores(attack: &str) -> Attack {
    Attack::program(programs::HOSTILE_MISUSE_IGNORES).arguments(attack).times(2).may_leave_files()
}

#[test]
pub(crate) fn hostile_misuse_ignores() {
    for attack in ["canceled", "told", "sleep", "block", "poll", "nap", "std", "deferred"] {
        ignores(attack).little_wall().ends(End::Killed("wall"));
    }
}

#[test]
fn who_is_busy_when_the_time_is_up_is_ended_as_well() {
    for attack in ["files", "prints", "spin"] {
        ignores(attack).little_wall().ends(End::Killed("wall"));
    }
}

#[test]
fn a_trap_after_the_cancellation_is_a_trap_and_no_clean_end() {
    ignores("traps").little_wall().runs(|completion| {
        let contained = matches!(
            completion.run.outcome,
            Outcome::Trapped { .. } | Outcome::Canceled { forced: true, .. }
        );
        assert!(contained, "{}", completion.run.outcome);
    });
}
