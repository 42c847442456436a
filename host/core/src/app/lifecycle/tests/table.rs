//! The reference's table of transitions (section 10.2), row by row: what is answered, all of it and in this order.
//!
//! With two memory limits, so that their change is seen. Rows 5 and 6 show it; where an app starts or is resumed for
//! somebody who looks, the foreground's is there before any of its code runs.

use super::super::{AppMachine, ExtensionReason, Leave, Ticket};
use super::NOTHING;
use super::support::{App, secs};
use crate::app::lifecycle::AppState;
use crate::app::previous::PreviousExecutionState;

/// The rest of a row: whatever is called returns at once, until nothing is called any more.
fn rest(app: &mut App, first: Vec<String>) -> Vec<String> {
    let mut all = first;
    while app.calling().is_some() {
        all.extend(app.returns());
    }
    all
}

/// Begins, and takes the row to its end.
fn row(app: &mut App, begin: impl FnOnce(&mut App) -> Vec<String>) -> Vec<String> {
    let first = begin(app);
    rest(app, first)
}

#[test]
fn row_01_a_user_launches_it() {
    let mut app = App::uwp();
    assert_eq!(
        row(&mut app, App::launch),
        [
            "keep Running",
            "start with the foreground's",
            "became background",
            "call launched(not-running)",
            "settled 1",
            "call leaving-background",
            "became foreground",
        ]
    );
}

#[test]
fn row_02_a_contract_activates_it() {
    let mut app = App::uwp();
    assert_eq!(
        row(&mut app, |app| app.activate(true)),
        [
            "keep Running",
            "start with the foreground's",
            "became background",
            "call activated(not-running)",
            "settled 1",
            "call leaving-background",
            "became foreground",
        ]
    );
}

#[test]
fn row_03_it_is_prelaunched() {
    let mut app = App::uwp();
    assert_eq!(
        row(&mut app, App::prelaunch),
        [
            "keep Running",
            "start with the background's",
            "became background",
            "call launched(not-running, prelaunch)",
            "settled 1",
            "became suspending",
            "call suspending",
            "became suspended",
            "freeze",
        ]
    );
    assert!(app.machine.is_prelaunched());
}

#[test]
fn row_04_a_task_runs_in_it() {
    let mut app = App::uwp();
    let out = ["start with the background's", "became background", "enter 1"];
    assert_eq!(row(&mut app, App::run_waits), out);
    assert_eq!(app.state(), AppState::Background, "UWP-122: nobody sees it");
}

#[test]
fn row_05_it_is_hidden() {
    let mut app = App::uwp().seen();
    assert_eq!(
        row(&mut app, App::hide),
        [
            "call entered-background",
            "call memory-limit-changing(the background's)",
            "limit the background's",
            "became background",
        ]
    );
}

#[test]
fn row_06_its_user_returns_early_or_it_has_work_in_the_background() {
    let returns = [
        "call memory-limit-changing(the foreground's)",
        "limit the foreground's",
        "call leaving-background",
        "became foreground",
    ];
    let mut early = App::uwp().hidden();
    early.pass(secs(9));
    assert_eq!(row(&mut early, App::show), returns);

    let mut working = App::uwp().hidden();
    working.run_waits();
    assert_eq!(working.pass(secs(1_000)), NOTHING);
    assert_eq!(row(&mut working, App::show), returns);
}

#[test]
fn row_07_nobody_returns_or_the_screen_is_locked() {
    let mut app = App::uwp().hidden();
    assert_eq!(app.pass(secs(9)), NOTHING);
    assert_eq!(app.pass(secs(1)), ["became suspending", "call suspending"]);

    let mut locked = App::uwp().hidden();
    assert_eq!(locked.input(AppMachine::suspend), ["became suspending", "call suspending"]);
}

#[test]
fn row_08_it_is_done_with_suspending() {
    let mut app = App::uwp().suspending();
    app.machine.take_deferral(app.call_id()).unwrap();
    assert_eq!(app.returns(), NOTHING);
    let id = app.call_id();
    assert_eq!(app.input(|app, now| app.complete_deferral(id, now)), ["became suspended", "freeze"]);
}

#[test]
fn row_09_it_is_not_done_in_time() {
    let mut app = App::uwp().suspending();
    assert_eq!(app.pass(secs(5)), ["end suspend-failed", "keep NotRunning", "became not-running"]);
}

