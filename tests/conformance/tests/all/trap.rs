//! Traps: recorded with their kind, and nobody else's business (UWP-085).

use dormouse::testing::Rig;
use dormouse::{Outcome, Stream};
use dormouse_core::{EventKind, TrapKind};
use test_artifacts as programs;

use crate::{SECOND, application, component, once};

/// Runs a program that traps; answers what the host says of it, and what the guest wrote to stderr.
fn trapped(path: &str, expected: TrapKind) -> (String, String) {
    Rig::run(async |rig| {
        // A neighbour that runs all the while.
        let neighbour = dormouse::AppId::new("neighbour").unwrap();
        let sleeps = rig.component(&component(programs::RUN_SLEEPS));
        rig.host.install(dormouse::App::new(neighbour.clone()).entry_point("main", sleeps)).unwrap();
        let beside =
            rig.host.register(&neighbour, application(), dormouse::IfExists::Error).await.unwrap().id;
        let beside = rig.request(beside, "1000").await;

        rig.install(&component(path));
        let id = rig.register(application()).await;
        let completion = rig.fire(id, "").await;
        let Outcome::Trapped { kind, message } = &completion.run.outcome else {
            panic!("{}: {:#?}", completion.run.outcome, rig.log(id))
        };
        assert_eq!(*kind, expected, "{message}");

        let neighbour = rig.completed(beside).await;
        assert_eq!(neighbour.run.outcome, Outcome::Succeeded);
        assert_eq!(neighbour.run.receipt.wall, SECOND);

        let stderr = rig.events.events().into_iter().filter_map(|event| match event.kind {
            EventKind::Output { stream: Stream::Stderr, text, .. } => Some(text),
            _ => None,
        });
        (message.clone(), stderr.collect())
    })
}

#[test]
pub(crate) fn trap_panic() {
    let (_, stderr) = trapped(programs::TRAP_PANIC, TrapKind::Unreachable);
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
