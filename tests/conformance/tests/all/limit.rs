//! Limits: each would be passed if nothing enforced it.

use std::time::Duration;

use dormouse::testing::{CPU_PER_INTERRUPT, Rig};
use dormouse::{CancellationReason, Completion, EventKind, LimitsRequest, Outcome};
use dormouse_core::TrapKind;
use test_artifacts as programs;

use crate::{SECOND, application, component, only, succeeds};

const MIB: u64 = 1024 * 1024;

fn limited(path: &str, arguments: &'static str, limits: LimitsRequest) -> (Completion, Vec<String>, String) {
    Rig::run(async |rig| {
        rig.install(&component(path));
        let id = rig.register(application().limits(limits)).await;
        let completion = rig.fire(id, arguments).await;
        (completion, rig.log(id), rig.stdout())
    })
}

/// Ended by force by its CPU budget: cancelled at the budget, taken down a second of CPU later.
fn assert_cpu(path: &str) {
    let limits = LimitsRequest { cpu: Some(SECOND * 2), ..LimitsRequest::default() };
    let (completion, log, _) = limited(path, "", limits);
    let Outcome::Canceled { cancellation, forced: true } = &completion.run.outcome else {
        panic!("{}: {log:#?}", completion.run.outcome)
    };
    assert_eq!(cancellation.reason, CancellationReason::ExecutionTimeExceeded, "UWP-087");
    assert_eq!(cancellation.policy, "cpu");
    let cpu = completion.run.receipt.cpu;
    let most = SECOND * 3 + CPU_PER_INTERRUPT * 2;
    assert!(cpu >= SECOND * 3 && cpu <= most, "budget, grace CPU, and a tick for each: {cpu:?}");
}

#[test]
pub(crate) fn limit_cpu_spin() {
    assert_cpu(programs::LIMIT_CPU_SPIN);
}

#[test]
pub(crate) fn limit_cpu_bulk() {
    assert_cpu(programs::LIMIT_CPU_BULK);
}

#[test]
fn a_guest_that_spins_is_cancelled_at_its_wall_budget_too() {
    let limits = LimitsRequest { wall: Some(SECOND), grace: Some(SECOND), ..LimitsRequest::default() };
    let (completion, log, _) = limited(programs::CANCEL_SPIN, "", limits);
    let Outcome::Canceled { cancellation, forced: true } = &completion.run.outcome else {
        panic!("{log:#?}")
    };
    assert_eq!(cancellation.policy, "wall");
    let wall = completion.run.receipt.wall;
    assert!(wall >= SECOND * 2 && wall <= SECOND * 2 + CPU_PER_INTERRUPT * 2, "grace and one tick: {wall:?}");
}

#[test]
fn the_default_class_is_told_at_25_seconds_and_taken_down_at_30() {
    // UWP-099. A signal's class is the default; an application trigger's is ten minutes (UWP-100).
    Rig::run(async |rig| {
        rig.install(&component(programs::CANCEL_IGNORED));
        let trigger = dormouse::SignalTrigger::new("t");
        let builder = dormouse::TaskBuilder::new("t").entry_point("main");
        let limits = LimitsRequest { idle: Some(SECOND * 60), ..LimitsRequest::default() };
        let id = rig.register(builder.trigger(dormouse::Trigger::Signal(trigger)).limits(limits)).await;
        let activation = rig.signal("t", "").await[0].1.activation().unwrap();
        rig.advance(SECOND * 25 - Duration::from_millis(1)).await;
        assert_eq!(only(&rig.log(id), &["cancel"]), [""; 0]);
        rig.advance(Duration::from_millis(1)).await;
        assert_eq!(only(&rig.log(id), &["cancel"]), ["cancel: execution-time-exceeded by wall"]);
        let completion = rig.completed(activation).await;
        assert!(matches!(completion.run.outcome, Outcome::Canceled { forced: true, .. }));
        assert_eq!(completion.run.receipt.wall, SECOND * 30);
    });
}

