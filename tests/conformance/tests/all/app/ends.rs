//! The rows of the table by which an app ends without being asked, or at its own wish, event by event.

use std::time::Duration;

use dormouse::{AppError, AppPolicy, Launch};
use dormouse_core::app::lifecycle::{AppState, End};
use test_artifacts as programs;

use super::live;
use crate::SECOND;

#[test]
fn row_09_it_is_not_done_with_suspending_in_time() {
    live(programs::APP_BAD_RETURNS_NEVER, async |life| {
        life.hidden("suspending").await;
        let mark = life.mark();
        life.rig.advance(SECOND * 10).await;
        assert_eq!(life.became(mark), ["became suspending", "call suspending"]);
        let mark = life.mark();
        life.rig.advance(SECOND * 5).await;
        assert_eq!(life.became(mark), ["end suspend-failed", "became not-running"]);
    });
}

#[test]
fn row_10_it_saves_data_until_that_is_revoked() {
    live(programs::APP_EXTENDS, async |life| {
        life.hidden("suspending:saving-data unwatched").await;
        let mark = life.mark();
        life.rig.advance(SECOND * 10).await;
        assert_eq!(life.became(mark), ["became suspending", "call suspending"]);
        let mark = life.mark();
        life.rig.advance(SECOND * 14).await;
        assert!(life.became(mark).is_empty(), "though it has returned");
        life.rig.advance(SECOND).await;
        assert_eq!(life.became(mark), ["revoke SystemPolicy"]);
        let mark = life.mark();
        life.rig.advance(SECOND).await;
        assert_eq!(life.became(mark), ["extension over", "became suspended"]);
    });
}

#[test]
fn row_19_it_crashes() {
    live(programs::APP_BAD_TRAPS, async |life| {
        let mark = life.mark();
        let launched = life.handle.launch(Launch { arguments: "launched".to_owned() }).await;
        let Err(AppError::Ended { end: End::Crashed, message }) = launched else { panic!("{launched:?}") };
        assert!(message.contains("unreachable"), "{message}");
        life.rig.settle().await;
        let became = ["became background", "call launched", "end crashed", "became not-running"];
        assert_eq!(life.became(mark), became);
        assert_eq!(life.state(), AppState::NotRunning);
    });
}

#[test]
fn uwp_143_an_app_that_asks_to_be_restarted_again_and_again_is_so_after_a_while() {
    live(programs::APP_RESTARTS, async |life| {
        let lease = life.launch("").await;
        let _one = life.launch("restart:one").await;
        life.rig.settle().await;
        assert_eq!(life.ends(), ["restarted"]);
        let mark = life.mark();
        let _two = life.launch("restart:two").await;
        life.rig.advance(AppPolicy::UWP.restart - Duration::from_millis(1)).await;
        let _three = life.launch("restart:three").await;
        life.rig.settle().await;
        assert_eq!(life.ends().len(), 1, "{:?}", life.said(mark));
        life.rig.advance(Duration::from_millis(1)).await;
        let _four = life.launch("restart:four").await;
        life.rig.settle().await;
        let answers: Vec<_> =
            life.said(mark).into_iter().filter(|said| said.starts_with("restart ")).collect();
        let expected = [("two", "pending"), ("three", "pending"), ("four", "ok")];
        let said = |(arguments, answer)| format!("restart arguments={arguments:?} answer={answer}");
        assert_eq!(answers, expected.map(said));
        assert_eq!((life.ends().len(), life.state()), (2, AppState::Foreground));
        assert!(lease.is_valid());
    });
}

#[test]
fn row_20_it_asks_to_be_restarted() {
    live(programs::APP_RESTARTS, async |life| {
        let lease = life.launch("").await;
        life.rig.settle().await;
        let mark = life.mark();
        let _again = life.launch("restart:again").await;
        life.rig.settle().await;
        let became = [
            "call launched",
            "settled launch",
            "call entered-background",
            "call memory-limit-changing",
            "limit 128",
            "became background",
            "became suspending",
            "call suspending",
            "became suspended",
            "end restarted",
            "became not-running",
            "became background",
            "call launched",
            "settled launch",
            "call leaving-background",
            "became foreground",
        ];
        assert_eq!(life.became(mark), became, "who saw it sees it again");
        assert!(lease.is_valid());
        let heard = life.heard(mark);
        assert_eq!(heard[4], "launched previous=terminated prelaunch=false arguments=\"again\"", "{heard:?}");
    });
}