#[test]
fn row_10_it_saves_data_until_that_is_revoked_or_it_is_done() {
    let mut app = App::uwp().suspending();
    app.machine.request_extension(ExtensionReason::SavingData, app.now).unwrap();
    assert_eq!(app.pass(secs(14)), NOTHING, "though it had 5 s without");
    assert_eq!(app.pass(secs(1)), ["revoke: system-policy"]);
    assert_eq!(app.returns(), NOTHING, "it has one second");
    assert_eq!(app.pass(secs(1)), ["extension over", "became suspended", "freeze"]);

    let mut done = App::uwp().suspending();
    done.machine.request_extension(ExtensionReason::SavingData, done.now).unwrap();
    done.pass(secs(9));
    assert_eq!(done.input(AppMachine::close_extension), NOTHING);
    assert_eq!(done.returns(), ["became suspended", "freeze"]);
}

#[test]
fn row_11_its_user_switches_back_or_the_screen_is_unlocked() {
    let back = [
        "limit the foreground's",
        "thaw",
        "became background",
        "call resuming(60)",
        "call leaving-background",
        "became foreground",
    ];
    let mut app = App::uwp().suspended();
    app.pass(secs(60));
    assert_eq!(row(&mut app, App::show), back);

    let mut launched = App::uwp().suspended();
    launched.pass(secs(60));
    let mut expected = back.map(str::to_owned).to_vec();
    expected.insert(4, "settled 2".to_owned());
    assert_eq!(row(&mut launched, App::launch), expected, "UWP-131: and not launched");

    let mut locked = App::uwp().seen();
    locked.input(AppMachine::suspend);
    locked.settle();
    locked.pass(secs(60));
    assert_eq!(row(&mut locked, |app| app.input(AppMachine::resume)), back);
}

#[test]
fn row_12_a_contract_activates_it_while_it_is_suspended() {
    let mut app = App::uwp().suspended();
    assert_eq!(
        row(&mut app, |app| app.activate(true)),
        [
            "limit the foreground's",
            "thaw",
            "became background",
            "call resuming(0)",
            "call activated(suspended)",
            "settled 2",
            "call leaving-background",
            "became foreground",
        ]
    );
}

#[test]
fn row_13_its_user_launches_what_was_prelaunched() {
    let mut app = App::uwp();
    row(&mut app, App::prelaunch);
    assert_eq!(
        row(&mut app, App::launch),
        [
            "limit the foreground's",
            "thaw",
            "became background",
            "call resuming(0)",
            "call launched(suspended)",
            "settled 2",
            "call leaving-background",
            "became foreground",
        ]
    );
    assert!(!app.machine.is_prelaunched());
}

#[test]
fn row_14_a_task_runs_in_it_while_it_is_suspended() {
    // The reference is silent on whether `resuming` precedes: it does, for what was released is to be taken back.
    let mut app = App::uwp().suspended();
    app.pass(secs(7));
    assert_eq!(app.run_waits(), ["thaw", "became background", "call resuming(7)"]);
    assert_eq!(app.returns(), ["enter 1"]);
    assert_eq!(app.state(), AppState::Background);
}

#[test]
fn row_15_memory_is_short_while_it_is_suspended() {
    let mut app = App::uwp().suspended();
    assert_eq!(app.input(AppMachine::terminate), ["keep Terminated", "end reclaimed", "became not-running"]);
    app.last = PreviousExecutionState::Terminated;
    let out = app.launch();
    assert_eq!(
        out.last().map(String::as_str),
        Some("call launched(terminated)"),
        "UWP-133: and not resuming"
    );
}

#[test]
fn row_16_memory_is_short_or_it_has_too_much_while_it_is_in_the_background() {
    let ended =
        |end: &str| [format!("end {end}"), "keep NotRunning".to_owned(), "became not-running".to_owned()];
    let mut short = App::uwp().hidden();
    assert_eq!(short.input(AppMachine::terminate), ended("terminated"));

    let mut over = App::uwp().hidden();
    let used = over.machine.memory_limit() + 1;
    assert_eq!(
        over.input(|app, now| app.memory_used(used, now)),
        ["call memory-usage-changed(Increased to over-limit)"]
    );
    let id = over.notice.unwrap();
    assert_eq!(over.input(|app, now| app.returned(id, now)), NOTHING);
    assert_eq!(over.pass(secs(4)), NOTHING);
    assert_eq!(over.pass(secs(1)), ended("over-limit"));
}

