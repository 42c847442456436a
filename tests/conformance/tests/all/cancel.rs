//! Cancellation: told once, a grace, and the loss of the sandbox.

use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{CancellationReason, Completion, Grants, Outcome};
use test_artifacts as programs;

use crate::{SECOND, abort, application, component, only, ready, succeeds};

/// What the host does to a run in these tests: a second after its start, it cancels it.
fn cancelled(path: &str, arguments: &'static str) -> (Completion, Vec<String>, String) {
    Rig::run(async |rig| {
        let id = ready(rig, path).await;
        let activation = rig.request(id, arguments).await;
        let run = rig.started(id).await;
        rig.advance(SECOND).await;
        assert!(rig.host.cancel(run, abort()), "it still runs");
        assert!(
            rig.host.cancel(run, dormouse::Cancellation::new(CancellationReason::Terminating, "again", ""))
        );
        let completion = rig.completed(activation).await;
        assert!(!rig.host.cancel(run, abort()), "its end is the end");
        (completion, rig.log(id), rig.stdout())
    })
}

fn assert_clean(path: &str, arguments: &'static str) -> (Completion, Vec<String>, String) {
    let (completion, log, stdout) = cancelled(path, arguments);
    let Outcome::Canceled { cancellation, forced } = &completion.run.outcome else { panic!("{log:#?}") };
    assert!(!forced, "{log:#?}");
    assert_eq!(*cancellation, abort(), "the first cancellation counts (UWP-081)");
    assert_eq!(only(&log, &["cancel"]), ["cancel: abort by operator"], "one for each run (UWP-081)");
    (completion, log, stdout)
}

/// Ends by force when its five seconds of grace are over: `after` its cancellation.
fn assert_forced(path: &str, after: Duration) -> (Completion, Vec<String>) {
    let (completion, log, _) = cancelled(path, "");
    let Outcome::Canceled { cancellation, forced } = &completion.run.outcome else { panic!("{log:#?}") };
    assert!(forced, "{log:#?}");
    assert_eq!(cancellation.reason, CancellationReason::Abort);
    let wall = completion.run.receipt.wall;
    assert!(wall >= SECOND && wall <= SECOND + after + dormouse::testing::WALL_PER_INTERRUPT, "{wall:?}");
    (completion, log)
}

const GRACE: Duration = Duration::from_secs(5);

#[test]
pub(crate) fn cancel_waiting() {
    let (completion, log, stdout) = assert_clean(programs::CANCEL_WAITING, "abort");
    assert_eq!(stdout, "policy=operator\ngrace-ms=5000\n");
    assert_eq!(completion.run.receipt.wall, SECOND, "woken at once");
    assert_eq!(log.last().unwrap(), "completed without success", "UWP-118: canceled, and completed");
}

#[test]
pub(crate) fn cancel_waiting_deferred() {
    let (completion, ..) = assert_clean(programs::CANCEL_WAITING_DEFERRED, "abort");
    assert_eq!(completion.run.receipt.progress, Some(2));
}

#[test]
pub(crate) fn cancel_sleeping() {
    let (completion, ..) = assert_clean(programs::CANCEL_SLEEPING, "");
    assert_eq!(completion.run.receipt.wall, SECOND, "woken at once");
}

#[test]
pub(crate) fn cancel_sleeping_split() {
    let (completion, ..) = assert_clean(programs::CANCEL_SLEEPING_SPLIT, "");
    assert_eq!(completion.run.receipt.wall, SECOND, "the whole wait ends at once");
}

#[test]
pub(crate) fn cancel_polling() {
    let (completion, ..) = assert_clean(programs::CANCEL_POLLING, "");
    assert!(completion.run.receipt.wall < SECOND * 2);
}

