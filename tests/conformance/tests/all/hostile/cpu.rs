//! Attacks on CPU time: guests that do not give way, wherever it is that their code is run.
//!
//! All of them are told when their budget is spent, have a grace, and lose their sandbox (UWP-083, UWP-087).

use dormouse_core::TrapKind;
use test_artifacts as programs;

use super::harness::{Attack, End};

fn is_killed(name: &str) {
    Attack::text(name).little_cpu().ends(End::Killed("cpu"));
}

#[test]
fn a_loop_without_end_is_taken_down() {
    is_killed("cpu/spin");
}

#[test]
fn a_start_function_that_spins_is_taken_down() {
    is_killed("cpu/start");
    is_killed("cpu/start_yields");
}

#[test]
fn a_guest_that_spins_where_it_makes_room_for_an_answer_is_taken_down() {
    is_killed("cpu/realloc");
}

#[test]
fn a_guest_that_spins_after_its_answer_was_read_is_taken_down() {
    is_killed("cpu/post_return");
}

#[test]
fn a_destructor_that_spins_is_taken_down() {
    is_killed("cpu/destructor");
}

#[test]
fn calls_without_a_loop_are_interrupted_too() {
    is_killed("cpu/calls");
}

#[test]
fn tail_calls_are_interrupted_too() {
    is_killed("cpu/tail_calls");
    is_killed("cpu/indirect_tail_calls");
}

#[test]
fn bulk_operations_over_the_largest_memory_are_interrupted_between_two() {
    is_killed("cpu/fill");
    is_killed("cpu/copy");
    is_killed("cpu/init");
}

#[test]
fn bulk_operations_over_the_largest_table_are_interrupted_between_two() {
    is_killed("cpu/tables");
}

#[test]
fn a_guest_that_does_nothing_but_call_the_host_pays_for_it() {
    is_killed("cpu/host_calls");
    is_killed("cpu/activation_flood");
}

#[test]
fn a_guest_that_asks_for_memory_without_end_pays_for_it() {
    let seen = Attack::text("cpu/grow").little_cpu().ends(End::Killed("cpu"));
    assert!(seen.completions.iter().all(|completion| completion.run.receipt.memory_refusals > 0));
}

#[test]
fn a_guest_that_gives_way_without_end_pays_for_it() {
    is_killed("cpu/sleeps");
    is_killed("cpu/yields");
}

#[test]
fn a_guest_that_spins_in_what_it_deferred_is_taken_down() {
    is_killed("cpu/deferred");
}

#[test]
fn a_guest_that_spins_once_it_was_told_to_end_is_taken_down() {
    Attack::text("cpu/after_cancel").little_wall().ends(End::Killed("wall"));
}

#[test]
fn a_guest_that_answers_and_spins_in_the_same_turn_has_not_ended() {
    is_killed("cpu/after_return");
}

#[test]
pub(crate) fn hostile_cpu_tasks() {
    let tasks = |how| Attack::program(programs::HOSTILE_CPU_TASKS).arguments(how);
    tasks("wake").little_cpu().ends(End::Killed("cpu"));
    // Ever more of them is ever more memory.
    let seen = tasks("spawn").times(3).ends(End::Trapped(TrapKind::Unreachable, ""));
    assert!(seen.completions.iter().all(|completion| completion.run.receipt.memory_refusals > 0));
}
