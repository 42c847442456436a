//! An app whose host stops: its tasks have their graces, it saves what it has, and nothing of it begins again.

use dormouse::{AppError, Launch, Outcome, VisibilityLease};
use dormouse_core::app::lifecycle::AppState;
use test_artifacts as programs;
use tokio::task::JoinHandle;

use super::{Life, live};

type Launching = JoinHandle<Result<VisibilityLease, AppError>>;

/// Somebody launches it, and what follows at once has followed.
async fn launching(life: &Life<'_>, arguments: &str) -> Launching {
    let (handle, launch) = (life.handle.clone(), Launch { arguments: arguments.to_owned() });
    let launching = tokio::spawn(async move { handle.launch(launch).await });
    life.rig.settle().await;
    launching
}

/// The host stops, nothing of the app is left, and it ended so.
async fn stops(life: &Life<'_>, force: bool, end: &str) {
    life.rig.waited("the end of the host", Box::pin(life.rig.host.shutdown(force))).await;
    assert_eq!((life.ends(), life.state()), (vec![end.to_owned()], AppState::NotRunning));
    assert_eq!(life.rig.host.stats().app_instances, 0);
}

async fn ended(launching: Launching) {
    let answer = launching.await.unwrap();
    assert!(matches!(answer, Err(AppError::Ended { .. })), "{answer:?}");
}

#[test]
fn who_waits_for_an_app_does_not_have_it_begun_anew_by_a_host_that_stops_by_force() {
    live(programs::APP_BAD_RETURNS_NEVER, async |life| {
        let first = launching(&life, "launched").await;
        let behind = launching(&life, "again").await;
        assert!(!first.is_finished() && !behind.is_finished());
        stops(&life, true, "terminated").await;
        ended(first).await;
        ended(behind).await;
    });
}

#[test]
fn an_app_that_does_not_end_well_does_not_hold_up_the_end_of_its_host() {
    for (program, handler, end) in [
        (programs::APP_BAD_RETURNS_NEVER, "suspending", "suspend-failed"),
        (programs::APP_BAD_TRAPS, "suspending", "crashed"),
        (programs::APP_BAD_RETURNS_NEVER, "entered-background", "hung"),
    ] {
        live(program, async |life| {
            let lease = life.launch(handler).await;
            if handler == "entered-background" {
                // Somebody is back before it has left, and waits behind that.
                drop(lease);
                life.rig.settle().await;
                let behind = launching(&life, "again").await;
                stops(&life, false, end).await;
                ended(behind).await;
            } else {
                stops(&life, false, end).await;
            }
        });
    }
}

#[test]
fn uwp_082_tasks_in_an_app_have_their_graces_before_it_is_suspended_for_a_host_that_stops() {
    for (arguments, by_force) in [("waits", false), ("ignores", true)] {
        live(programs::APP_HOSTS_TASKS, async |life| {
            let id = life.task("lasts").await;
            life.rig.request(id, arguments).await;
            life.rig.settle().await;
            assert_eq!(life.handle.view().runs, 1);
            let mark = life.mark();
            stops(&life, false, "host-stopped").await;
            let outcomes = life.rig.outcomes();
            let [Outcome::Canceled { forced, .. }] = &outcomes[..] else { panic!("{outcomes:?}") };
            assert_eq!(*forced, by_force, "{arguments}");
            assert_eq!(life.heard(mark), ["suspending"], "{arguments}: there is still something to save");
        });
    }
}
