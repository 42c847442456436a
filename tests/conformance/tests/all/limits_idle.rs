//! Idleness (UWP-088): who does nothing and waits for nothing is told so, and nobody else ever is.

use dormouse::testing::Rig;
use dormouse::{LimitsRequest, Outcome, RunId};
use test_artifacts as programs;

use crate::{SECOND, abort, application, component, only};

/// The policy by which a run is cancelled that may idle for a second and go on for a minute.
fn stopped_by(path: &str, arguments: &'static str) -> String {
    let limits = LimitsRequest { idle: Some(SECOND), wall: Some(SECOND * 60), ..LimitsRequest::default() };
    Rig::run(async |rig| {
        rig.install(&component(path));
        let id = rig.register(application().limits(limits)).await;
        match rig.fire(id, arguments).await.run.outcome.clone() {
            Outcome::Canceled { cancellation, .. } => cancellation.policy,
            other => panic!("{other}: {:#?}", rig.log(id)),
        }
    })
}

#[test]
fn who_waits_only_for_its_cancellation_is_idle_however_it_waits() {
    assert_eq!(stopped_by(programs::LIMIT_USES, "idle 0"), "idle");
    assert_eq!(stopped_by(programs::CANCEL_IGNORED, ""), "idle", "and has its grace");
    assert_eq!(stopped_by(programs::WIT_SYNC_RUN, "waits"), "idle", "a guest that blocks is no other");
}

#[test]
fn who_sleeps_waits_for_something() {
    assert_eq!(stopped_by(programs::LIMIT_USES, "wall 3600000"), "wall");
    assert_eq!(stopped_by(programs::WIT_SYNC_RUN, "canceled"), "wall");
}

#[test]
fn who_is_inside_a_call_of_wasi_may_go_on_by_itself() {
    // A day by WASI's own clock, of which nobody here sees the end.
    assert_eq!(stopped_by(programs::LIMIT_USES, "blocked 86400000"), "wall");
}

#[test]
fn who_computes_and_calls_nobody_is_not_idle() {
    let limits = LimitsRequest { idle: Some(SECOND), cpu: Some(SECOND * 60), ..LimitsRequest::default() };
    Rig::run(async |rig| {
        rig.install(&component(programs::LIMIT_USES));
        let id = rig.register(application().limits(limits)).await;
        assert_eq!(rig.fire(id, "cpu 5000").await.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
    });
}

#[test]
fn who_does_something_now_and_then_is_not_idle() {
    let limits = LimitsRequest { idle: Some(SECOND * 3), ..LimitsRequest::default() };
    Rig::run(async |rig| {
        rig.install(&component(programs::LIMIT_USES));
        let id = rig.register(application().limits(limits)).await;
        let completion = rig.fire(id, "now-and-then 10000").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
        assert_eq!(completion.run.receipt.wall, SECOND * 10);
    });
}

#[test]
fn an_idle_run_that_is_told_may_end_by_itself_and_is_told_once() {
    Rig::run(async |rig| {
        rig.install(&component(programs::LIMIT_USES));
        let id = rig.register(application()).await;
        let activation = rig.request(id, "idle 0").await;
        let run: RunId = rig.started(id).await;
        rig.advance(SECOND * 10).await;
        assert!(!rig.host.cancel(run, abort()), "it is over");
        let completion = rig.completed(activation).await;
        assert!(matches!(completion.run.outcome, Outcome::Canceled { forced: false, .. }));
        assert_eq!(only(&rig.log(id), &["cancel"]), ["cancel: idle-task by idle"]);
    });
}
