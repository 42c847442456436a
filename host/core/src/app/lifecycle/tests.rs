//! The machine by its rules, one example each. `table` is the reference's table of transitions, `properties` what holds
//! whatever happens to an app.

mod deadlines;
mod extension;
mod memory;
mod model;
mod properties;
mod runs;
mod shut;
mod support;
mod table;

use super::*;
use crate::run::DeferralError;
use support::{App, at, each_transition, secs};

/// Nothing.
const NOTHING: [&str; 0] = [];

#[test]
fn uwp_123_and_124_a_start_is_one_into_the_background_and_it_is_seen_when_it_is_ready() {
    let mut app = App::new();
    app.launch();
    assert_eq!(app.state(), AppState::Background);
    assert_eq!(app.returns(), ["settled 1", "call leaving-background"]);
    assert_eq!(app.state(), AppState::Background);
    assert_eq!(app.returns(), ["became foreground"]);
}

#[test]
fn uwp_126_who_comes_back_in_time_finds_no_trace_of_a_suspension() {
    let mut app = App::new().hidden();
    assert_eq!(app.pass(secs(9)), NOTHING);
    assert_eq!(app.show(), ["call leaving-background"]);
    assert_eq!(app.pass(secs(1)), NOTHING, "though its time would be over now");
    assert_eq!(app.returns(), ["became foreground"]);
}

#[test]
fn who_is_back_before_the_app_has_left_the_foreground_sees_it_leave_and_return() {
    let mut app = App::new().seen();
    assert_eq!(app.hide(), ["call entered-background"]);
    assert_eq!(app.show(), NOTHING, "one change of state at a time");
    assert_eq!(app.returns(), ["became background", "call leaving-background"]);
    assert_eq!(app.hide(), NOTHING);
    assert_eq!(app.returns(), ["became foreground", "call entered-background"], "and the other way round");
}

#[test]
fn who_comes_back_while_it_is_about_to_be_suspended_waits_for_that() {
    let mut app = App::new().suspending();
    assert_eq!(app.show(), NOTHING);
    let out = app.returns();
    assert_eq!(out, ["became suspended", "freeze", "thaw", "became background", "call resuming(0)"]);
}

#[test]
fn uwp_128_a_deferral_holds_what_it_was_taken_in() {
    for (name, mut app) in each_transition() {
        let id = app.call_id();
        for _ in 0..2 {
            app.machine.take_deferral(id).unwrap();
        }
        assert_eq!(app.returns(), NOTHING, "{name}");
        assert_eq!(app.input(|app, now| app.complete_deferral(id, now)), NOTHING);
        assert_eq!(app.calling(), Some(name));
        let last = app.input(|app, now| app.complete_deferral(id, now));
        assert!(last[0].starts_with("became"), "{name}: {last:?}");
        assert_eq!(app.machine.take_deferral(id), Err(DeferralError::Ended));
        assert_eq!(
            app.input(|app, now| app.complete_deferral(id, now)),
            NOTHING,
            "{name}: nothing is left of it"
        );
    }
}

#[test]
fn no_more_deferrals_are_open_than_the_limit_allows_and_none_where_there_is_no_transition() {
    let mut app = App::new().suspending();
    for _ in 0..DEFERRALS_MAX {
        app.machine.take_deferral(app.call_id()).unwrap();
    }
    assert_eq!(app.machine.take_deferral(app.call_id()), Err(DeferralError::TooMany));

    let mut launching = App::new();
    launching.launch();
    assert_eq!(launching.machine.take_deferral(launching.call_id()), Err(DeferralError::Ended));
}

#[test]
fn what_an_earlier_call_left_behind_does_nothing_to_a_later_one() {
    let mut app = App::new().seen();
    app.hide();
    let early = app.call_id();
    app.returns();
    app.show();
    assert_ne!(app.call_id(), early);
    assert_eq!(app.input(|app, now| app.returned(early, now)), NOTHING);
    assert_eq!(app.input(|app, now| app.complete_deferral(early, now)), NOTHING);
    assert_eq!(app.machine.remaining(early, app.now), None);
    assert_eq!(app.calling(), Some("leaving-background"));
}

#[test]
fn uwp_127_a_locked_screen_suspends_without_delay_and_lasts_until_somebody_is_back() {
    let mut app = App::new().seen();
    assert_eq!(app.input(AppMachine::suspend), ["call entered-background"]);
    assert_eq!(app.returns(), ["became background", "became suspending", "call suspending"]);
    assert_eq!(app.returns(), ["became suspended", "freeze"], "though somebody sees it");
    assert_eq!(app.machine.next_timeout(), None, "and costs nothing");
    app.input(AppMachine::resume);
    assert_eq!(app.returns(), ["call leaving-background"], "who saw it before sees it again");
}

#[test]
fn an_app_that_nobody_sees_is_resumed_if_asked_and_suspended_again_after_a_while() {
    let mut app = App::new().suspended();
    assert_eq!(app.input(AppMachine::resume), ["thaw", "became background", "call resuming(0)"]);
    assert_eq!(app.returns(), NOTHING);
    assert_eq!(app.pass(secs(10)), ["became suspending", "call suspending"]);
}

#[test]
fn uwp_135_closed_and_launched_at_once_it_begins_anew() {
    let mut app = App::new().seen();
    app.input(AppMachine::close);
    assert_eq!(app.launch(), NOTHING, "it is closed all the same");
    app.returns();
    let out = app.returns();
    let closed = ["became suspended", "freeze", "keep ClosedByUser", "end closed", "became not-running"];
    assert_eq!(out[..5], closed);
    let anew = ["keep Running", "start with the limit", "became background", "call launched(not-running)"];
    assert_eq!(out[5..], anew);
    assert_eq!(app.returns(), ["settled 2", "call leaving-background"], "who launched it sees it");
}

