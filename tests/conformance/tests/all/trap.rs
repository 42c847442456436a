//! Traps: recorded with their kind, and nobody else's business (UWP-085).

use dormouse::testing::Rig;
use dormouse::{Completion, LimitsRequest, Outcome, Stream};
use dormouse_core::{EventKind, TrapKind};
use test_artifacts as programs;

use crate::{SECOND, application, component, once};

/// Runs a program beside a neighbour that sleeps for a second; answers the program's completion and what it
/// wrote to stderr. The neighbour notices nothing.
fn beside_a_neighbour(path: &str, limits: LimitsRequest) -> (Completion, String) {
    Rig::run(async |rig| {
        let neighbour = dormouse::AppId::new("neighbour").unwrap();
        let sleeps = rig.component(&component(programs::RUN_SLEEPS));
        rig.host.install(dormouse::App::new(neighbour.clone()).entry_point("main", sleeps)).unwrap();
        let beside =
            rig.host.register(&neighbour, application(), dormouse::IfExists::Error).await.unwrap().id;
        let beside = rig.request(beside, "1000").await;

        rig.install(&component(path));
        let id = rig.register(application().limits(limits)).await;
        let completion = rig.fire(id, "").await;

        let neighbour = rig.completed(beside).await;
        assert_eq!(neighbour.run.outcome, Outcome::Succeeded);
        assert!(neighbour.run.receipt.wall >= SECOND);

        let stderr = rig.events.events().into_iter().filter_map(|event| match event.kind {
            EventKind::Output { stream: Stream::Stderr, text, .. } => Some(text),
            _ => None,
        });
        (completion, stderr.collect())
    })
}

/// Runs a program that traps; answers what the host says of it, and what the guest wrote to stderr.
fn trapped(path: &str, expected: TrapKind) -> (String, String) {
    let (completion, stderr) = beside_a_neighbour(path, LimitsRequest::default());
    let Outcome::Trapped { kind, message } = completion.run.outcome.clone() else {
        panic!("{}: {stderr}", completion.run.outcome)
    };
    assert_eq!(kind, expected, "{message}");
    (message, stderr)
}

#[test]
fn a_kill_and_a_refused_growth_touch_no_neighbour() {
    let tight =
        LimitsRequest { memory_bytes: Some(8 * 1024 * 1024), cpu: Some(SECOND), ..LimitsRequest::default() };
    let (spun, _) = beside_a_neighbour(programs::CANCEL_SPIN, tight.clone());
    assert!(matches!(spun.run.outcome, Outcome::Canceled { forced: true, .. }), "{}", spun.run.outcome);
    let (refused, _) = beside_a_neighbour(programs::LIMIT_MEMORY_GROW, tight.clone());
    assert!(refused.run.receipt.memory_refusals > 0);
    let (aborted, _) = beside_a_neighbour(programs::LIMIT_MEMORY_ABORT, tight);
    assert!(matches!(aborted.run.outcome, Outcome::Trapped { .. }), "{}", aborted.run.outcome);
}

#[test]
pub(crate) fn trap_panic() {
    let (message, stderr) = trapped(programs::TRAP_PANIC, TrapKind::Unreachable);
    assert!(
        message.contains("std::process::abort"),
        "functions are named as their author knows them: {message}"
    );
    assert!(stderr.contains("the feed is cursed"), "{stderr}");
}

#[test]
pub(crate) fn trap_panic_deferred() {
    trapped(programs::TRAP_PANIC_DEFERRED, TrapKind::Unreachable);
}

#[test]
pub(crate) fn trap_unreachable() {
    let (message, stderr) = trapped(programs::TRAP_UNREACHABLE, TrapKind::Unreachable);
    assert_eq!(stderr, "");
    assert!(!message.is_empty());
}

#[test]
pub(crate) fn trap_stack_overflow() {
    trapped(programs::TRAP_STACK_OVERFLOW, TrapKind::StackOverflow);
}

#[test]
pub(crate) fn trap_divide() {
    let (_, stderr) = trapped(programs::TRAP_DIVIDE, TrapKind::Unreachable);
    assert!(stderr.contains("attempt to divide by zero"), "{stderr}");
}

#[test]
pub(crate) fn trap_out_of_bounds() {
    trapped(programs::TRAP_OUT_OF_BOUNDS, TrapKind::MemoryOutOfBounds);
}

#[test]
pub(crate) fn trap_exit() {
    let (completion, log, _) = once(programs::TRAP_EXIT, "");
    let Outcome::Trapped { message, .. } = &completion.run.outcome else { panic!("{log:#?}") };
    assert!(message.contains("exit"), "it says what the guest did: {message}");
}
