//! Attacks on memory: linear memories, tables, instances, stacks.

use dormouse::ComponentError;
use dormouse_core::TrapKind;

use super::harness::{Attack, End, MIB, Seen};

/// What the harness gives.
const LIMIT: u64 = 32 * MIB;

fn within_the_limit(seen: &Seen) {
    for completion in &seen.completions {
        let receipt = &completion.run.receipt;
        assert!(receipt.peak_memory_bytes <= LIMIT, "{receipt:#?}");
        assert!(receipt.memory_refusals > 0, "{receipt:#?}");
    }
}

#[test]
fn a_guest_that_takes_memory_without_end_is_refused_and_gives_up() {
    within_the_limit(&Attack::text("memory/grow").ends(End::Trapped(TrapKind::Unreachable, "")));
}

#[test]
fn all_memory_of_a_guest_that_sleeps_on_it_is_back_when_it_is_taken_down() {
    within_the_limit(&Attack::text("memory/grow_and_wait").little_wall().ends(End::Killed("wall")));
}

#[test]
fn several_memories_draw_on_one_account() {
    within_the_limit(&Attack::text("memory/eight").ends(End::Trapped(TrapKind::Unreachable, "")));
}

#[test]
fn tables_draw_on_the_same_account() {
    // So little that the account is at its end before any table of the pool is.
    let little = 128 * 1024;
    let attack = Attack::text("memory/tables").limits(|limits| limits.memory_bytes = Some(little));
    for completion in &attack.ends(End::Trapped(TrapKind::Unreachable, "")).completions {
        let receipt = &completion.run.receipt;
        assert!(receipt.memory_refusals > 0, "{receipt:#?}");
        // What the memory has is not all of it.
        assert!((little / 2 + 1..=little).contains(&receipt.peak_memory_bytes), "{receipt:#?}");
    }
}

#[test]
fn memory_that_is_declared_above_the_limit_of_the_run_does_not_start() {
    let seen = Attack::text("memory/declared").ends(End::Trapped(TrapKind::Limit, "could not be started"));
    within_the_limit(&seen);
}

#[test]
fn what_no_run_may_ever_have_is_refused_when_it_is_installed() {
    for (name, says) in [
        ("memory/declared_all", "memory"),
        ("memory/many", "memories"),
        ("memory/many_tables", "tables"),
        ("memory/declared_table", "table"),
    ] {
        let error = Attack::text(name).refused();
        assert!(
            matches!(&error, ComponentError::Invalid { reason } if reason.contains(says)),
            "{name}: {error}"
        );
    }
}

#[test]
fn a_recursion_without_end_is_a_trap_and_not_the_end_of_the_host() {
    for name in ["memory/recursion", "memory/mutual_recursion", "memory/indirect_recursion"] {
        Attack::text(name).ends(End::Trapped(TrapKind::StackOverflow, "stack"));
    }
}

#[test]
fn a_recursion_without_end_in_a_start_function_is_a_trap() {
    Attack::text("memory/start_recursion")
        .ends(End::Trapped(TrapKind::StackOverflow, "could not be started"));
}

#[test]
fn the_host_has_a_stack_left_wherever_in_a_recursion_it_is_called() {
    Attack::text("memory/host_calls_at_depth").ends(End::Trapped(TrapKind::StackOverflow, "stack"));
    Attack::text("memory/waits_at_depth").ends(End::Trapped(TrapKind::StackOverflow, "stack"));
}

#[test]
fn what_is_done_hundreds_of_times_leaves_as_much_as_what_is_done_once() {
    // A leak of a few kilobytes a run is seen in hundreds of them.
    for (name, end) in [
        ("memory/recursion", End::Trapped(TrapKind::StackOverflow, "")),
        ("memory/tables", End::Trapped(TrapKind::Unreachable, "")),
        ("boundary/stream_flood", End::Trapped(TrapKind::Limit, "")),
        ("boundary/subtask_flood", End::Trapped(TrapKind::Limit, "")),
        ("boundary/abandons", End::Abandoned),
    ] {
        Attack::text(name).times(200).ends(end);
    }
}