#[test]
fn a_suspended_app_that_is_closed_hears_nothing() {
    let mut app = App::new().suspended();
    assert_eq!(app.input(AppMachine::close), ["keep ClosedByUser", "end closed", "became not-running"]);
}

#[test]
fn a_host_that_stops_has_its_apps_save_and_they_were_terminated() {
    let mut app = App::new().seen();
    app.machine.shut();
    app.input(AppMachine::stop);
    app.returns();
    assert_eq!(app.calling(), Some("suspending"));
    app.launch();
    let out = app.returns();
    assert_eq!(out[2..], ["keep Terminated", "end host-stopped", "became not-running", "dropped 2"]);
    let mut suspended = App::new().suspended();
    assert_eq!(
        suspended.input(AppMachine::stop),
        ["keep Terminated", "end host-stopped", "became not-running"]
    );
}

#[test]
fn what_is_not_there_is_neither_shown_nor_suspended_nor_ended() {
    let inputs = [
        AppMachine::show,
        AppMachine::hide,
        AppMachine::suspend,
        AppMachine::resume,
        AppMachine::close,
        AppMachine::stop,
        AppMachine::terminate,
        AppMachine::crashed,
        AppMachine::run_killed,
        AppMachine::tick,
    ];
    let mut app = AppMachine::new(AppPolicy::UWP);
    for input in inputs {
        assert_eq!(input(&mut app, at(0)), []);
    }
    assert_eq!((app.state(), app.next_timeout()), (AppState::NotRunning, None));
}

#[test]
fn whoever_saw_what_has_crashed_does_not_see_what_a_task_begins_later() {
    let mut app = App::new().seen();
    app.input(AppMachine::crashed);
    assert_eq!(app.run_waits()[1..], ["became background", "enter 1"]);
}

#[test]
fn an_activation_whose_handler_does_not_return_is_dropped_and_one_that_waits_is_not() {
    let mut app = App::new();
    app.launch();
    assert_eq!(app.activate(true), NOTHING, "one at a time");
    let out = app.input(AppMachine::crashed);
    assert_eq!(out[..4], ["end crashed", "keep NotRunning", "became not-running", "dropped 1"]);
    assert_eq!(
        out[6..],
        ["became background", "call activated(not-running)"],
        "it is begun anew for the other"
    );
}

#[test]
fn uwp_131_a_launch_without_arguments_of_what_is_there_only_brings_it_to_the_front() {
    let mut app = App::new().seen();
    assert_eq!(app.launch(), ["settled 2"]);
    let mut hidden = App::new().hidden();
    assert_eq!(hidden.launch(), ["settled 2", "call leaving-background"]);
    // Arguments are not lost.
    assert_eq!(hidden.launch_with_arguments(), NOTHING);
    assert_eq!(hidden.returns(), ["became foreground", "call launched(running)"]);
    let mut suspended = App::new().suspended();
    suspended.launch_with_arguments();
    assert_eq!(suspended.returns(), ["call launched(suspended)"]);
}

#[test]
fn uwp_139_a_prelaunch_of_what_is_there_is_nothing() {
    for mut app in [App::new().seen(), App::new().hidden(), App::new().suspended()] {
        let state = app.state();
        assert_eq!(app.prelaunch(), ["settled 2"]);
        assert_eq!(app.state(), state);
    }
}

#[test]
fn what_waits_for_an_app_that_ends_while_it_is_about_to_be_suspended_finds_a_new_one() {
    let mut app = App::new().suspending();
    app.activate(false);
    app.activate(false);
    let out = app.input(AppMachine::crashed);
    assert_eq!(out.last().map(String::as_str), Some("call activated(not-running)"));
    assert_eq!(app.returns(), ["settled 2", "call activated(running)"], "nothing of this one was suspended");
}

#[test]
fn what_is_activated_while_it_is_closed_is_not_seen_unless_somebody_asks() {
    let mut app = App::new().seen();
    app.input(AppMachine::close);
    app.activate(false);
    app.settle();
    assert_eq!(app.state(), AppState::Background);
}

#[test]
fn whoever_activates_an_app_behind_a_locked_screen_has_come_back_to_it() {
    let mut app = App::new().seen();
    app.input(AppMachine::suspend);
    app.settle();
    assert_eq!(app.state(), AppState::Suspended);
    app.activate(false);
    app.settle();
    assert_eq!(app.state(), AppState::Foreground, "who saw it before sees it again");
}

#[test]
fn who_waits_behind_an_activation_that_the_store_refuses_is_told_what_the_app_was() {
    let mut app = App::new();
    app.last = PreviousExecutionState::Terminated;
    app.launch_with_arguments();
    app.launch_with_arguments();
    let begins_anew = [
        "end terminated",
        "keep NotRunning",
        "became not-running",
        "dropped 1",
        "keep Running",
        "start with the limit",
        "became background",
        "call launched(terminated)",
    ];
    assert_eq!(app.input(AppMachine::not_kept), begins_anew, "nothing of the app ever ran");
    assert_eq!(App::new().input(AppMachine::not_kept), NOTHING);
}

#[test]
fn an_instance_has_the_policy_that_there_is_when_it_begins() {
    let mut app = App::new().seen();
    let before = app.machine.memory_limit();
    let policy = AppPolicy { foreground_bytes: 7, background_bytes: 7, ..AppPolicy::DEFAULT };
    app.machine.settle(policy);
    app.hide();
    app.settle();
    assert_eq!(app.machine.memory_limit(), before, "the one that is there keeps its own");
    app.activate(false);
    app.activate(false);
    app.input(AppMachine::crashed);
    assert_eq!((app.machine.memory_limit(), app.machine.policy()), (7, &policy));
}