#[test]
fn row_17_it_is_activated_while_it_runs() {
    let mut app = App::uwp().seen();
    assert_eq!(row(&mut app, |app| app.activate(true)), ["call activated(running)", "settled 2"]);
    let mut hidden = App::uwp().hidden();
    assert_eq!(row(&mut hidden, |app| app.activate(false)), ["call activated(running)", "settled 2"]);
    assert_eq!(hidden.state(), AppState::Background, "nobody asked to see it");
}

#[test]
fn row_18_its_user_closes_it() {
    let suspends = [
        "became suspending",
        "call suspending",
        "became suspended",
        "freeze",
        "keep ClosedByUser",
        "end closed",
        "became not-running",
    ];
    let mut seen = App::uwp().seen();
    let out = row(&mut seen, |app| app.input(AppMachine::close));
    let leaves = [
        "call entered-background",
        "call memory-limit-changing(the background's)",
        "limit the background's",
        "became background",
    ];
    assert_eq!(out, [&leaves[..], &suspends[..]].concat(), "UWP-137");

    let mut hidden = App::uwp().hidden();
    assert_eq!(row(&mut hidden, |app| app.input(AppMachine::close)), suspends);
}

#[test]
fn row_19_it_crashes() {
    for mut app in [App::uwp().seen(), App::uwp().hidden(), App::uwp().suspending()] {
        let out = app.input(AppMachine::crashed);
        assert_eq!(out, ["end crashed", "keep NotRunning", "became not-running"]);
    }
}

#[test]
fn row_20_it_asks_to_be_restarted() {
    let mut app = App::uwp().seen();
    app.run_waits();
    let first = app.input(|app, now| app.request_restart(Ticket(9), now).unwrap());
    assert_eq!(
        rest(&mut app, first),
        [
            "cancel runs: terminating",
            "call entered-background",
            "call memory-limit-changing(the background's)",
            "limit the background's",
            "became background",
        ]
    );
    let first = app.input(AppMachine::run_ended);
    assert_eq!(
        rest(&mut app, first),
        [
            "became suspending",
            "call suspending",
            "became suspended",
            "freeze",
            "keep Terminated",
            "end restarted",
            "became not-running",
            "keep Running",
            "start with the foreground's",
            "became background",
            "call launched(terminated)",
            "settled 9",
            "call leaving-background",
            "became foreground",
        ]
    );
}

#[test]
fn row_21_it_is_uninstalled() {
    let mut app = App::uwp().hidden();
    app.run_waits();
    assert_eq!(app.input(|app, now| app.leave(Leave::Uninstalled, now)), ["cancel runs: uninstall"]);
    let ended = ["end uninstalled", "keep NotRunning", "became not-running"];
    assert_eq!(app.input(AppMachine::run_ended), ended);
    for mut app in [App::uwp().seen(), App::uwp().suspending(), App::uwp().suspended()] {
        assert_eq!(
            app.input(|app, now| app.leave(Leave::Uninstalled, now)),
            ended,
            "at once, and without a word"
        );
    }
    let mut awaited = App::uwp().suspending();
    awaited.run_waits();
    awaited.activate(true);
    let out = awaited.input(|app, now| app.leave(Leave::Uninstalled, now));
    assert_eq!(out[0], "cancel runs: uninstall");
    assert_eq!(out[1..], [&ended[..], &["dropped 2"]].concat(), "and nothing is begun anew");
}

#[test]
fn row_22_the_session_ends() {
    let mut app = App::uwp().seen();
    app.run_waits();
    assert_eq!(app.input(|app, now| app.leave(Leave::LoggedOff, now)), ["cancel runs: logging-off"]);
    let ended = ["end logged-off", "keep NotRunning", "became not-running"];
    assert_eq!(app.input(AppMachine::run_ended), ended);
}

#[test]
fn row_23_it_is_hidden_with_an_extended_execution() {
    let mut app = App::uwp().seen();
    app.machine.request_extension(ExtensionReason::Unspecified, app.now).unwrap();
    assert_eq!(
        row(&mut app, App::hide),
        [
            "call entered-background",
            "call memory-limit-changing(the background's)",
            "limit the background's",
            "became background",
        ]
    );
    assert_eq!(app.pass(secs(599)), NOTHING, "UWP-140");
    assert_eq!(app.state(), AppState::Background);
}
