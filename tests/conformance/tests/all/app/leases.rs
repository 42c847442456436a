//! Who wants to see an app.

use dormouse::{AppPolicy, Launch};
use dormouse_core::app::lifecycle::{AppState, End};
use futures::FutureExt as _;
use test_artifacts as programs;

use super::live;
use crate::SECOND;

#[test]
fn two_who_see_it_see_one_app_and_the_last_one_hides_it() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        let one = life.launch("").await;
        let other = life.handle.show().await.unwrap();
        assert_eq!(life.handle.view().leases, 2);
        let mark = life.mark();
        drop(one);
        life.rig.advance(SECOND * 60).await;
        assert_eq!((life.state(), life.heard(mark)), (AppState::Foreground, Vec::new()));
        drop(other);
        life.rig.settle().await;
        assert_eq!(life.state(), AppState::Background);
    });
}

#[test]
fn what_showed_an_instance_that_ended_shows_no_other() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        let gone = life.launch("").await;
        life.handle.close().await.unwrap();
        assert!(!gone.is_valid());
        assert_eq!(gone.lost().await, End::Closed);
        let lease = life.launch("").await;
        drop(gone);
        life.rig.settle().await;
        assert_eq!((life.state(), life.handle.view().leases), (AppState::Foreground, 1));
        assert!(lease.is_valid());
    });
}

#[test]
fn nobody_starts_an_app_by_having_seen_another_instance_of_it() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        let id = life.task("tick").await;
        let gone = life.launch("").await;
        life.handle.terminate().await.unwrap();
        life.rig.fire(id, "").await;
        assert_eq!(life.state(), AppState::Background, "UWP-122");
        drop(gone);
    });
}

#[test]
fn what_showed_an_app_shows_nothing_once_its_host_is_gone() {
    let lease = live(programs::APP_HEARS_EVERYTHING, async |life| life.launch("").await);
    assert!(!lease.is_valid());
    assert_eq!(lease.lost().now_or_never(), Some(End::Terminated), "who waits for it waits no longer");
}

#[test]
fn uwp_109_an_app_that_is_not_seen_after_all_may_have_as_much_as_in_the_background() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        {
            let launching = std::pin::pin!(life.handle.launch(Launch::default()));
            let _ = futures::poll!(launching);
        }
        life.rig.settle().await;
        let view = life.handle.view();
        assert_eq!((view.state, view.memory_limit), (AppState::Background, AppPolicy::UWP.background_bytes));
    });
}

#[test]
fn whoever_gives_a_launch_up_does_not_want_to_see_it() {
    live(programs::APP_DEFERS, async |life| {
        {
            let launch = Launch { arguments: "leaving-background hold:3000".to_owned() };
            let launching = std::pin::pin!(life.handle.launch(launch));
            let _ = futures::poll!(launching);
            life.rig.settle().await;
        }
        life.rig.advance(SECOND * 4).await;
        assert_eq!((life.state(), life.handle.view().leases), (AppState::Background, 0));
    });
}
