//! What an app is told: of its memory, of what became of its tasks, of how it ended, and what it may do about that.

use std::time::Duration;

use dormouse::{Launch, Prelaunched};
use dormouse_core::app::lifecycle::AppState;
use dormouse_core::app::memory::MemoryLevel;
use test_artifacts as programs;

use super::{Life, live, live_on};
use crate::SECOND;

#[track_caller]
fn says(life: &Life<'_>, line: &str) {
    assert!(life.lines().iter().any(|said| said == line), "no {line:?} among {:#?}", life.lines());
}

#[test]
fn uwp_108_levels_are_told_when_they_are_left() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        let _lease = life.launch("grow:140").await;
        life.rig.settle().await;
        let limit = 256 * super::MIB;
        let told = format!("memory-usage-changed change=increased level=medium limit={limit}");
        assert!(life.heard(super::Mark { events: 0, lines: 0 }).contains(&told), "{:?}", life.lines());
        assert_eq!(life.handle.view().memory_level, MemoryLevel::Medium);
    });
}

#[test]
fn uwp_109_a_growth_above_the_limit_is_refused_and_told() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        let _lease = life.launch("grow:300 memory").await;
        says(&life, "refused 300 MiB");
        says(&life, &format!("memory level=low limit={}", 256 * super::MIB));
        let events = life.rig.events.app_events();
        assert!(events.iter().any(|event| event.kind.name() == "memory-refused"), "{events:#?}");
    });
}

#[test]
pub(crate) fn app_keeps_state() {
    live(programs::APP_KEEPS_STATE, async |life| {
        life.suspended("add:3").await;
        says(&life, "started fresh");
        says(&life, "saved 3");
        let mark = life.mark();
        let _lease = life.handle.show().await.unwrap();
        assert_eq!(life.said(mark)[1], "kept 3", "UWP-130: {:?}", life.said(mark));
    });
}

#[test]
fn uwp_133_what_was_given_up_while_it_was_suspended_is_restored() {
    live(programs::APP_KEEPS_STATE, async |life| {
        life.suspended("add:3").await;
        life.handle.terminate().await.unwrap();
        let _lease = life.launch("add:1").await;
        says(&life, "restored 3");
        says(&life, "counter 4");
    });
}

#[test]
fn uwp_134_what_crashed_begins_anew() {
    live(programs::APP_KEEPS_STATE, async |life| {
        life.suspended("add:3").await;
        let lease = life.handle.show().await.unwrap();
        drop(lease);
        life.rig.settle().await;
        // Not suspended: it had no chance to save what it has by now.
        life.handle.terminate().await.unwrap();
        let mark = life.mark();
        let _lease = life.launch("").await;
        assert_eq!(life.said(mark)[1], "started fresh");
    });
}

#[test]
pub(crate) fn app_defers() {
    live(programs::APP_DEFERS, async |life| {
        let lease = life.launch("entered-background suspending hold:2000").await;
        drop(lease);
        life.rig.advance(SECOND).await;
        assert_eq!(life.state(), AppState::Foreground, "it is not told yet that it is hidden");
        life.rig.advance(SECOND).await;
        says(&life, "completes entered-background");
        assert_eq!(life.state(), AppState::Background);
        life.rig.advance(SECOND * 11).await;
        assert_eq!(life.state(), AppState::Suspending, "UWP-128");
        life.rig.advance(SECOND).await;
        says(&life, "completes suspending");
        assert_eq!(life.state(), AppState::Suspended);
    });
}

#[test]
fn uwp_128_a_transition_says_when_it_must_be_done() {
    live(programs::APP_DEFERS, async |life| {
        life.hidden("suspending deadline hold:0").await;
        life.rig.advance(SECOND * 10).await;
        let at = (life.rig.now() + SECOND * 5).as_millis_f64();
        says(&life, &format!("deadline suspending remaining-ms=5000 at-ms={at:.0}"));
    });
}

#[test]
fn deferrals_are_counted_and_none_is_taken_afterwards() {
    live(programs::APP_DEFERS, async |life| {
        life.hidden("entered-background count:17 hold:0 late").await;
        life.rig.advance(SECOND * 10).await;
        says(&life, "defers entered-background deferrals=16 refused=too-many");
        says(&life, "late entered-background refused=ended");
    });
}

#[test]
pub(crate) fn app_sleeps() {
    live(programs::APP_SLEEPS, async |life| {
        life.hidden("tick:100").await;
        life.rig.advance(SECOND * 10).await;
        assert_eq!(life.state(), AppState::Suspended);
        let mark = life.mark();
        life.rig.advance(Duration::from_secs(3 * 24 * 60 * 60)).await;
        assert_eq!(life.said(mark), Vec::<String>::new(), "UWP-130: three days of nothing");
        let _lease = life.handle.show().await.unwrap();
        life.rig.settle().await;
        assert!(life.said(mark).iter().any(|line| line.starts_with("tick ")), "what is over is over");
    });
}

