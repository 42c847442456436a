//! What is kept of an app, wherever its host falls: several lives of a host on one store.

use dormouse::testing::Rig;
use dormouse::{AppComponent, AppError, AppHandle, AppPolicy, Launch, VisibilityLease};
use dormouse_core::app::lifecycle::AppState;
use dormouse_core::app::previous::{Kept, PreviousExecutionState};
use dormouse_core::store::{Fault, StoreError};
use test_artifacts as programs;

use super::Life;
use crate::lives::Lives;
use crate::{SECOND, component};

pub(super) const PUT: &str = "put_app_state";

/// One life of a host on which the app is installed.
pub(super) fn life<R>(lives: &Lives, test: impl AsyncFnOnce(Life<'_>) -> R) -> R {
    lives.life(
        |builder| builder.app_policy(AppPolicy::UWP),
        async |rig| test(Life::installed(rig, programs::APP_KEEPS_STATE, |app| app)).await,
    )
}

/// What a launch in another life is told, by what the app says of it.
pub(super) fn next(lives: &Lives) -> String {
    life(lives, async |life| {
        let mark = life.mark();
        let _lease = life.launch("").await;
        life.heard(mark)[0].split_whitespace().nth(1).unwrap().to_owned()
    })
}

pub(super) fn away() -> StoreError {
    StoreError::Unavailable("as asked".to_owned())
}

#[test]
fn uwp_134_a_host_that_falls_leaves_every_app_as_one_that_crashed() {
    for suspended in [false, true] {
        let lives = Lives::new();
        life(&lives, async |life| {
            if suspended {
                life.suspended("add:3").await;
            } else {
                life.hidden("add:3").await;
            }
            assert_eq!(life.handle.view().kept, Some(Kept::Running));
        });
        assert_eq!(next(&lives), "previous=not-running", "suspended: {suspended}");
    }
}

#[test]
fn uwp_133_a_host_that_stops_suspends_its_apps_and_they_are_to_restore() {
    let lives = Lives::new();
    life(&lives, async |life| {
        let _lease = life.launch("add:3").await;
        let mark = life.mark();
        life.rig.host.shutdown(false).await;
        assert_eq!(
            life.heard(mark),
            ["entered-background", "memory-limit-changing old=268435456 new=134217728", "suspending"]
        );
        assert_eq!(life.ends(), ["host-stopped"]);
        assert!(matches!(life.handle.launch(Launch::default()).await, Err(AppError::Stopping)));
    });
    life(&lives, async |life| {
        let looked = life.handle.look().await.unwrap();
        assert_eq!(
            (looked.kept, looked.next_previous),
            (Some(Kept::Terminated), PreviousExecutionState::Terminated)
        );
        let _lease = life.launch("").await;
        assert!(life.lines().contains(&"restored 3".to_owned()), "{:?}", life.lines());
    });
}

#[test]
fn a_host_that_is_stopped_by_force_asks_nobody() {
    let lives = Lives::new();
    life(&lives, async |life| {
        let _lease = life.launch("add:3").await;
        let mark = life.mark();
        life.rig.host.shutdown(true).await;
        assert_eq!(life.heard(mark), [""; 0]);
        assert_eq!(life.ends(), ["terminated"]);
    });
    assert_eq!(next(&lives), "previous=not-running");
}

#[test]
fn uwp_135_what_its_user_closed_is_closed_also_to_the_next_host() {
    let lives = Lives::new();
    life(&lives, async |life| {
        life.hidden("add:3").await;
        life.handle.close().await.unwrap();
    });
    life(&lives, async |life| {
        let now = life.handle.look().await.unwrap().next_previous;
        assert_eq!(now, PreviousExecutionState::NotRunning, "at once");
        life.rig.advance(SECOND * 11).await;
        assert_eq!(life.handle.view().next_previous, PreviousExecutionState::ClosedByUser);
    });
    assert_eq!(next(&lives), "previous=closed-by-user");
}

/// The host falls at the `nth` record that it keeps.
fn falls(nth: usize, fault: Fault, test: impl AsyncFnOnce(Life<'_>, AppHandle)) -> String {
    let lives = Lives::new();
    lives.store.at(PUT, nth, fault);
    life(&lives, async |life| {
        let handle = life.handle.clone();
        test(life, handle).await;
    });
    lives.store.mend();
    next(&lives)
}

#[test]
fn nothing_of_an_app_runs_before_it_is_kept_that_it_is_there() {
    for (fault, told) in
        [(Fault::CrashBefore, "previous=not-running"), (Fault::CrashAfter, "previous=not-running")]
    {
        let told_next = falls(1, fault, async |life, handle| {
            tokio::select! {
                biased;
                launched = handle.launch(Launch::default()) => panic!("{launched:?}"),
                () = life.rig.advance(SECOND * 60) => {}
            }
            assert!(life.lines().is_empty(), "{:?}", life.lines());
        });
        assert_eq!(told_next, told);
    }
}

#[test]
fn what_was_given_up_is_terminated_only_once_that_is_kept() {
    for (fault, told) in
        [(Fault::CrashBefore, "previous=not-running"), (Fault::CrashAfter, "previous=terminated")]
    {
        let told_next = falls(2, fault, async |life, handle| {
            life.suspended("").await;
            tokio::select! {
                biased;
                ended = handle.terminate() => panic!("{ended:?}"),
                () = life.rig.advance(SECOND * 60) => {}
            }
            assert_eq!(life.ends(), [""; 0], "its memory goes behind it");
        });
        assert_eq!(told_next, told);
    }
}

#[test]
fn what_is_closed_is_closed_only_once_that_is_kept() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let is_kept = matches!(fault, Fault::CrashAfter);
        let lives = Lives::new();
        lives.store.at(PUT, 2, fault);
        life(&lives, async |life| {
            life.hidden("").await;
            tokio::select! {
                biased;
                ended = life.handle.close() => panic!("{ended:?}"),
                () = life.rig.advance(SECOND * 60) => {}
            }
        });
        lives.store.mend();
        let kept = life(&lives, async |life| life.handle.look().await.unwrap().kept);
        assert_eq!(kept, Some(if is_kept { Kept::ClosedByUser } else { Kept::Running }));
    }
}