#[test]
pub(crate) fn cancel_polling_busy() {
    // It never gives way: the cancellation reaches it between two interruptions.
    Rig::run(async |rig| {
        let id = ready(rig, programs::CANCEL_POLLING_BUSY).await;
        let activation = rig.request(id, "").await;
        let run = rig.started(id).await;
        assert!(rig.host.cancel(run, abort()));
        let completion = rig.completed(activation).await;
        assert!(
            matches!(completion.run.outcome, Outcome::Canceled { forced: false, .. }),
            "{:#?}",
            rig.log(id)
        );
    });
}

#[test]
pub(crate) fn cancel_once() {
    assert_clean(programs::CANCEL_ONCE, "");
}

#[test]
pub(crate) fn cancel_race() {
    assert_clean(programs::CANCEL_RACE, "canceled");
    succeeds(programs::CANCEL_RACE, "done");
}

#[test]
pub(crate) fn cancel_resolves_none() {
    assert_eq!(succeeds(programs::CANCEL_RESOLVES_NONE, ""), "none\n");
}

#[test]
pub(crate) fn cancel_deferral_in_grace() {
    assert_clean(programs::CANCEL_DEFERRAL_IN_GRACE, "");
}

#[test]
pub(crate) fn cancel_clean_with_checkpoint() {
    let folders = cap_tempfile::TempDir::new(cap_tempfile::ambient_authority()).unwrap();
    let dir = folders.try_clone().unwrap();
    Rig::run_with(
        |builder| builder.app_folders(dir),
        async |rig| {
            rig.install_with(&component(programs::CANCEL_CLEAN_WITH_CHECKPOINT), Grants::none());
            let id = rig.register(application()).await;
            for _ in 0..2 {
                let activation = rig.request(id, "").await;
                rig.advance(SECOND).await;
                let [(run, ..)] = rig.host.running()[..] else { panic!("one run: {:#?}", rig.log(id)) };
                assert!(rig.host.cancel(run, abort()));
                let completion = rig.completed(activation).await;
                assert!(matches!(completion.run.outcome, Outcome::Canceled { forced: false, .. }));
            }
            let stdout = rig.stdout();
            let [first, second] = stdout.lines().collect::<Vec<_>>()[..] else { panic!("{stdout}") };
            assert_eq!(first, "from=0");
            assert_ne!(second, "from=0", "the second run goes on from the first one's checkpoint");
        },
    );
}

#[test]
pub(crate) fn cancel_ignored() {
    let (completion, _) = assert_forced(programs::CANCEL_IGNORED, GRACE);
    assert_eq!(completion.run.receipt.wall, SECOND + GRACE, "UWP-083: told, and after the grace gone");
}

#[test]
pub(crate) fn cancel_ignored_busy() {
    let (_, log) = assert_forced(programs::CANCEL_IGNORED_BUSY, GRACE);
    let ended = log.iter().position(|line| line.starts_with("ended")).unwrap();
    let after: Vec<_> = log[ended..].iter().filter(|line| line.starts_with("progress")).collect();
    assert!(after.len() <= 1, "UWP-097: nothing is accepted after the end but the last value told: {log:#?}");
}

#[test]
pub(crate) fn cancel_returns_but_holds_deferral() {
    let (_, log) = assert_forced(programs::CANCEL_RETURNS_BUT_HOLDS_DEFERRAL, GRACE);
    assert_eq!(only(&log, &["returned"]), ["returned ok, 1 open"], "UWP-084");
}

#[test]
pub(crate) fn cancel_completes_but_runs_on() {
    let (_, log) = assert_forced(programs::CANCEL_COMPLETES_BUT_RUNS_ON, GRACE);
    assert_eq!(only(&log, &["deferral completed"]), ["deferral completed, 0 open"], "UWP-084");
    assert_eq!(only(&log, &["returned"]), [""; 0]);
}