#[test]
pub(crate) fn app_hears_completions() {
    live(programs::APP_HEARS_COMPLETIONS, async |life| {
        let id = life.task("work").await;
        let lease = life.launch("").await;
        life.rig.settle().await;
        let mark = life.mark();
        life.rig.fire(id, "progress:5").await;
        life.rig.settle().await;
        assert!(life.heard(mark).contains(&"progressed value=5".to_owned()), "{:?}", life.said(mark));
        assert!(life.heard(mark).contains(&"completed count=1".to_owned()), "UWP-112: {:?}", life.said(mark));

        drop(lease);
        life.rig.settle().await;
        let mark = life.mark();
        life.rig.fire(id, "progress:6").await;
        life.rig.settle().await;
        assert!(!life.heard(mark).iter().any(|heard| heard.starts_with("progressed")), "UWP-111");
        assert!(life.heard(mark).contains(&"completed count=1".to_owned()));
    });
}

#[test]
pub(crate) fn app_prelaunches() {
    live_on(
        programs::APP_PRELAUNCHES,
        |host| host,
        |app| app.prelaunch(true),
        async |life| {
            assert_eq!(life.handle.prelaunch().await.unwrap(), Prelaunched::Yes);
            life.rig.settle().await;
            says(&life, "prepares");
            assert_eq!(life.state(), AppState::Suspended);
            assert_eq!(life.handle.prelaunch().await.unwrap(), Prelaunched::Running);
            let _lease = life.launch("enable-prelaunch:false").await;
            says(&life, "shows prepared=true");
            life.handle.close().await.unwrap();
            assert_eq!(
                life.handle.prelaunch().await.unwrap(),
                Prelaunched::NotOptedIn,
                "what it says goes first"
            );
            let _lease = life.launch("enable-prelaunch:true").await;
            life.handle.close().await.unwrap();
            assert_eq!(life.handle.prelaunch().await.unwrap(), Prelaunched::Yes);
        },
    );
}

#[test]
fn uwp_139_nobody_is_prelaunched_while_memory_is_short() {
    live_on(
        programs::APP_PRELAUNCHES,
        |host| host,
        |app| app.prelaunch(true),
        async |life| {
            life.rig.conditions.set_memory_is_short(true);
            assert_eq!(life.handle.prelaunch().await.unwrap(), Prelaunched::ShortOfMemory);
            assert_eq!((life.state(), life.handle.view().session), (AppState::NotRunning, 0));
            life.rig.conditions.set_memory_is_short(false);
            assert_eq!(life.handle.prelaunch().await.unwrap(), Prelaunched::Yes);
        },
    );
}

#[test]
fn uwp_139_nobody_is_prelaunched_who_did_not_agree_to_it() {
    live(programs::APP_PRELAUNCHES, async |life| {
        assert_eq!(life.handle.prelaunch().await.unwrap(), Prelaunched::NotOptedIn);
        assert_eq!(life.state(), AppState::NotRunning);
    });
}

#[test]
pub(crate) fn app_restarts() {
    live(programs::APP_RESTARTS, async |life| {
        let lease = life.launch("restart:first").await;
        life.rig.settle().await;
        says(&life, "restart arguments=\"first\" answer=not-in-foreground");
        let again = Launch { arguments: "restart-twice:second".to_owned() };
        let _again = life.handle.launch(again).await;
        life.rig.settle().await;
        says(&life, "restart arguments=\"second\" answer=ok");
        says(&life, "restart arguments=\"second\" answer=pending");
        says(&life, "heard launched previous=terminated prelaunch=false arguments=\"second\"");
        assert_eq!(
            (life.ends(), life.state()),
            (vec!["restarted".to_owned()], AppState::Foreground),
            "UWP-143"
        );
        assert!(lease.is_valid(), "who saw it sees it again");
    });
}

#[test]
fn uwp_143_arguments_that_are_too_long_are_refused_and_the_app_goes_on() {
    live(programs::APP_RESTARTS, async |life| {
        let _lease = life.launch("").await;
        life.rig.settle().await;
        let _again = life.launch("restart-long:65537").await;
        life.rig.settle().await;
        says(&life, "restart bytes=65537 answer=too-long");
        assert_eq!((life.ends(), life.state()), (Vec::new(), AppState::Foreground));
        let again = Launch { arguments: "restart-long:65536".to_owned() };
        let _again = life.handle.launch(again).await;
        life.rig.settle().await;
        says(&life, "restart bytes=65536 answer=ok");
        assert_eq!(life.ends(), ["restarted"]);
    });
}
