//! Background tasks in the app's instance (UWP-120 to UWP-122, UWP-086).

use super::super::{AppMachine, AppState, RestartError, Ticket};
use super::NOTHING;
use super::support::{App, secs};
use crate::app::previous::PreviousExecutionState;

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
fn one_that_comes_while_the_app_is_closed_begins_it_anew() {
    let mut app = App::new().seen();
    app.input(AppMachine::close);
    app.run_waits();
    app.returns();
    let out = app.returns();
    assert_eq!(out[5..], ["keep Running", "start with the limit", "became background", "enter 1"]);
}

#[test]
fn an_app_in_which_only_tasks_ran_is_told_at_its_launch_what_is_kept_of_it() {
    let mut app = App::new();
    app.last = PreviousExecutionState::Terminated;
    app.run_waits();
    app.last = PreviousExecutionState::NotRunning;
    assert_eq!(app.launch(), ["call launched(terminated)"], "it has restored nothing yet");
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
