//! Attacks on the boundary between guest and host: handles, texts, answers, tasks, streams.
//!
//! What a guest gets wrong here no compiler would write. Most of it is a trap, and whatever the message, it is one of
//! the guest's: the kind says which limit it was, or that there was none.

use dormouse::Outcome;
use dormouse_core::TrapKind;
use test_artifacts as programs;

use super::harness::{Attack, End, MIB};

fn traps(kind: TrapKind, names: &[&str]) {
    for name in names {
        Attack::text(name).ends(End::Trapped(kind, ""));
    }
}

#[test]
fn deferrals_that_nobody_completes_end_the_run_and_are_limited() {
    let seen = Attack::text("boundary/deferral_flood").ends(End::Abandoned);
    assert!(seen.completions.iter().all(|completion| completion.run.receipt.deferrals == 64), "UWP-074");
    Attack::text("boundary/abandons").ends(End::Abandoned);
}

#[test]
fn a_handle_that_is_gone_was_made_up_or_is_another_ones_is_a_trap() {
    traps(
        TrapKind::Other,
        &[
            "boundary/deferral_twice",
            "boundary/deferral_forged",
            "boundary/deferral_of_another_kind",
            "boundary/run_after_drop",
            "boundary/run_dropped_twice",
            "boundary/own_resource_forged",
        ],
    );
}

#[test]
fn handles_are_limited_of_whatever_kind() {
    traps(
        TrapKind::Limit,
        &[
            "boundary/builder_flood",
            "boundary/own_resource_flood",
            "boundary/set_flood",
            "boundary/subtask_flood",
            "boundary/stream_flood",
            "boundary/future_flood",
        ],
    );
}

#[test]
fn what_one_call_passes_is_limited() {
    traps(TrapKind::Limit, &["boundary/huge_string", "boundary/huge_list"]);
}

#[test]
fn a_guest_that_passes_as_much_as_it_may_without_end_pays_for_it() {
    Attack::text("boundary/string_flood").little_cpu().ends(End::Killed("cpu"));
}

#[test]
fn texts_that_are_none_or_lie_elsewhere_are_traps() {
    traps(
        TrapKind::Other,
        &[
            "boundary/string_out_of_bounds",
            "boundary/string_wraps_around",
            "boundary/answer_huge_message",
            "boundary/string_not_utf8",
            "boundary/string_surrogate",
        ],
    );
}

#[test]
fn answers_that_are_none_are_traps() {
    traps(
        TrapKind::Other,
        &["boundary/answer_out_of_bounds", "boundary/answer_unaligned", "boundary/answer_unknown_case"],
    );
}

#[test]
fn room_that_is_none_is_a_trap() {
    traps(TrapKind::Other, &["boundary/room_out_of_bounds", "boundary/answer_place_unaligned"]);
    traps(TrapKind::Unreachable, &["boundary/realloc_traps"]);
    traps(TrapKind::StackOverflow, &["boundary/realloc_calls_itself"]);
    // Its own loss.
    Attack::text("boundary/room_on_the_answer").ends(End::Succeeded);
}

#[test]
fn a_guest_calls_nobody_while_the_host_is_in_the_middle_of_a_call() {
    traps(TrapKind::Other, &["boundary/realloc_calls_the_host", "boundary/post_return_calls_the_host"]);
}

#[test]
fn a_task_that_does_not_answer_as_agreed_traps() {
    traps(
        TrapKind::Other,
        &[
            "boundary/never_answers",
            "boundary/answers_twice",
            "boundary/unknown_code",
            "boundary/waits_on_nothing",
        ],
    );
}

#[test]
fn a_task_that_waits_for_what_never_comes_is_not_waited_for() {
    Attack::text("boundary/waits_on_empty_set").little_wall().ends(End::Killed("idle"));
}

#[test]
fn calls_under_way_are_let_go_of_in_no_disorder() {
    traps(TrapKind::Other, &["boundary/subtask_dropped_early", "boundary/set_dropped_in_use"]);
    Attack::text("boundary/subtask_cancelled").ends(End::Succeeded);
}

/// Whatever the engine makes of it: the guest is over, and nothing else is.
fn is_over(name: &str) {
    Attack::text(name).runs(|completion| {
        let outcome = &completion.run.outcome;
        assert!(matches!(outcome, Outcome::Trapped { .. }), "{name}: {outcome}");
    });
}

#[test]
fn a_cancellation_at_the_wrong_end_of_a_stream_ends_nobody_else() {
    is_over("boundary/stream_cancels_wrong_end");
    is_over("boundary/stream_cancels_other_wrong_end");
}

#[test]
fn writing_nothing_from_nowhere_ends_nobody_else() {
    is_over("boundary/stream_empty_out_of_bounds");
}

#[test]
fn a_trap_beside_calls_under_way_ends_these_too() {
    traps(TrapKind::Unreachable, &["boundary/trap_beside_calls"]);
}

#[test]
fn backpressure_cannot_be_asked_for_more_often_than_can_be_counted() {
    traps(TrapKind::Limit, &["boundary/backpressure_flood"]);
}

#[test]
fn streams_and_futures_that_are_used_in_disorder_are_traps() {
    traps(
        TrapKind::Other,
        &[
            "boundary/stream_read_twice",
            "boundary/stream_out_of_bounds",
            "boundary/stream_wrong_end",
            "boundary/stream_dropped_while_read",
            "boundary/stream_cancels_nothing",
            "boundary/future_never_written",
            "boundary/future_as_stream",
            "boundary/texts_to_itself",
            "boundary/realloc_cancels_the_read",
        ],
    );
    traps(TrapKind::Limit, &["boundary/stream_too_long"]);
}

#[test]
pub(crate) fn hostile_boundary_polls() {
    let polls = |how| Attack::program(programs::HOSTILE_BOUNDARY_POLLS).arguments(how);
    polls("again").little_cpu().ends(End::Killed("cpu"));
    polls("once")
        .limits(|limits| limits.memory_bytes = Some(64 * MIB))
        .ends(End::Trapped(TrapKind::Limit, ""));
}