#[test]
pub(crate) fn cancel_spin() {
    // It has no cancel handler and never gives way. Its grace is five seconds or one second of CPU,
    // whichever ends first (UWP-096).
    Rig::run(async |rig| {
        let id = ready(rig, programs::CANCEL_SPIN).await;
        let activation = rig.request(id, "").await;
        let run = rig.started(id).await;
        assert!(rig.host.cancel(run, abort()));
        let completion = rig.completed(activation).await;
        assert!(matches!(completion.run.outcome, Outcome::Canceled { forced: true, .. }));
        let cpu = completion.run.receipt.cpu;
        let tick = dormouse::testing::CPU_PER_INTERRUPT;
        assert!(cpu >= SECOND && cpu <= SECOND + tick, "grace CPU and one tick: {cpu:?}");
    });
}

#[test]
fn a_kill_is_at_once() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::CANCEL_SPIN).await;
        let activation = rig.request(id, "").await;
        let run = rig.started(id).await;
        assert!(rig.host.kill(run, abort()));
        let completion = rig.completed(activation).await;
        assert!(matches!(completion.run.outcome, Outcome::Canceled { forced: true, .. }));
        assert!(completion.run.receipt.cpu <= dormouse::testing::CPU_PER_INTERRUPT);
    });
}

#[test]
fn unregistering_with_cancel_aborts_its_own_runs_and_no_others() {
    Rig::run(async |rig| {
        rig.install(&component(programs::CANCEL_SLEEPING));
        let topic = |name: &str| {
            let trigger = dormouse::SignalTrigger::new(name);
            dormouse::TaskBuilder::new(name).entry_point("main").trigger(dormouse::Trigger::Signal(trigger))
        };
        let first = rig.register(topic("first")).await;
        let other = rig.register(topic("other")).await;
        let activation = rig.signal("first", "").await[0].1.activation().unwrap();
        rig.signal("other", "").await;
        rig.started(first).await;
        rig.started(other).await;
        rig.settle().await;
        assert!(rig.host.unregister(first, true).await.unwrap());
        let completion = rig.completed(activation).await;
        let Outcome::Canceled { cancellation, forced: false } = &completion.run.outcome else { panic!() };
        assert_eq!(cancellation.reason, CancellationReason::Abort, "UWP-022");
        assert_eq!(rig.host.running().len(), 1, "UWP-098: the other registration's run goes on");
        assert_eq!(only(&rig.log(other), &["cancel", "ended"]), [""; 0]);
    });
}

#[test]
fn unregistering_without_cancel_lets_the_run_finish() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        let activation = rig.request(id, "1000").await;
        rig.started(id).await;
        assert!(rig.host.unregister(id, false).await.unwrap());
        assert_eq!(rig.completed(activation).await.run.outcome, Outcome::Succeeded, "UWP-021");
        let again = rig.host.request(id, "").await.unwrap();
        assert_eq!(again, dormouse::Fired::Refused(dormouse::Refusal::NotRegistered));
    });
}

#[test]
fn losing_a_condition_cancels_only_who_asked_for_it() {
    use dormouse::{Condition, Holds};
    for asked in [false, true] {
        Rig::run(async |rig| {
            rig.install(&component(programs::CANCEL_SLEEPING));
            rig.conditions.set(&Condition::InternetAvailable, Holds::Met);
            let builder =
                application().condition(Condition::InternetAvailable).cancel_on_condition_loss(asked);
            let id = rig.register(builder).await;
            let activation = rig.request(id, "").await;
            rig.started(id).await;
            rig.settle().await;
            rig.conditions.set(&Condition::InternetAvailable, Holds::Unmet);
            rig.settle().await;
            if asked {
                let completion = rig.completed(activation).await;
                let Outcome::Canceled { cancellation, .. } = &completion.run.outcome else { panic!() };
                assert_eq!(cancellation.reason, CancellationReason::ConditionLoss, "UWP-066");
            } else {
                assert_eq!(only(&rig.log(id), &["cancel"]), [""; 0], "UWP-065");
                assert_eq!(rig.host.running().len(), 1);
            }
        });
    }
}
