//! What has to be done in time, and what becomes of an app that does not do it.

use std::time::Duration;

use super::super::{AppMachine, AppState};
use super::NOTHING;
use super::support::{App, each_transition, secs};
use crate::app::policy::AppPolicy;

const NANO: Duration = Duration::from_nanos(1);

/// An app in each handler, and how long that may take.
fn each_handler() -> Vec<(&'static str, App, Duration)> {
    let policy = AppPolicy::UWP;
    let mut launching = App::uwp();
    launching.launch();
    let mut activated = App::uwp();
    activated.activate(false);
    let mut resuming = App::uwp().suspended();
    resuming.show();
    let mut limited = App::uwp().hidden();
    limited.show();
    let mut all = vec![
        ("launched", launching, policy.launch),
        ("activated", activated, policy.launch),
        ("resuming", resuming, policy.transition),
        ("memory-limit-changing", limited, policy.notice),
    ];
    for (name, app) in each_transition() {
        all.push((name, app, if name == "suspending" { policy.suspending } else { policy.transition }));
    }
    all
}

#[test]
fn a_handler_that_does_not_return_in_time_ends_the_app() {
    for (name, mut app, span) in each_handler() {
        assert_eq!(app.calling(), Some(name));
        assert_eq!(app.machine.remaining(app.call_id(), app.now), Some(span), "{name}");
        assert_eq!(app.machine.next_timeout(), Some(app.now + span), "{name}");
        assert_eq!(app.pass(span - NANO), NOTHING, "{name}");
        let out = app.pass(NANO);
        let end = if name == "suspending" { "end suspend-failed" } else { "end hung" };
        assert_eq!(out[..3], [end, "keep NotRunning", "became not-running"], "{name}");
        assert_eq!(app.state(), AppState::NotRunning);
        assert_eq!(app.machine.next_timeout(), None);
    }
}

#[test]
fn a_deferral_that_is_forgotten_ends_it_as_well() {
    for (name, mut app) in each_transition() {
        app.machine.take_deferral(app.call_id()).unwrap();
        app.returns();
        assert_eq!(app.calling(), Some(name));
        let out = app.pass(secs(5));
        assert!(out[0].starts_with("end"), "{name}: {out:?}");
    }
}

#[test]
fn the_figures_are_the_policys() {
    let policy =
        AppPolicy { suspend_after: secs(2), suspending: secs(1), launch: secs(3), ..AppPolicy::DEFAULT };
    let mut app = App::of(policy).hidden();
    assert_eq!(app.pass(secs(2)), ["became suspending", "call suspending"]);
    assert_eq!(app.pass(secs(1))[0], "end suspend-failed");
    app.launch();
    assert_eq!(app.pass(secs(3))[0], "end hung");
}

#[test]
fn an_app_that_was_woken_late_misses_what_it_missed_and_no_more() {
    // The moment of the suspension is long over: it begins now, and has its time from now.
    let mut app = App::new().hidden();
    assert_eq!(app.pass(secs(1_000)), ["became suspending", "call suspending"]);
    assert_eq!(app.machine.remaining(app.call_id(), app.now), Some(secs(5)));
}

#[test]
fn an_app_that_was_held_up_has_that_much_longer() {
    for (name, mut app, span) in each_handler() {
        app.machine.held_up(secs(60));
        assert_eq!(app.machine.remaining(app.call_id(), app.now), Some(span + secs(60)), "{name}");
        assert_eq!(app.pass(secs(60) + span - NANO), NOTHING, "{name}");
        assert!(app.pass(NANO)[0].starts_with("end"), "{name}");
    }
    let mut notified = App::uwp().seen();
    notified.input(|app, now| app.memory_used(300 << 20, now));
    let id = notified.notice.expect("it was told");
    let left = notified.machine.remaining(id, notified.now).expect("it is under way");
    notified.machine.held_up(secs(60));
    assert_eq!(notified.machine.remaining(id, notified.now), Some(left + secs(60)));
}

#[test]
fn who_is_launched_into_the_background_has_its_time_there_from_then() {
    let mut app = App::new();
    app.activate(false);
    app.pass(secs(14));
    assert_eq!(app.returns(), ["settled 1"]);
    assert_eq!(app.pass(secs(9)), NOTHING);
    assert_eq!(app.pass(secs(1)), ["became suspending", "call suspending"]);
}

#[test]
fn what_is_suspended_or_not_there_waits_for_no_moment() {
    let mut app = App::new().suspended();
    assert_eq!(app.machine.next_timeout(), None);
    assert_eq!(app.pass(Duration::from_secs(1 << 40)), NOTHING);
    app.input(AppMachine::terminate);
    assert_eq!(app.machine.next_timeout(), None);
}

#[test]
fn what_comes_of_an_end_that_was_decided_is_that_end() {
    // It is removed, and one of its tasks has to be killed for that.
    let mut app = App::new().hidden();
    app.run_waits();
    app.input(|app, now| app.leave(super::super::Leave::Uninstalled, now));
    assert_eq!(app.input(AppMachine::run_killed)[0], "end uninstalled");
    // It is closed, and does not save in time: that counts more.
    let mut closed = App::new().hidden();
    closed.input(AppMachine::close);
    assert_eq!(closed.pass(secs(5)), ["end suspend-failed", "keep NotRunning", "became not-running"]);
}
