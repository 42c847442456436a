//! Instances in which only background tasks run: nobody activated them, so what is kept of the app is not about them, and
//! no launch is told anything else than without them (UWP-122, UWP-133 to UWP-135).

use dormouse::{AppError, Launch, Outcome};
use dormouse_core::app::lifecycle::AppState;
use dormouse_core::app::previous::{Kept, PreviousExecutionState};
use dormouse_core::store::Fault;

use super::Life;
use super::keeping::{PUT, away, life, next};
use crate::lives::Lives;
use crate::{SECOND, abort};

/// An app that saved what it had and was given up for its memory, and for which a task runs then.
async fn begun_anew(life: &Life<'_>, arguments: &str) {
    life.suspended("add:3").await;
    life.handle.terminate().await.unwrap();
    let id = life.task("work").await;
    life.rig.request(id, arguments).await;
    life.rig.settle().await;
    let view = life.handle.view();
    assert_eq!((view.state, view.session), (AppState::Background, 2));
}

/// How such an instance may end.
#[derive(Clone, Copy, Debug)]
enum Ends {
    WithItsHost,
    WithItsTask,
    Reclaimed,
    Terminated,
    Closed,
    HostStopped,
}

#[test]
fn what_a_task_does_to_an_app_that_nobody_launched_is_nothing_to_its_next_launch() {
    use Ends::{Closed, HostStopped, Reclaimed, Terminated, WithItsHost, WithItsTask};

    for ends in [WithItsHost, WithItsTask, Reclaimed, Terminated, Closed, HostStopped] {
        let lives = Lives::new();
        life(&lives, async |life| {
            let arguments = if matches!(ends, WithItsTask) { "ignores" } else { "" };
            begun_anew(&life, arguments).await;
            assert_eq!(lives.calls(PUT), 2, "{ends:?}: of the launch, and of its end");
            match ends {
                WithItsHost => {}
                WithItsTask => {
                    let [(run, activation, _)] = life.rig.host.running()[..] else { panic!("it runs") };
                    assert!(life.rig.host.kill(run, abort()));
                    life.rig.completed(activation).await;
                    life.rig.settle().await;
                    assert_eq!(life.ends().last().map(String::as_str), Some("task-killed"));
                }
                Reclaimed => {
                    life.rig.advance(SECOND * 10).await;
                    assert_eq!(life.state(), AppState::Suspended);
                    life.handle.terminate().await.unwrap();
                }
                Terminated => drop(life.handle.terminate().await.unwrap()),
                Closed => drop(life.handle.close().await.unwrap()),
                HostStopped => {
                    life.rig.host.shutdown(false).await;
                }
            }
            assert_eq!(lives.calls(PUT), 2, "{ends:?}: nothing is kept of it");
            let view = life.handle.view();
            assert_eq!(view.next_previous, PreviousExecutionState::Terminated, "{ends:?}");
            assert_eq!(view.kept, Some(Kept::Terminated), "{ends:?}");
        });
        assert_eq!(next(&lives), "previous=terminated", "{ends:?}");
    }
}

#[test]
fn uwp_135_what_its_user_closed_stays_closed_whatever_its_tasks_do() {
    let lives = Lives::new();
    life(&lives, async |life| {
        life.hidden("add:3").await;
        life.handle.close().await.unwrap();
        let id = life.task("work").await;
        life.rig.fire(id, "").await;
        life.rig.advance(SECOND * 60).await;
        assert_eq!(life.state(), AppState::Suspended);
        life.handle.terminate().await.unwrap();
        let mark = life.mark();
        let _lease = life.launch("").await;
        assert!(
            life.heard(mark)[0].starts_with("launched previous=closed-by-user"),
            "{:?}",
            life.heard(mark)
        );
    });
}

#[test]
fn an_instance_that_is_launched_after_its_tasks_is_told_what_was_kept_and_is_kept_from_then_on() {
    let lives = Lives::new();
    life(&lives, async |life| {
        begun_anew(&life, "").await;
        let mark = life.mark();
        let _lease = life.launch("").await;
        assert!(life.heard(mark)[0].starts_with("launched previous=terminated"), "{:?}", life.heard(mark));
        let view = life.handle.view();
        assert_eq!((view.session, view.kept), (2, Some(Kept::Running)));
        assert_eq!(view.next_previous, PreviousExecutionState::Running);
    });
    assert_eq!(next(&lives), "previous=not-running", "UWP-134");
}

#[test]
fn a_task_needs_no_record_of_the_app_that_it_runs_in() {
    let lives = Lives::new();
    life(&lives, async |life| {
        let id = life.task("tick").await;
        lives.store.always(PUT, Fault::Refused(away()));
        assert!(life.rig.fire(id, "").await.run.outcome.is_success());
        lives.store.mend();
    });
}

#[test]
fn a_launch_that_the_store_does_not_keep_takes_the_tasks_of_its_instance_along_and_no_others() {
    let lives = Lives::new();
    life(&lives, async |life| {
        let id = life.task("work").await;
        let activation = life.rig.request(id, "waits").await;
        life.rig.settle().await;
        lives.store.always(PUT, Fault::Refused(away()));
        let refused = life.handle.launch(Launch::default()).await;
        assert!(matches!(refused, Err(AppError::Store(_))), "{refused:?}");
        let Outcome::Canceled { cancellation, .. } = life.rig.completed(activation).await.run.outcome.clone()
        else {
            panic!("it ends with its app")
        };
        assert_eq!(cancellation.policy, "app-ended");
        assert!(cancellation.detail.contains("the store did not keep"), "{cancellation:?}");
        assert!(life.rig.fire(id, "").await.run.outcome.is_success(), "the next one needs no record");
        lives.store.mend();
    });
}
