//! What one run may use: each limit is reached by a guest that is then contained by it, and by nothing else once it is
//! lifted. The tests are those that `ledger` names.

use dormouse::testing::Rig;
use dormouse::{Cancellation, Class, Completion, Limits, LimitsRequest, Outcome, Receipt, RunId};
use dormouse_core::{TaskFailure, TrapKind};
use test_artifacts as programs;

use crate::{SECOND, abort, application, component, only};

const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

/// `KEY=VALUE`s with spaces between.
fn asked(limits: &str) -> LimitsRequest {
    let mut request = LimitsRequest::default();
    for pair in limits.split_whitespace() {
        let (key, value) = pair.split_once('=').unwrap();
        request.set(key, value).unwrap();
    }
    request
}

/// Uses so much of something under these limits.
fn used(what: &'static str, limits: &str) -> (Outcome, Receipt, Vec<String>) {
    let limits = asked(limits);
    let completion = Rig::run_with(
        |builder| builder.limits_max(Limits { untimed: true, ..Limits::host_max() }),
        async |rig| {
            rig.install(&component(programs::LIMIT_USES));
            let id = rig.register(application().limits(limits)).await;
            let completion = rig.fire(id, what).await;
            (completion, rig.log(id))
        },
    );
    let (Completion { run, .. }, log) = completion;
    (run.outcome.clone(), run.receipt.clone(), log)
}

#[track_caller]
fn succeeds(what: &'static str, limits: &str) -> (Receipt, Vec<String>) {
    let (outcome, receipt, log) = used(what, limits);
    assert_eq!(outcome, Outcome::Succeeded, "{what} with {limits}: {log:#?}");
    (receipt, log)
}

/// It was cancelled by this policy; answers how, and by what figures.
#[track_caller]
fn is_stopped_by(policy: &str, what: &'static str, limits: &str) -> (Cancellation, bool, Receipt) {
    let (outcome, receipt, log) = used(what, limits);
    let Outcome::Canceled { cancellation, forced } = outcome else { panic!("{outcome}: {log:#?}") };
    assert_eq!(cancellation.policy, policy, "{log:#?}");
    let stop = receipt.stop.clone().unwrap();
    assert_eq!((stop.reason, stop.policy.as_str()), (cancellation.reason, policy));
    let (threshold, observed) = (stop.threshold.unwrap(), stop.observed.unwrap());
    assert!(observed >= threshold, "{observed:?} of {threshold:?}");
    (cancellation, forced, receipt)
}

/// It trapped by a limit, and is told its name and figure.
#[track_caller]
fn traps_at(figure: &str, what: &'static str, limits: &str) -> Receipt {
    let (outcome, receipt, log) = used(what, limits);
    let Outcome::Trapped { kind: TrapKind::Limit, message } = &outcome else { panic!("{outcome}: {log:#?}") };
    assert!(message.contains(figure), "{message}");
    receipt
}

fn word(cancellation: &Cancellation) -> &'static str {
    cancellation.reason.as_str()
}

#[test]
fn wall() {
    let (cancellation, forced, receipt) = is_stopped_by("wall", "wall 3000", "wall=2s");
    assert_eq!((word(&cancellation), forced), ("execution-time-exceeded", false));
    assert_eq!(receipt.stop.unwrap().threshold, Some(SECOND * 2));
    succeeds("wall 3000", "wall=4s");
}

#[test]
fn cpu() {
    let (cancellation, forced, _) = is_stopped_by("cpu", "cpu 5000", "cpu=2s");
    assert_eq!((word(&cancellation), forced), ("execution-time-exceeded", true));
    let (receipt, _) = succeeds("cpu 5000", "cpu=30s");
    assert!(receipt.cpu >= SECOND * 5, "{:?}", receipt.cpu);
}

#[test]
fn cpu_per_minute() {
    let (cancellation, ..) = is_stopped_by("cpu-per-minute", "cpu 5000", "cpu-per-minute=2s");
    assert_eq!(word(&cancellation), "execution-time-exceeded");
    succeeds("cpu 5000", "cpu-per-minute=30s");
}

#[test]
fn grace() {
    // Three seconds of work after the cancellation.
    let (_, forced, receipt) = is_stopped_by("idle", "grace 3000", "grace=1s grace-cpu=30s idle=1s");
    assert!(forced && receipt.wall < SECOND * 3, "{:?}", receipt.wall);
    let (_, forced, _) = is_stopped_by("idle", "grace 3000", "grace=30s grace-cpu=30s idle=1s");
    assert!(!forced);
}

#[test]
fn grace_cpu() {
    let (_, forced, receipt) = is_stopped_by("idle", "grace 3000", "grace=30s grace-cpu=1s idle=1s");
    assert!(forced && receipt.cpu < SECOND * 3, "{:?}", receipt.cpu);
    let (_, forced, _) = is_stopped_by("idle", "grace 3000", "grace=30s grace-cpu=10s idle=1s");
    assert!(!forced);
}

