//! The run: called once, in an instance of its own, ended by its return.

use dormouse::testing::Rig;
use dormouse::{CronTrigger, Outcome, RetryPolicy, TaskBuilder, TimeTrigger, Trigger};
use dormouse_core::completion::Cursor;
use test_artifacts as programs;

use crate::{SECOND, application, component, once, only, ready};

#[test]
pub(crate) fn run_returns_ok() {
    let (completion, log, _) = once(programs::RUN_RETURNS_OK, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(completion.check_result(), Ok(()));
    assert_eq!(
        log,
        [
            "registered",
            "fired x1",
            "started attempt 1",
            "returned ok, 0 open",
            "ended succeeded",
            "completed successfully"
        ]
    );
    assert_eq!(completion.cursor, Cursor(1));
}

#[test]
pub(crate) fn run_fails() {
    let (completion, log, _) = once(programs::RUN_FAILS, "");
    let Outcome::Failed(failure) = &completion.run.outcome else { panic!("{log:#?}") };
    assert_eq!(failure.message, "the feed is gone");
    assert_eq!(completion.check_result(), Err(&completion.run.outcome));
    assert_eq!(log.last().unwrap(), "completed without success");
}

#[test]
pub(crate) fn run_retry_after() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETRY_AFTER));
        let retry = RetryPolicy::exponential(2).unwrap();
        let id = rig.register(application().retry(retry)).await;
        let before = rig.now();
        let completion = rig.fire(id, "").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded);
        assert_eq!(completion.run.attempt, 2);
        assert_eq!(rig.stdout(), "attempt=1\nattempt=2\n");
        assert!(completion.run.started_at.since(before) >= SECOND * 3 / 2, "it asked for 1500 ms");
        assert_eq!(
            only(&rig.log(id), &["started", "ended", "retrying", "completed"]),
            [
                "started attempt 1",
                "ended failed",
                "retrying as attempt 2",
                "started attempt 2",
                "ended succeeded",
                "completed successfully"
            ]
        );
    });
}

#[test]
fn a_failure_without_a_retry_policy_is_the_end() {
    let (completion, log, _) = once(programs::RUN_RETRY_AFTER, "");
    assert_eq!(completion.run.attempt, 1);
    assert!(matches!(completion.run.outcome, Outcome::Failed(_)), "{log:#?}");
}

#[test]
pub(crate) fn run_echo_args() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_ECHO_ARGS).await;
        let completion = rig.fire(id, *b"night shift\x00\xff").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded);
        assert_eq!(completion.run.receipt.stdout_bytes, 13);
    });
}

#[test]
pub(crate) fn run_instance_identity() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_INSTANCE_IDENTITY).await;
        let fired_at = rig.now();
        let first = rig.fire(id, "").await;
        let second = rig.fire(id, "").await;
        assert_ne!(first.run.run, second.run.run, "UWP-070: fresh for each run");
        let stdout = rig.stdout();
        let lines: Vec<&str> = stdout.lines().collect();
        for (line, expected) in lines.iter().zip([
            format!("instance-id={}", first.run.run),
            format!("registration-id={id}"),
            "name=task".to_owned(),
            "app=test".to_owned(),
            "attempt=1".to_owned(),
            "coalesced=1".to_owned(),
            format!("fired-at-ms={}", fired_at.as_micros() / 1000),
            // An application trigger has no schedule: the next line is the second run's (UWP-116).
            format!("instance-id={}", second.run.run),
        ]) {
            assert_eq!(*line, expected);
        }
        assert_eq!(lines.len(), 14);
    });
}

#[test]
pub(crate) fn run_fresh_instance() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_FRESH_INSTANCE).await;
        for _ in 0..3 {
            assert_eq!(rig.fire(id, "").await.run.outcome, Outcome::Succeeded);
        }
    });
}

#[test]
pub(crate) fn run_pending_dropped() {
    let (completion, log, _) = once(programs::RUN_PENDING_DROPPED, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(only(&log, &["progress"]), ["progress 1"], "never 99");
    assert_eq!(completion.run.receipt.wall, std::time::Duration::ZERO, "it waited for nothing");
}

#[test]
pub(crate) fn run_no_details() {
    for trigger in [Trigger::Time(TimeTrigger::once(SECOND)), Trigger::Cron(CronTrigger::new("* * * * *"))] {
        Rig::run(async |rig| {
            rig.install(&component(programs::RUN_NO_DETAILS));
            let id = rig.register(TaskBuilder::new("t").entry_point("main").trigger(trigger)).await;
            rig.until("the run to end", |e| e.registration == id && crate::is_ended(e)).await;
            assert_eq!(rig.outcomes()[0], Outcome::Succeeded);
        });
    }
}

#[test]
pub(crate) fn run_sleeps() {
    let (completion, ..) = once(programs::RUN_SLEEPS, "2000");
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(completion.run.receipt.wall, SECOND * 2, "simulated time is exact");
}

#[test]
pub(crate) fn run_idle_forever() {
    // UWP-088. It does not even hear of a cancellation: no grace is waited for in vain.
    let (completion, log, _) = once(programs::RUN_IDLE_FOREVER, "");
    let Outcome::Canceled { cancellation, forced: true } = &completion.run.outcome else {
        panic!("{log:#?}")
    };
    let said = "idle-task (policy idle: waits for nothing that can ever happen)";
    assert_eq!(cancellation.to_string(), said);
    assert_eq!(completion.run.receipt.wall, std::time::Duration::ZERO);
    assert_eq!(only(&log, &["cancel"]), ["cancel: idle-task by idle"]);
}

#[test]
pub(crate) fn state_type() {
    let (completion, log, _) = once(programs::STATE_TYPE, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "{log:#?}");
    assert_eq!(completion.run.receipt.progress, Some(3));
}

#[test]
pub(crate) fn wit_sync_run() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::WIT_SYNC_RUN).await;
        let completion = rig.fire(id, "").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded);
        assert_eq!(completion.run.receipt.progress, Some(2));

        let activation = rig.request(id, "canceled").await;
        rig.advance(SECOND).await;
        let [(run, ..)] = rig.host.running()[..] else { panic!("one run") };
        assert!(rig.host.cancel(run, crate::abort()));
        let completion = rig.completed(activation).await;
        assert!(matches!(completion.run.outcome, Outcome::Canceled { forced: false, .. }));
        assert_eq!(completion.run.receipt.wall, SECOND, "at once");
    });
}

#[test]
pub(crate) fn wasi_p3_clock() {
    // WASI's clock is real, so the host's is too.
    let (completion, _) = crate::grant::for_real(
        programs::WASI_P3_CLOCK,
        crate::grant::nobody,
        |_| dormouse::Grants::none(),
        |_| String::new(),
    );
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
}

#[test]
pub(crate) fn wit_no_task() {
    let error = Rig::run(async |rig| {
        dormouse::Component::compile(rig.host.engine(), &component(programs::WIT_NO_TASK)).unwrap_err()
    });
    assert!(matches!(error, dormouse::ComponentError::NotATask { .. }), "{error}");
    assert!(error.to_string().contains("dormouse:background/background-task@0.1.0"), "{error}");
}