#[test]
pub(crate) fn limit_memory_grow() {
    let limits = LimitsRequest { memory_bytes: Some(16 * MIB), ..LimitsRequest::default() };
    Rig::run(async |rig| {
        rig.install(&component(programs::LIMIT_MEMORY_GROW));
        let id = rig.register(application().limits(limits)).await;
        let completion = rig.fire(id, "").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "a refusal is an answer (UWP-107)");
        let receipt = &completion.run.receipt;
        assert!(receipt.memory_refusals >= 1);
        assert!(receipt.peak_memory_bytes <= 16 * MIB, "{}", receipt.peak_memory_bytes);
        let got: u64 = rig.stdout().trim().parse().unwrap();
        assert!((8 * MIB..16 * MIB).contains(&got), "it got {got}");
        let refused = rig.events.events().into_iter().find_map(|event| match event.kind {
            EventKind::MemoryRefused { wanted, limit, .. } => Some((wanted, limit)),
            _ => None,
        });
        let (wanted, limit) = refused.unwrap();
        assert!(wanted > limit && limit == 16 * MIB);
    });
}

#[test]
pub(crate) fn limit_memory_abort() {
    let limits = LimitsRequest { memory_bytes: Some(16 * MIB), ..LimitsRequest::default() };
    let (completion, log, _) = limited(programs::LIMIT_MEMORY_ABORT, "", limits);
    assert!(
        matches!(completion.run.outcome, Outcome::Trapped { kind: TrapKind::Unreachable, .. }),
        "{log:#?}"
    );
    assert!(completion.run.receipt.memory_refusals >= 1);
    assert!(completion.run.receipt.stderr_bytes > 0, "it says why on stderr");
}

#[test]
pub(crate) fn limit_stdout_flood() {
    let limits = LimitsRequest { output_bytes: Some(64 * 1024), ..LimitsRequest::default() };
    let (completion, log, stdout) = limited(programs::LIMIT_STDOUT_FLOOD, "8", limits);
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "writes succeed: {log:#?}");
    let receipt = &completion.run.receipt;
    assert!(receipt.stdout_bytes >= 8 * MIB);
    assert!(receipt.output_dropped_bytes >= 8 * MIB - 64 * 1024, "{}", receipt.output_dropped_bytes);
    assert!(stdout.starts_with("begin\n"), "the head is kept");
    assert!(stdout.ends_with("end\n"), "and the tail: {:?}", &stdout[stdout.len().saturating_sub(80)..]);
    assert!(stdout.contains("dropped"), "and the gap is marked");
    assert!(stdout.len() <= 2 * 64 * 1024, "observers are flooded no more than the store: {}", stdout.len());
}

#[test]
pub(crate) fn limit_progress_flood() {
    let (completion, log, _) = limited(programs::LIMIT_PROGRESS_FLOOD, "", LimitsRequest::default());
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(completion.run.receipt.progress, Some(100_000), "the last value is kept");
    let told = only(&log, &["progress"]);
    assert_eq!(told.last().unwrap(), "progress 100000");
    // Ten a second, of simulated time: as many as interruptions, and the first and last.
    let most = completion.run.receipt.wall.as_millis() / 100 + 2;
    assert!((told.len() as u128) <= most, "{} told in {:?}", told.len(), completion.run.receipt.wall);
}

#[test]
pub(crate) fn limit_error_message() {
    let (completion, log, _) = limited(programs::LIMIT_ERROR_MESSAGE, "", LimitsRequest::default());
    let Outcome::Failed(failure) = &completion.run.outcome else { panic!("{log:#?}") };
    assert!(failure.message.starts_with("no no no"));
    assert!(failure.message.len() <= 5000, "{}", failure.message.len());
}

#[test]
pub(crate) fn limit_random_bytes() {
    let (completion, log, _) = limited(programs::LIMIT_RANDOM_BYTES, "", LimitsRequest::default());
    let Outcome::Trapped { kind: TrapKind::Limit, message } = &completion.run.outcome else {
        panic!("{log:#?}")
    };
    assert!(message.contains("`random-bytes` is 65536"), "{message}");
}

#[test]
pub(crate) fn limit_remaining() {
    // An application trigger's class: five minutes of CPU, ten of wall clock, 64 MiB.
    succeeds(programs::LIMIT_REMAINING, "300000 600000 67108864");
}