#[test]
fn idle() {
    let (cancellation, forced, receipt) = is_stopped_by("idle", "idle 0", "idle=2s");
    assert_eq!((word(&cancellation), forced), ("idle-task", false));
    assert_eq!(receipt.wall, SECOND * 2);
    let receipt = stopped_by_the_operator_after(MINUTE * 5, "idle 0", "idle=1h");
    assert_eq!(receipt.wall, MINUTE * 5);
}

/// Nothing else stopped it for so long.
fn stopped_by_the_operator_after(span: std::time::Duration, what: &'static str, limits: &str) -> Receipt {
    let limits = asked(limits);
    Rig::run(async |rig| {
        rig.install(&component(programs::LIMIT_USES));
        let id = rig.register(application().limits(limits)).await;
        let activation = rig.request(id, what).await;
        let run: RunId = rig.started(id).await;
        rig.advance(span).await;
        assert!(rig.host.cancel(run, abort()), "it still runs: {:#?}", rig.log(id));
        let run = rig.completed(activation).await.run;
        let stop = run.receipt.stop.clone().unwrap();
        assert_eq!((stop.policy.as_str(), stop.threshold), ("operator", None));
        run.receipt.clone()
    })
}

#[test]
fn io_every() {
    let (cancellation, ..) = is_stopped_by("io-every", "wall 3000", "io-every=2s");
    assert_eq!(word(&cancellation), "idle-task");
    succeeds("wall 3000", "io-every=4s");
}

#[test]
fn memory() {
    let (outcome, receipt, _) = used("memory 33554432", "memory=16MiB");
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome}");
    assert!(receipt.memory_refusals > 0 && receipt.peak_memory_bytes <= 16 << 20);
    let (receipt, _) = succeeds("memory 33554432", "memory=64MiB");
    assert!(receipt.memory_refusals == 0 && receipt.peak_memory_bytes > 32 << 20);
}

#[test]
fn instances() {
    traps_at("`instances` is 1", "output 1", "instances=1");
    succeeds("output 1", "instances=32");
}

#[test]
fn deferrals() {
    let (outcome, receipt, _) = used("deferrals 5", "deferrals=4");
    let Outcome::Failed(TaskFailure { message, .. }) = outcome else { panic!("{outcome}") };
    assert!(message.contains("deferral") && receipt.deferrals == 4, "{message}");
    let (receipt, _) = succeeds("deferrals 5", "deferrals=5");
    assert_eq!(receipt.deferrals, 5);
}

#[test]
fn output() {
    let (receipt, _) = succeeds("output 100000", "output=1000");
    assert!(receipt.output_dropped_bytes >= 98_000 && receipt.stdout_bytes == 100_001);
    let (receipt, _) = succeeds("output 100000", "output=1MiB");
    assert_eq!(receipt.output_dropped_bytes, 0);
}

#[test]
fn hostcall_bytes() {
    traps_at("`hostcall-bytes` is 65536", "hostcall 1000000", "hostcall-bytes=64KiB");
    let (outcome, ..) = used("hostcall 1000000", "hostcall-bytes=2MiB");
    assert!(matches!(&outcome, Outcome::Failed(said) if said.message.starts_with("xxx")), "{outcome}");
}

#[test]
fn random_bytes() {
    traps_at("`random-bytes` is 1000", "random 30000", "random-bytes=1000");
    succeeds("random 30000", "random-bytes=64KiB");
}

#[test]
fn handles() {
    let receipt = traps_at("`handles` is 100", "handles 500", "handles=100");
    let (lifted, _) = succeeds("handles 500", "handles=1000");
    assert!((40..500).contains(&receipt.host_calls), "{}", receipt.host_calls);
    assert!(lifted.host_calls >= 500, "each is counted: {}", lifted.host_calls);
}

#[test]
fn http_fields_bytes() {
    let (outcome, ..) = used("http-fields 10000", "http-fields-bytes=1000");
    assert!(matches!(outcome, Outcome::Failed(_) | Outcome::Trapped { .. }), "{outcome}");
    succeeds("http-fields 10000", "http-fields-bytes=64KiB");
}

#[test]
fn progress_every() {
    let told = |limits| only(&succeeds("progress 100", limits).1, &["progress"]).len();
    // A second of steps, and the last.
    assert!(told("progress-every=500ms") <= 4);
    assert!(told("progress-every=10ms") >= 90);
}

#[test]
fn untimed() {
    // UWP-103: lifted by a class, once a deferral is held, and by nothing else.
    is_stopped_by("wall", "deferred 3600000", "class=long");
    let (receipt, _) = succeeds("deferred 3600000", "class=unlimited");
    assert_eq!(receipt.wall, MINUTE * 60);
    is_stopped_by("wall", "wall 3600000", "class=unlimited");
    let refused = asked("class=unlimited").check(&Limits::host_max());
    assert!(refused.is_err(), "an operator grants it");
    assert!(!Class::Long.limits().untimed);
}

#[test]
pub(crate) fn limit_uses() {
    let (outcome, ..) = used("nothing 1", "");
    assert!(
        matches!(&outcome, Outcome::Failed(said) if said.message.contains("nothing of that name")),
        "{outcome}"
    );
}
