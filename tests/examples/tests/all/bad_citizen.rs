//! What a host does about each misbehaviour, on simulated time.

use std::time::Duration;

use dormouse::core::TrapKind;
use dormouse::testing::Rig;
use dormouse::{
    Cancellation, CancellationReason, Completion, EventKind, LimitsRequest, Outcome, Stream, TaskBuilder,
    Trigger,
};
use test_examples::BAD_CITIZEN;

/// Small enough that misbehaving takes no time.
const LIMITS: LimitsRequest = LimitsRequest {
    wall: Some(Duration::from_secs(25)),
    cpu: Some(Duration::from_millis(500)),
    grace: Some(Duration::from_secs(1)),
    memory_bytes: Some(8 * 1024 * 1024),
    output_bytes: Some(16 * 1024),
    ..LimitsRequest::none()
};

fn task(rig: &Rig) -> TaskBuilder {
    let component = std::fs::read(BAD_CITIZEN).expect("the component was built");
    TaskBuilder::new("bad").entry_point(rig.install(&component)).trigger(Trigger::Application).limits(LIMITS)
}

/// Lets it misbehave as `how`: its end, and its output.
fn misbehave(how: &str) -> (Completion, String, String) {
    Rig::run(async |rig| {
        let id = rig.register(task(rig)).await;
        let completion = rig.fire(id, how).await;
        let stderr = rig.events.events().into_iter().filter_map(|event| match event.kind {
            EventKind::Output { stream: Stream::Stderr, text, .. } => Some(text),
            _ => None,
        });
        (completion, rig.stdout(), stderr.collect())
    })
}

#[track_caller]
fn assert_forced(completion: &Completion, policy: &str) {
    match &completion.run.outcome {
        Outcome::Canceled { cancellation, forced: true } => {
            assert_eq!(cancellation.reason, CancellationReason::ExecutionTimeExceeded);
            assert_eq!(cancellation.policy, policy);
        }
        other => panic!("it ended as {other}"),
    }
}

#[track_caller]
fn assert_trapped(completion: &Completion, expected: TrapKind) {
    match &completion.run.outcome {
        Outcome::Trapped { kind, .. } => assert_eq!(*kind, expected),
        other => panic!("it ended as {other}"),
    }
}

#[test]
fn spin() {
    let (completion, stdout, _) = misbehave("spin");
    assert_eq!(stdout, "computing for ever\n");
    assert_forced(&completion, "cpu");
}

#[test]
fn allocate() {
    let (completion, stdout, _) = misbehave("allocate");
    assert_eq!(stdout, "taking all memory\n");
    assert_trapped(&completion, TrapKind::Unreachable);
    let receipt = &completion.run.receipt;
    assert!(receipt.memory_refusals > 0);
    assert!(receipt.peak_memory_bytes <= 8 * 1024 * 1024, "{}", receipt.peak_memory_bytes);
}

#[test]
fn flood() {
    let (completion, stdout, _) = misbehave("flood");
    assert!(stdout.starts_with("printing for ever\nI will not be quiet."), "{stdout}");
    assert_forced(&completion, "cpu");
    let receipt = &completion.run.receipt;
    assert!(receipt.output_dropped_bytes > 0);
    assert!(receipt.stdout_bytes - receipt.output_dropped_bytes <= 16 * 1024);
}

#[test]
fn ignore_cancel() {
    Rig::run(async |rig| {
        let id = rig.register(task(rig)).await;
        let activation = rig.request(id, "ignore-cancel").await;
        let run = rig.started(id).await;
        assert!(rig.host.cancel(run, Cancellation::new(CancellationReason::Abort, "operator", "")));
        let completion = rig.completed(activation).await;
        match &completion.run.outcome {
            Outcome::Canceled { cancellation, forced: true } => {
                assert_eq!(cancellation.reason, CancellationReason::Abort);
            }
            other => panic!("it ended as {other}"),
        }
        // Its whole grace, and no moment more: on simulated time this is exact.
        assert_eq!(completion.run.receipt.wall, Duration::from_secs(1));
        assert_eq!(rig.stdout(), "staying, whoever tells me to go\nnot listening to abort\n");
    });
}

#[test]
fn forget_deferral() {
    let (completion, stdout, _) = misbehave("forget-deferral");
    assert_eq!(stdout, "promising more work, and forgetting it\n");
    assert_eq!(completion.run.outcome, Outcome::DeferralAbandoned { open: 1 });
}

#[test]
fn recurse() {
    let (completion, stdout, _) = misbehave("recurse");
    assert_eq!(stdout, "calling myself without end\n");
    assert_trapped(&completion, TrapKind::StackOverflow);
}

#[test]
fn escape() {
    let (completion, _, _) = misbehave("escape");
    match &completion.run.outcome {
        Outcome::Failed(failure) => {
            assert!(failure.message.starts_with("could not read /etc/passwd ("), "{}", failure.message);
            assert!(failure.message.contains("; could not reach a stranger ("), "{}", failure.message);
        }
        other => panic!("it ended as {other}"),
    }
    assert!(completion.run.receipt.denials > 0, "{}", completion.run.outcome);
}

#[test]
fn panic() {
    let (completion, _, stderr) = misbehave("panic");
    assert_trapped(&completion, TrapKind::Unreachable);
    assert!(stderr.contains("as you wished"), "{stderr}");
}

#[test]
fn an_unknown_misbehaviour_is_refused() {
    let (completion, stdout, _) = misbehave("behave");
    assert_eq!(stdout, "");
    match &completion.run.outcome {
        Outcome::Failed(failure) => assert_eq!(failure.message, "\"behave\" is no misbehaviour that I know"),
        other => panic!("it ended as {other}"),
    }
}
