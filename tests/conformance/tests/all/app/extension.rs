//! Extended execution (UWP-140 to UWP-142).

use dormouse_core::app::lifecycle::{AppState, ExtensionReason};
use test_artifacts as programs;

use super::{Life, live};
use crate::SECOND;

fn extends(test: impl AsyncFnOnce(Life<'_>)) {
    live(programs::APP_EXTENDS, test);
}

#[track_caller]
fn says(life: &Life<'_>, line: &str) {
    assert!(life.lines().iter().any(|said| said == line), "no {line:?} among {:#?}", life.lines());
}

#[test]
pub(crate) fn app_extends() {
    extends(async |life| {
        life.hidden("entered-background:unspecified").await;
        says(&life, "extension unspecified granted");
        assert_eq!(life.handle.view().extension, Some(ExtensionReason::Unspecified));
        life.rig.advance(SECOND * 590).await;
        assert_eq!(life.state(), AppState::Background, "UWP-140: it is not suspended");
        life.rig.advance(SECOND * 20).await;
        says(&life, "revoked reason=system-policy");
        life.rig.advance(SECOND * 2).await;
        assert_eq!(life.state(), AppState::Suspended);
    });
}

#[test]
fn uwp_140_a_second_one_is_refused_and_the_first_one_stays() {
    extends(async |life| {
        life.hidden("entered-background:unspecified,saving-data").await;
        says(&life, "extension saving-data denied error=exists");
        life.rig.advance(SECOND * 60).await;
        assert_eq!(life.state(), AppState::Background);
    });
}

#[test]
fn uwp_141_only_saving_data_is_granted_while_it_is_being_suspended() {
    extends(async |life| {
        life.hidden("suspending:unspecified,saving-data unwatched").await;
        life.rig.advance(SECOND * 10).await;
        says(&life, "extension unspecified denied error=suspending");
        says(&life, "extension saving-data granted");
        assert_eq!(life.state(), AppState::Suspending);
        life.rig.advance(SECOND * 14).await;
        assert_eq!(life.state(), AppState::Suspending, "though it had 5 s without");
        life.rig.advance(SECOND * 2).await;
        assert_eq!(life.state(), AppState::Suspended, "row 10: revoked, and over a second later");
        assert!(life.ends().is_empty());
    });
}

#[test]
fn uwp_142_whoever_asks_again_and_again_puts_a_suspension_off_once() {
    extends(async |life| {
        life.hidden("suspending:saving-data,saving-data,saving-data work:14000").await;
        life.rig.advance(SECOND * 10).await;
        life.rig.advance(SECOND * 13).await;
        assert_eq!(life.state(), AppState::Suspending);
        life.rig.advance(SECOND).await;
        says(&life, "extension saving-data denied error=denied-by-policy");
        assert_eq!(life.state(), AppState::Suspended);
    });
}

#[test]
fn uwp_141_who_is_done_earlier_is_suspended_earlier() {
    extends(async |life| {
        life.hidden("suspending:saving-data work:7000").await;
        life.rig.advance(SECOND * 10).await;
        life.rig.advance(SECOND * 6).await;
        assert_eq!(life.state(), AppState::Suspending);
        life.rig.advance(SECOND).await;
        says(&life, "worked 7000");
        assert_eq!(life.state(), AppState::Suspended);
    });
}

#[test]
fn uwp_142_whoever_returns_revokes_it_and_it_has_a_second() {
    extends(async |life| {
        life.hidden("entered-background:unspecified close-on-revoked").await;
        life.rig.advance(SECOND * 60).await;
        let _lease = life.handle.show().await.unwrap();
        life.rig.settle().await;
        says(&life, "revoked reason=resumed");
        says(&life, "closes");
        assert_eq!(life.handle.view().extension, None);
    });
}

#[test]
fn row_23_it_is_hidden_with_an_extended_execution_and_closes_it() {
    extends(async |life| {
        life.hidden("entered-background:unspecified close-after:60000").await;
        life.rig.advance(SECOND * 59).await;
        assert_eq!(life.state(), AppState::Background);
        life.rig.advance(SECOND * 2).await;
        says(&life, "closes");
        assert_eq!(life.state(), AppState::Suspended, "it was out of sight for longer than 10 s");
    });
}
