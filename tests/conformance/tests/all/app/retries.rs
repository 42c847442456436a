//! What becomes of the tasks in an app that ends, and which of them are tried again (UWP-085, UWP-086, UWP-094,
//! UWP-143).

use dormouse::testing::Rig;
use dormouse::{
    ActivationId, App, AppComponent, AppError, CancellationReason, Launch, Outcome, Overlap, RegistrationId,
    RetryPolicy, SignalTrigger, TaskBuilder, Trigger,
};
use dormouse_core::app::lifecycle::AppState;
use dormouse_core::{Cancellation, TrapKind};
use test_artifacts as programs;

use super::{Life, live};
use crate::{SECOND, abort, component};

/// A task that is tried twice if it fails, some of it beside each other.
async fn tried_twice(life: &Life<'_>) -> RegistrationId {
    let task = TaskBuilder::new("twice").trigger(Trigger::Application).overlap(Overlap::Parallel { max: 3 });
    life.rig.register(task.retry(RetryPolicy::exponential(2).unwrap())).await
}

/// So many of it run in the app.
async fn begun<const N: usize>(life: &Life<'_>, id: RegistrationId, arguments: &str) -> [ActivationId; N] {
    let mut begun = Vec::new();
    for _ in 0..N {
        begun.push(life.rig.request(id, arguments).await);
    }
    life.rig.settle().await;
    assert_eq!(usize::try_from(life.handle.view().runs).unwrap(), N);
    begun.try_into().unwrap()
}

/// Cancelled because the app that it was in came to its end, by this policy.
#[track_caller]
fn assert_went_along(outcome: &Outcome, policy: &str) {
    let Outcome::Canceled { cancellation, .. } = outcome else { panic!("{outcome:?}") };
    let by = (cancellation.reason, cancellation.policy.as_str());
    assert_eq!(by, (CancellationReason::Terminating, policy), "{cancellation:?}");
}

/// It was tried twice, and the second attempt got through.
async fn assert_got_through(life: &Life<'_>, activation: ActivationId) {
    let run = life.rig.completed(activation).await.run;
    assert_eq!((&run.outcome, run.attempt), (&Outcome::Succeeded, 2));
}

#[test]
fn uwp_085_a_trap_fails_every_task_in_the_app_and_each_is_tried_again_in_the_next_instance() {
    live(programs::APP_BAD_TRAPS, async |life| {
        let id = tried_twice(&life).await;
        let _lease = life.launch("").await;
        let both = begun::<2>(&life, id, "sleep:5000").await;
        let launch = Launch { arguments: "launched".to_owned() };
        assert!(matches!(life.handle.launch(launch).await, Err(AppError::Ended { .. })));
        life.rig.settle().await;
        let outcomes = life.rig.outcomes();
        assert_eq!(outcomes.len(), 2);
        for outcome in outcomes {
            let Outcome::Trapped { kind, message } = outcome else { panic!("{outcome:?}") };
            assert_eq!(kind, TrapKind::Unreachable);
            assert!(message.starts_with("its app ended: "), "{message}");
        }
        assert_eq!(life.state(), AppState::NotRunning, "it waits before it is tried again");
        for activation in both {
            assert_got_through(&life, activation).await;
        }
        assert_eq!((life.ends(), life.handle.view().leases), (vec!["crashed".to_owned()], 0), "UWP-122");
    });
}

#[test]
fn uwp_086_a_task_that_is_ended_by_force_takes_the_others_along_and_they_are_tried_again() {
    live(programs::APP_HOSTS_TASKS, async |life| {
        let id = tried_twice(&life).await;
        let [killed, one, other] = begun::<3>(&life, id, "sleep:5000").await;
        assert!(life.rig.host.kill(life.run_of(killed), abort()));
        life.rig.settle().await;
        let is_the_killed = |outcome: &Outcome| matches!(outcome, Outcome::Canceled { cancellation, forced: true } if *cancellation == abort());
        let (itself, others): (Vec<_>, Vec<_>) = life.rig.outcomes().into_iter().partition(is_the_killed);
        assert_eq!((itself.len(), others.len()), (1, 2));
        for outcome in &others {
            assert_went_along(outcome, Cancellation::APP_ENDED);
        }
        for activation in [one, other] {
            assert_got_through(&life, activation).await;
        }
        let run = life.rig.completed(killed).await.run;
        assert_eq!(run.attempt, 1, "whoever ended it does not want it again: {:?}", run.outcome);
        assert_eq!(life.ends(), ["task-killed"]);
    });
}