#[test]
fn an_app_whose_store_refuses_is_not_begun_and_was_what_it_was() {
    let lives = Lives::new();
    life(&lives, async |life| {
        life.suspended("add:3").await;
        life.handle.terminate().await.unwrap();
    });
    let puts = lives.calls(PUT);
    // Whether it was written or not: nothing ran.
    for (nth, fault) in [(1, Fault::Refused(away())), (3, Fault::AnswerLost(away()))] {
        lives.store.at(PUT, puts + nth, fault);
    }
    life(&lives, async |life| {
        for _ in 0..2 {
            let mark = life.mark();
            let refused = life.handle.launch(Launch::default()).await;
            assert!(matches!(refused, Err(AppError::Store(_))), "{refused:?}");
            life.rig.settle().await;
            assert_eq!(life.heard(mark), [""; 0]);
            assert_eq!(life.state(), AppState::NotRunning);
            assert_eq!(life.handle.view().next_previous, PreviousExecutionState::Terminated);
        }
        let _lease: VisibilityLease = life.launch("").await;
        assert!(life.lines().contains(&"restored 3".to_owned()), "{:?}", life.lines());
    });
}

#[test]
fn an_end_that_the_store_does_not_take_is_written_when_it_does() {
    let lives = Lives::new();
    life(&lives, async |life| {
        life.suspended("").await;
        lives.store.always(PUT, Fault::Refused(away()));
        life.handle.terminate().await.unwrap();
        assert_eq!(
            life.handle.view().next_previous,
            PreviousExecutionState::Terminated,
            "what is known counts"
        );
        assert_eq!(life.rig.host.stats().app_instances, 0, "its memory is free all the same");
        lives.store.mend();
        life.rig.advance(SECOND * 10).await;
    });
    assert_eq!(next(&lives), "previous=terminated");
}

/// Its host stops while the store answers nothing about apps any more.
fn stops_unanswered(force: bool, lives: &Lives, begun: impl AsyncFnOnce(&Life<'_>)) -> String {
    life(lives, async |life| {
        begun(&life).await;
        life.rig.waited("the end of the host", Box::pin(life.rig.host.shutdown(force))).await;
        assert_eq!(life.rig.host.stats().app_instances, 0, "its memory is free");
    });
    lives.store.mend();
    next(lives)
}

#[test]
fn a_store_that_never_answers_holds_up_the_end_of_its_host_for_a_while_and_not_for_ever() {
    for force in [false, true] {
        // At its begin, ...
        let lives = Lives::new();
        lives.store.always(PUT, Fault::Unanswered);
        let told = stops_unanswered(force, &lives, async |life| {
            let handle = life.handle.clone();
            let launch = tokio::spawn(async move { handle.launch(Launch::default()).await.is_ok() });
            life.rig.settle().await;
            assert!(!launch.is_finished() && life.lines().is_empty(), "nothing runs that is not kept");
        });
        assert_eq!(told, "previous=not-running");

        // ... as it is given up, ...
        let lives = Lives::new();
        let told = stops_unanswered(force, &lives, async |life| {
            life.suspended("").await;
            lives.store.always(PUT, Fault::Unanswered);
            let handle = life.handle.clone();
            let given_up = tokio::spawn(async move { handle.terminate().await.is_ok() });
            life.rig.settle().await;
            assert!(!given_up.is_finished() && life.ends().is_empty(), "its memory goes behind it");
        });
        assert_eq!(told, "previous=not-running");

        // ... and only then.
        let lives = Lives::new();
        let told = stops_unanswered(force, &lives, async |life| {
            life.suspended("").await;
            lives.store.always(PUT, Fault::Unanswered);
        });
        assert_eq!(told, "previous=not-running");
    }
}

#[test]
fn uwp_139_what_an_app_says_of_prelaunch_outlives_its_host() {
    let lives = Lives::new();
    let prelaunches = async |rig: &Rig, arguments: Option<&str>| {
        let bytes = component(programs::APP_PRELAUNCHES);
        let app = rig.install_app_as(Rig::app(), AppComponent::compile(rig.host.engine(), &bytes).unwrap());
        if let Some(arguments) = arguments {
            drop(rig.launch(&app, arguments).await);
            rig.settle().await;
            app.terminate().await.unwrap();
        }
        app.prelaunch().await.unwrap()
    };
    use dormouse::Prelaunched;
    let life = |arguments| lives.life(|builder| builder, async |rig| prelaunches(rig, arguments).await);
    assert_eq!(life(None), Prelaunched::NotOptedIn);
    assert_eq!(life(Some("enable-prelaunch:true")), Prelaunched::Yes);
    assert_eq!(life(None), Prelaunched::Yes);
    assert_eq!(life(Some("enable-prelaunch:false")), Prelaunched::NotOptedIn);
    assert_eq!(life(None), Prelaunched::NotOptedIn);
}
