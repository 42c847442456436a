//! Background tasks in the app's instance (UWP-120 to UWP-122, UWP-086).

use std::time::Duration;

use super::super::{AppMachine, AppState, Output, RestartError, Ticket};
use super::NOTHING;
use super::support::{App, secs};
use crate::app::previous::PreviousExecutionState;
use crate::time::Instant;

#[test]
fn uwp_127_while_one_is_in_it_the_app_is_not_suspended() {
    let mut app = App::new().hidden();
    assert_eq!(app.run_waits(), ["enter 1"]);
    assert_eq!(app.run_waits(), ["enter 1"]);
    assert_eq!((app.machine.runs(), app.machine.next_timeout()), (2, None));
    app.pass(secs(100));
    assert_eq!(app.input(AppMachine::run_ended), NOTHING);
    assert_eq!(app.input(AppMachine::run_ended), ["became suspending", "call suspending"]);
}

#[test]
fn it_enters_when_the_app_has_made_itself_ready() {
    let mut launching = App::new();
    launching.launch();
    assert_eq!(launching.run_waits(), NOTHING);
    assert_eq!(launching.returns(), ["settled 1", "call leaving-background", "enter 1"]);

    let mut suspending = App::new().suspending();
    assert_eq!(suspending.run_waits(), NOTHING);
    let out = suspending.returns();
    assert_eq!(out[2..], ["thaw", "became background", "call resuming(0)"]);
    assert_eq!(suspending.returns(), ["enter 1"]);
}

#[test]
fn one_that_does_not_wait_any_more_does_not_enter() {
    let mut app = App::new().suspending();
    app.run_waits();
    app.run_waits();
    app.input(AppMachine::run_withdrawn);
    app.returns();
    assert_eq!(app.returns(), ["enter 1"]);
    let mut none = App::new().suspending();
    none.run_waits();
    none.input(AppMachine::run_withdrawn);
    assert_eq!(none.returns(), ["became suspended", "freeze"]);
}

#[test]
fn uwp_086_one_that_is_ended_by_force_takes_the_app_with_it() {
    for mut app in [App::new().seen(), App::new().hidden()] {
        app.run_waits();
        let out = app.input(AppMachine::run_killed);
        assert_eq!(out, ["end task-killed", "keep NotRunning", "became not-running"]);
        assert_eq!(app.machine.runs(), 0);
    }
}

#[test]
fn uwp_094_closing_the_app_cancels_those_in_it_and_does_not_wait_for_them() {
    let mut app = App::new().hidden();
    app.run_waits();
    let out = app.input(AppMachine::close);
    assert_eq!(out, ["cancel runs: terminating", "became suspending", "call suspending"]);
    assert_eq!(app.returns()[2..], ["keep ClosedByUser", "end closed", "became not-running"]);
}

#[test]
fn uwp_094_one_that_waits_for_an_app_that_is_closed_does_not_begin_it_anew() {
    let mut app = App::new();
    app.launch();
    assert_eq!(app.run_waits(), NOTHING);
    assert_eq!(app.input(AppMachine::close), ["cancel runs: terminating"]);
    assert_eq!(app.machine.waiting_runs(), 0, "whether it knows of that or not");
    app.settle();
    assert_eq!(app.state(), AppState::NotRunning);
}

