//! The table of transitions, row by row: what the host says, and what the guest heard of it.

use dormouse::{Prelaunched, VisibilityLease};
use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::AppState;
use test_artifacts as programs;

use super::{Life, Mark, live};
use crate::SECOND;

pub(super) fn everything(test: impl AsyncFnOnce(Life<'_>)) {
    live(programs::APP_HEARS_EVERYTHING, test);
}

/// Everything that can happen without time has, and it is this.
#[track_caller]
fn is(life: &Life<'_>, mark: Mark, became: &[&str], heard: &[&str]) {
    assert_eq!(life.became(mark), became);
    assert_eq!(life.heard(mark), heard);
}

const LAUNCH: &str = "launched previous=not-running prelaunch=false arguments=\"\"";
const TIMER: &str = "activated previous=not-running kind=timer name=\"tea\"";
const TO_FOREGROUND: &str = "memory-limit-changing old=134217728 new=268435456";
const TO_BACKGROUND: &str = "memory-limit-changing old=268435456 new=134217728";

pub(super) fn timer() -> AppActivation {
    AppActivation::Timer { name: "tea".to_owned() }
}

pub(super) async fn seen(life: &Life<'_>) -> VisibilityLease {
    let lease = life.launch("").await;
    life.rig.settle().await;
    assert_eq!(life.state(), AppState::Foreground);
    lease
}

#[test]
pub(crate) fn app_hears_everything() {
    everything(async |life| {
        let mark = life.mark();
        let _lease = life.launch("state").await;
        life.rig.settle().await;
        assert_eq!(
            life.said(mark),
            [
                "heard launched previous=not-running prelaunch=false arguments=\"state\"",
                "state background",
                "heard leaving-background",
                "state background",
            ]
        );
    });
}

#[test]
fn row_01_a_user_launches_it() {
    everything(async |life| {
        let mark = life.mark();
        let _lease = seen(&life).await;
        let became = [
            "became background",
            "call launched",
            "settled launch",
            "call leaving-background",
            "became foreground",
        ];
        is(&life, mark, &became, &[LAUNCH, "leaving-background"]);
    });
}

#[test]
fn row_02_a_contract_activates_it() {
    everything(async |life| {
        let mark = life.mark();
        let _lease = life.handle.activate(timer()).await.unwrap();
        life.rig.settle().await;
        let became = [
            "became background",
            "call activated",
            "settled timer",
            "call leaving-background",
            "became foreground",
        ];
        is(&life, mark, &became, &[TIMER, "leaving-background"]);
    });
}

#[test]
fn row_03_it_is_prelaunched_and_row_13_its_user_launches_it() {
    super::live_on(
        programs::APP_HEARS_EVERYTHING,
        |builder| builder,
        |app| app.prelaunch(true),
        async |life| {
            let mark = life.mark();
            assert_eq!(life.handle.prelaunch().await.unwrap(), Prelaunched::Yes);
            life.rig.settle().await;
            let became = [
                "became background",
                "call launched",
                "settled launch",
                "became suspending",
                "call suspending",
                "became suspended",
            ];
            let heard = ["launched previous=not-running prelaunch=true arguments=\"\"", "suspending"];
            is(&life, mark, &became, &heard);
            assert!(life.handle.view().prelaunched);

            let mark = life.mark();
            let _lease = seen(&life).await;
            let became = [
                "limit 256",
                "became background",
                "call resuming",
                "call launched",
                "settled launch",
                "call leaving-background",
                "became foreground",
            ];
            let heard = [
                "resuming away-ms=0",
                "launched previous=suspended prelaunch=false arguments=\"\"",
                "leaving-background",
            ];
            is(&life, mark, &became, &heard);
            assert!(!life.handle.view().prelaunched, "row 13");
        },
    );
}

#[test]
fn row_04_a_task_runs_in_it() {
    everything(async |life| {
        let id = life.task("tick").await;
        let mark = life.mark();
        assert!(life.rig.fire(id, "").await.run.outcome.is_success());
        is(
            &life,
            mark,
            &["became background", "enter"],
            &["background-activated name=\"tick\" arguments=\"\""],
        );
        assert_eq!(life.state(), AppState::Background, "UWP-122: nobody sees it");
    });
}

#[test]
fn row_05_it_is_hidden() {
    everything(async |life| {
        let lease = seen(&life).await;
        let mark = life.mark();
        drop(lease);
        life.rig.settle().await;
        let became =
            ["call entered-background", "call memory-limit-changing", "limit 128", "became background"];
        is(&life, mark, &became, &["entered-background", TO_BACKGROUND]);
    });
}

#[test]
fn row_06_its_user_returns_early() {
    everything(async |life| {
        life.hidden("").await;
        life.rig.advance(SECOND * 9).await;
        let mark = life.mark();
        let _lease = life.handle.show().await.unwrap();
        life.rig.settle().await;
        let became =
            ["call memory-limit-changing", "limit 256", "call leaving-background", "became foreground"];
        is(&life, mark, &became, &[TO_FOREGROUND, "leaving-background"]);
    });
}

#[test]
fn row_07_nobody_returns_and_row_08_it_is_done_with_suspending() {
    everything(async |life| {
        life.hidden("").await;
        let mark = life.mark();
        life.rig.advance(SECOND * 9).await;
        is(&life, mark, &[], &[]);
        life.rig.advance(SECOND).await;
        is(&life, mark, &["became suspending", "call suspending", "became suspended"], &["suspending"]);
    });
}

#[test]
fn row_07_a_screen_is_locked() {
    everything(async |life| {
        let _lease = seen(&life).await;
        let mark = life.mark();
        assert_eq!(life.handle.suspend().await.unwrap().state, AppState::Suspended);
        let heard = ["entered-background", TO_BACKGROUND, "suspending"];
        assert_eq!(life.heard(mark), heard);
        life.rig.advance(SECOND * 60).await;
        let mark = life.mark();
        assert_eq!(
            life.handle.resume().await.unwrap().state,
            AppState::Foreground,
            "who saw it sees it again"
        );
        assert_eq!(life.heard(mark), ["resuming away-ms=60000", "leaving-background"]);
    });
}

#[test]
fn row_11_its_user_switches_back() {
    everything(async |life| {
        life.suspended("").await;
        life.rig.advance(SECOND * 60).await;
        let mark = life.mark();
        let lease = life.handle.show().await.unwrap();
        life.rig.settle().await;
        let back = [
            "limit 256",
            "became background",
            "call resuming",
            "call leaving-background",
            "became foreground",
        ];
        is(&life, mark, &back, &["resuming away-ms=60000", "leaving-background"]);

        drop(lease);
        life.rig.advance(SECOND * 10).await;
        let mark = life.mark();
        let _lease = seen(&life).await;
        let heard = ["resuming away-ms=0", "leaving-background"];
        assert_eq!(life.heard(mark), heard, "UWP-131: a launch without arguments is no launch");
        assert!(life.became(mark).contains(&"settled launch".to_owned()));
    });
}

#[test]
fn row_12_a_contract_activates_it_while_it_is_suspended() {
    everything(async |life| {
        life.suspended("").await;
        let mark = life.mark();
        let _lease = life.handle.activate(timer()).await.unwrap();
        life.rig.settle().await;
        let became = [
            "limit 256",
            "became background",
            "call resuming",
            "call activated",
            "settled timer",
            "call leaving-background",
            "became foreground",
        ];
        let heard = [
            "resuming away-ms=0",
            "activated previous=suspended kind=timer name=\"tea\"",
            "leaving-background",
        ];
        is(&life, mark, &became, &heard);
    });
}

#[test]
fn row_14_a_task_runs_in_it_while_it_is_suspended() {
    everything(async |life| {
        let id = life.task("tick").await;
        life.suspended("").await;
        life.rig.advance(SECOND * 7).await;
        let mark = life.mark();
        assert!(life.rig.fire(id, "").await.run.outcome.is_success());
        let heard = ["resuming away-ms=7000", "background-activated name=\"tick\" arguments=\"\""];
        is(&life, mark, &["became background", "call resuming", "enter"], &heard);
    });
}

#[test]
fn row_15_memory_is_short_while_it_is_suspended() {
    everything(async |life| {
        life.suspended("").await;
        let mark = life.mark();
        assert_eq!(life.handle.terminate().await.unwrap().state, AppState::NotRunning);
        is(&life, mark, &["end reclaimed", "became not-running"], &[]);
        let mark = life.mark();
        let _lease = seen(&life).await;
        assert_eq!(
            life.heard(mark)[0],
            "launched previous=terminated prelaunch=false arguments=\"\"",
            "UWP-133"
        );
    });
}

#[test]
fn row_16_memory_is_short_while_it_is_in_the_background() {
    everything(async |life| {
        life.hidden("").await;
        let mark = life.mark();
        life.handle.terminate().await.unwrap();
        is(&life, mark, &["end terminated", "became not-running"], &[]);
        let mark = life.mark();
        let _lease = seen(&life).await;
        assert_eq!(life.heard(mark)[0], LAUNCH, "it had no chance to save");
    });
}

#[test]
fn row_17_it_is_activated_while_it_runs() {
    everything(async |life| {
        let lease = seen(&life).await;
        let mark = life.mark();
        let other = life.handle.activate(timer()).await.unwrap();
        life.rig.settle().await;
        is(
            &life,
            mark,
            &["call activated", "settled timer"],
            &["activated previous=running kind=timer name=\"tea\""],
        );
        drop((lease, other));
        life.rig.settle().await;
        let mark = life.mark();
        life.handle.activate_hidden(timer()).await.unwrap();
        is(
            &life,
            mark,
            &["call activated", "settled timer"],
            &["activated previous=running kind=timer name=\"tea\""],
        );
        assert_eq!(life.state(), AppState::Background, "nobody asked to see it");
    });
}

#[test]
fn row_18_its_user_closes_it() {
    everything(async |life| {
        let _lease = seen(&life).await;
        let mark = life.mark();
        life.handle.close().await.unwrap();
        let became = [
            "call entered-background",
            "call memory-limit-changing",
            "limit 128",
            "became background",
            "became suspending",
            "call suspending",
            "became suspended",
            "end closed",
            "became not-running",
        ];
        is(&life, mark, &became, &["entered-background", TO_BACKGROUND, "suspending"]);
        let mark = life.mark();
        drop(seen(&life).await);
        assert_eq!(life.heard(mark)[0], LAUNCH, "UWP-135: closed a moment ago");
        life.handle.close().await.unwrap();
        life.rig.advance(SECOND * 11).await;
        let mark = life.mark();
        let _lease = seen(&life).await;
        assert_eq!(life.heard(mark)[0], "launched previous=closed-by-user prelaunch=false arguments=\"\"");
    });
}

#[test]
fn row_22_the_session_ends() {
    everything(async |life| {
        let _lease = seen(&life).await;
        let mark = life.mark();
        life.rig.host.end_session().await;
        is(&life, mark, &["end logged-off", "became not-running"], &[]);
    });
}