#[test]
fn an_app_that_is_ended_again_and_again_does_not_run_its_tasks_for_ever() {
    live(programs::APP_HOSTS_TASKS, async |life| {
        let id = tried_twice(&life).await;
        let [killed, taken_along] = begun::<2>(&life, id, "sleep:5000").await;
        assert!(life.rig.host.kill(life.run_of(killed), abort()));
        life.rig.advance(SECOND * 2).await;
        assert_eq!(life.handle.view().runs, 1, "the second attempt");
        let again = life.rig.request(id, "sleep:5000").await;
        life.rig.settle().await;
        assert!(life.rig.host.kill(life.run_of(again), abort()));
        let run = life.rig.completed(taken_along).await.run;
        assert_went_along(&run.outcome, Cancellation::APP_ENDED);
        assert_eq!(run.attempt, 2);
        life.rig.settle().await;
        let ended = life.rig.outcomes().len();
        life.rig.advance(SECOND * 3_600).await;
        assert_eq!((life.rig.outcomes().len(), life.state()), (ended, AppState::NotRunning));
    });
}

#[test]
fn uwp_094_what_its_user_closed_takes_its_tasks_along_and_no_policy_tries_them_again() {
    // Whether they listen or not.
    for arguments in ["waits", "ignores"] {
        live(programs::APP_HOSTS_TASKS, async |life| {
            let id = tried_twice(&life).await;
            let _lease = life.launch("").await;
            let both = begun::<2>(&life, id, arguments).await;
            life.rig.waited("its end", life.handle.close()).await.unwrap();
            for activation in both {
                let run = life.rig.completed(activation).await.run;
                assert_went_along(&run.outcome, Cancellation::APP_CLOSED);
                assert_eq!(run.attempt, 1, "{arguments}");
            }
            life.rig.advance(SECOND * 3_600).await;
            assert_eq!((life.rig.outcomes().len(), life.state()), (2, AppState::NotRunning), "{arguments}");
            assert_eq!(life.ends(), ["closed"], "{arguments}");
        });
    }
}

#[test]
fn uwp_094_a_task_that_waits_for_what_its_user_closes_never_enters_it_and_does_not_bring_it_back() {
    live(programs::APP_BAD_RETURNS_NEVER, async |life| {
        let id = tried_twice(&life).await;
        let handle = life.handle.clone();
        let launch = Launch { arguments: "launched".to_owned() };
        let launching = tokio::spawn(async move { handle.launch(launch).await.is_ok() });
        life.rig.settle().await;
        let waits = life.rig.request(id, "").await;
        life.rig.settle().await;
        assert_eq!(life.handle.view().waiting_runs, 1);
        life.rig.waited("its end", life.handle.close()).await.unwrap();
        assert!(!launching.await.unwrap());
        let run = life.rig.completed(waits).await.run;
        assert_went_along(&run.outcome, Cancellation::APP_CLOSED);
        assert_eq!(run.attempt, 1);
        life.rig.advance(SECOND * 3_600).await;
        assert_eq!((life.ends(), life.state()), (vec!["hung".to_owned()], AppState::NotRunning));
    });
}

#[test]
fn uwp_143_a_restart_cancels_the_tasks_in_the_app_and_no_others() {
    Rig::run(async |rig| {
        let outside = rig.component(&component(programs::CANCEL_SLEEPING));
        let lives = AppComponent::compile(rig.host.engine(), &component(programs::APP_RESTARTS)).unwrap();
        rig.host.install(App::new(Rig::app()).app(lives).entry_point("main", outside)).unwrap();
        let life = Life::of(rig);
        let inside = tried_twice(&life).await;
        let signal = Trigger::Signal(SignalTrigger::new("go"));
        let outside = rig.register(TaskBuilder::new("outside").entry_point("main").trigger(signal)).await;
        let _lease = life.launch("").await;
        rig.settle().await;
        rig.signal("go", "").await;
        let [inside] = begun(&life, inside, "waits").await;
        let restart = Launch { arguments: "restart:again".to_owned() };
        let _again = rig.waited("the launch", life.handle.launch(restart)).await;
        let run = rig.completed(inside).await.run;
        assert_went_along(&run.outcome, Cancellation::APP_CLOSED);
        assert!(matches!(run.outcome, Outcome::Canceled { forced: false, .. }), "UWP-082: {:?}", run.outcome);
        assert_eq!(run.attempt, 1);
        rig.settle().await;
        let [(_, _, left)] = rig.host.running()[..] else { panic!("{:?}", rig.host.running()) };
        assert_eq!(left, outside);
        assert_eq!((life.ends(), life.state()), (vec!["restarted".to_owned()], AppState::Foreground));
    });
}
