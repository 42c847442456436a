//! A host that stops: whatever its apps end by, nothing of them begins again.

use super::super::{AppMachine, AppState, HandlerName};
use super::NOTHING;
use super::support::{App, secs};

const MIB: u64 = 1 << 20;

/// Its host stops while somebody launches it, and somebody else waits behind that.
fn stops(mut app: App) -> App {
    app.launch_with_arguments();
    app.launch_with_arguments();
    app.machine.shut();
    app.input(AppMachine::stop);
    assert_eq!(app.returns()[0], "settled 2");
    app.input(AppMachine::run_ended);
    app
}

#[test]
fn who_waits_for_an_app_that_a_host_ends_by_force_is_told_so_and_finds_no_other() {
    let mut app = App::new();
    app.launch();
    assert_eq!(app.launch_with_arguments(), NOTHING, "it waits behind `launched`");
    app.machine.shut();
    let ended = ["end terminated", "keep NotRunning", "became not-running", "dropped 1", "dropped 2"];
    assert_eq!(app.input(AppMachine::terminate), ended);
    assert_eq!(app.state(), AppState::NotRunning);
}

#[test]
fn however_an_app_ends_while_its_host_stops_nothing_of_it_begins_again() {
    let crashes = |app: &mut App| app.input(AppMachine::crashed);
    let hangs = |app: &mut App| app.input(|app, now| app.hung(HandlerName::TaskEvents, now));
    let saves_nothing = |app: &mut App| app.pass(secs(5));
    let saves = |app: &mut App| {
        let mut out = Vec::new();
        while app.calling().is_some() {
            out.extend(app.returns());
        }
        out
    };
    let holds_too_much = |app: &mut App| {
        app.input(|app, now| app.memory_used(300 * MIB, now));
        let id = app.notice.expect("it was told");
        app.input(|app, now| app.returned(id, now));
        app.pass(secs(5))
    };
    let suspending = || stops(App::uwp().hidden());
    let waits_for_a_task = || {
        let mut app = App::uwp().hidden();
        app.run_waits();
        app.run_waits();
        stops(app)
    };
    let leaving = || stops(App::uwp().seen());
    type Way<'a> = (&'a dyn Fn() -> App, &'a dyn Fn(&mut App) -> Vec<String>);
    let ways: [Way<'_>; 7] = [
        (&suspending, &crashes),
        (&suspending, &hangs),
        (&suspending, &saves_nothing),
        (&suspending, &saves),
        (&waits_for_a_task, &crashes),
        (&waits_for_a_task, &holds_too_much),
        (&leaving, &saves_nothing),
    ];
    for (begin, way) in ways {
        let mut app = begin();
        let out = way(&mut app);
        assert!(out.contains(&"became not-running".to_owned()), "{out:?}");
        assert_eq!(out.last().map(String::as_str), Some("dropped 3"), "{out:?}");
        assert_eq!((app.state(), app.machine.next_timeout()), (AppState::NotRunning, None), "{out:?}");
    }
}

#[test]
fn of_what_is_not_there_nothing_begins() {
    let mut app = App::new();
    app.machine.shut();
    assert_eq!(app.launch(), ["dropped 1"]);
    assert_eq!(app.run_waits(), NOTHING);
    assert_eq!((app.state(), app.machine.waiting_runs()), (AppState::NotRunning, 0));
}

#[test]
fn who_waits_for_an_app_whose_package_is_replaced_finds_the_new_one() {
    let mut app = App::new().seen();
    app.input(AppMachine::stop);
    app.launch();
    app.run_waits();
    app.returns();
    let out = app.returns();
    assert_eq!(out[2..4], ["keep Terminated", "end host-stopped"]);
    assert_eq!(out.last().map(String::as_str), Some("call launched(terminated)"), "{out:?}");
    assert_eq!(app.returns(), ["settled 2", "call leaving-background", "enter 1"]);
}
