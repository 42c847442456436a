//! A run that was cancelled is not paused, and computes for nobody's account but its app's all the same.

use std::time::Duration;

use dormouse::testing::{CPU_PER_INTERRUPT, Rig};
use dormouse::{LimitsRequest, Outcome, Overlap, TaskBuilder};
use dormouse_core::quota::overdraft;
use test_artifacts as programs;

use super::{HOUR, install, of, paused, view};
use crate::lives::Lives;
use crate::{SECOND, abort, application};

const MINUTE: Duration = Duration::from_secs(60);

/// With as much grace as a host gives.
fn greedy() -> TaskBuilder {
    let limits = LimitsRequest { grace: Some(MINUTE), grace_cpu: Some(MINUTE), ..LimitsRequest::default() };
    application().limits(limits)
}

/// One of so many at once has all of them cancelled, and each computes for all its grace.
async fn cancel_themselves(rig: &Rig, runs: u32) {
    let id = rig.register(greedy().overlap(Overlap::Parallel { max: runs })).await;
    for _ in 1..runs {
        rig.request(id, "grace 60000").await;
    }
    rig.settle().await;
    rig.request(id, "unregister 60000").await;
    rig.advance(MINUTE * 2).await;
}

/// CPU time of all runs that have ended.
async fn used(rig: &Rig) -> Duration {
    rig.host.runs(Default::default(), 100).await.unwrap().iter().map(|run| run.run.receipt.cpu).sum()
}

#[test]
fn who_has_himself_cancelled_gets_his_quota_and_one_overdraft_however_many_there_are() {
    const RUNS: u32 = 3;
    const WINDOWS: u32 = 3;
    Rig::run(async |rig| {
        let policy = of(SECOND * 2, HOUR);
        install(rig, programs::LIMIT_USES, Some(policy));
        let slices = CPU_PER_INTERRUPT * 2 * RUNS;
        for window in 1..=WINDOWS {
            cancel_themselves(rig, RUNS).await;
            let (used, most) = (used(rig).await, policy.cpu() * window + overdraft(policy) + slices);
            assert!(used <= most, "{used:?} of {most:?} in {window} windows");
            assert!(used >= policy.cpu() * window, "they had what is theirs: {used:?}");
            assert_eq!(view(rig).left, Duration::ZERO);
            rig.advance(HOUR - MINUTE * 2).await;
        }
        let outcomes = rig.outcomes();
        assert_eq!(outcomes.len(), 9);
        let forced = |outcome: &Outcome| matches!(outcome, Outcome::Canceled { forced: true, .. });
        assert!(outcomes.iter().all(forced), "{outcomes:?}");
    });
}

#[test]
fn when_an_app_has_overdrawn_its_quota_a_grace_is_over_before_it_begins() {
    Rig::run(async |rig| {
        install(rig, programs::LIMIT_USES, Some(of(SECOND, HOUR)));
        cancel_themselves(rig, 1).await;
        let id = rig.register(greedy()).await;
        let activation = rig.request(id, "grace 1").await;
        let run = rig.started(id).await;
        paused(rig).await;
        assert!(rig.host.cancel(run, abort()));
        let ended = rig.completed(activation).await.run;
        assert!(matches!(ended.outcome, Outcome::Canceled { forced: true, .. }), "{}", ended.outcome);
        assert_eq!(ended.receipt.cpu, Duration::ZERO);
        assert!(ended.receipt.wall - ended.receipt.paused < SECOND, "it did not wait for its grace");
    });
}

#[test]
fn what_was_overdrawn_is_owed_over_a_restart() {
    let lives = Lives::new();
    let policy = of(SECOND * 2, HOUR);
    lives.life(
        |builder| builder,
        async |rig| {
            install(rig, programs::LIMIT_USES, Some(policy));
            cancel_themselves(rig, 1).await;
            rig.host.shutdown(false).await;
        },
    );
    lives.life(
        |builder| builder,
        async |rig| {
            install(rig, programs::LIMIT_USES, Some(policy));
            rig.advance(HOUR).await;
            assert!(view(rig).left <= policy.cpu() - overdraft(policy), "{:?}", view(rig).left);
        },
    );
}

#[test]
fn what_a_run_uses_behind_its_end_is_charged() {
    Rig::run(async |rig| {
        let policy = of(SECOND * 20, HOUR);
        install(rig, programs::LIMIT_USES, Some(policy));
        let id = rig.register(application()).await;
        let completion = rig.fire(id, "behind 5000").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
        let cpu = completion.run.receipt.cpu;
        assert!(cpu > CPU_PER_INTERRUPT * 2, "it was given a few turns more: {cpu:?}");
        assert_eq!(policy.cpu() - view(rig).left, cpu);
    });
}