#[test]
fn uwp_082_whoever_stops_a_host_or_restarts_an_app_lets_the_tasks_in_it_end_by_themselves() {
    let restart = |app: &mut AppMachine, now| app.request_restart(Ticket(7), now).unwrap();
    type Way<'a> = &'a dyn Fn(&mut AppMachine, Instant) -> Vec<Output>;
    let ways: [(&str, Way<'_>); 2] = [("host-stopped", &AppMachine::stop), ("restarted", &restart)];
    for (end, way) in ways {
        let mut app = App::new().seen();
        app.run_waits();
        assert_eq!(app.input(way), ["cancel runs: terminating", "call entered-background"], "{end}");
        assert_eq!(app.returns(), ["became background"], "{end}");
        assert_eq!(app.pass(secs(4)), NOTHING, "{end}");
        let suspends = ["became suspending", "call suspending"];
        // By itself or by force: there is still something to save.
        let (mut forced, mut done) = (app.clone(), app);
        assert_eq!(done.input(AppMachine::run_ended), suspends, "{end}");
        assert_eq!(forced.input(AppMachine::run_killed), suspends, "{end}");
        for app in [&mut done, &mut forced] {
            let out = app.returns();
            assert_eq!(out[2..4], ["keep Terminated".to_owned(), format!("end {end}")]);
        }
    }
}

#[test]
fn one_that_comes_while_the_app_is_closed_begins_it_anew() {
    let mut app = App::new().seen();
    app.input(AppMachine::close);
    app.run_waits();
    app.returns();
    let out = app.returns();
    assert_eq!(out[5..], ["start with the limit", "became background", "enter 1"]);
}

/// An app that was terminated, and begun anew for a task.
fn only_tasks() -> App {
    let mut app = App::new();
    app.last = PreviousExecutionState::Terminated;
    assert_eq!(app.run_waits(), ["start with the limit", "became background", "enter 1"]);
    assert!(!app.machine.is_activated());
    app
}

/// What comes of it when whatever is called returns.
fn all(app: &mut App, first: Vec<String>) -> Vec<String> {
    let mut out = first;
    while app.calling().is_some() {
        out.extend(app.returns());
    }
    out
}

#[test]
fn an_app_in_which_only_tasks_ran_is_told_at_its_launch_what_is_kept_of_it_and_is_kept_from_then_on() {
    let mut app = only_tasks();
    assert_eq!(app.launch(), ["keep Running", "call launched(terminated)"], "it has restored nothing yet");
    assert!(app.machine.is_activated());
    assert_eq!(app.input(AppMachine::crashed)[..2], ["end crashed", "keep NotRunning"]);

    let mut suspended = only_tasks();
    suspended.input(AppMachine::run_ended);
    suspended.pass(secs(10));
    suspended.returns();
    suspended.launch();
    assert_eq!(suspended.returns(), ["keep Running", "call launched(terminated)"]);
}

#[test]
fn however_an_instance_ends_in_which_only_tasks_ran_what_is_kept_of_the_app_stays_as_it_was() {
    let ends = [
        AppMachine::crashed,
        AppMachine::run_killed,
        AppMachine::terminate,
        AppMachine::close,
        AppMachine::stop,
    ];
    for end in ends {
        let mut app = only_tasks();
        let mut first = app.input(end);
        first.extend(app.input(AppMachine::run_ended));
        let out = all(&mut app, first);
        assert!(out.iter().any(|said| said.starts_with("end ")), "{out:?}");
        assert!(!out.iter().any(|said| said.starts_with("keep")), "{out:?}");
        assert_eq!(app.launch().last().map(String::as_str), Some("call launched(terminated)"), "{out:?}");
    }
    let about_to_be_suspended = || {
        let mut app = only_tasks();
        app.input(AppMachine::run_ended);
        assert_eq!(app.pass(secs(10)), ["became suspending", "call suspending"]);
        app
    };
    let mut suspended = about_to_be_suspended();
    suspended.returns();
    assert_eq!(suspended.input(AppMachine::terminate), ["end reclaimed", "became not-running"]);
    assert_eq!(about_to_be_suspended().pass(secs(5)), ["end suspend-failed", "became not-running"]);
}

#[test]
fn uwp_143_what_was_shown_and_never_launched_is_told_of_its_own_restart_all_the_same() {
    let mut app = App::new();
    app.run_waits();
    app.input(AppMachine::run_ended);
    app.show();
    app.settle();
    let first = app.input(|app, now| app.request_restart(Ticket(7), now).unwrap());
    let out = all(&mut app, first);
    assert!(out.contains(&"keep Terminated".to_owned()), "{out:?}");
    assert!(out.contains(&"call launched(terminated)".to_owned()), "{out:?}");
}

#[test]
fn a_locked_screen_waits_for_them_and_does_not_forget() {
    let mut app = App::new().suspended();
    app.input(AppMachine::suspend);
    app.run_waits();
    app.returns();
    assert_eq!(app.state(), AppState::Background);
    assert_eq!(app.input(AppMachine::run_ended), ["became suspending", "call suspending"], "without a delay");
}

#[test]
fn a_locked_screen_is_nothing_to_an_app_that_is_not_there() {
    let mut app = App::new();
    app.input(AppMachine::suspend);
    app.run_waits();
    assert_eq!(app.input(AppMachine::run_ended), NOTHING);
    assert_eq!(app.pass(secs(10)), ["became suspending", "call suspending"]);
}

#[test]
fn uwp_143_what_was_restarted_is_restarted_again_after_a_while_and_not_at_once() {
    let restart = |app: &mut App| {
        let mut asked = None;
        app.input(|app, now| {
            let answer = app.request_restart(Ticket(7), now);
            asked = Some(answer.as_ref().map(|_| ()).map_err(|error| *error));
            answer.unwrap_or_default()
        });
        app.settle();
        asked.unwrap()
    };
    let mut app = App::new().seen();
    assert_eq!(restart(&mut app), Ok(()), "what was launched may at once");
    assert_eq!(app.state(), AppState::Foreground);
    assert_eq!(restart(&mut app), Err(RestartError::Pending));
    app.pass(secs(10) - Duration::from_nanos(1));
    assert_eq!(restart(&mut app), Err(RestartError::Pending));
    app.pass(Duration::from_nanos(1));
    assert_eq!(restart(&mut app), Ok(()));
    assert_eq!(restart(&mut app), Err(RestartError::Pending));
}

#[test]
fn uwp_143_only_an_app_that_somebody_sees_restarts_and_only_once() {
    let restart = |app: &mut App| app.machine.request_restart(Ticket(7), app.now);
    assert_eq!(restart(&mut App::new().hidden()), Err(RestartError::NotInForeground));
    let mut app = App::new().seen();
    assert!(restart(&mut app).is_ok());
    assert_eq!(restart(&mut app), Err(RestartError::Pending));
    // Its end comes in another way: nothing is launched.
    let out = app.input(AppMachine::crashed);
    assert_eq!(out, ["end crashed", "keep NotRunning", "became not-running", "dropped 7"]);
}
