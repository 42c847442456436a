//! Levels and limits of memory (UWP-108, UWP-109, UWP-125).

use super::super::{AppMachine, AppState, Leave};
use super::NOTHING;
use super::support::{App, secs};

const MIB: u64 = 1 << 20;

fn uses(app: &mut App, mib: u64) -> Vec<String> {
    app.input(|app, now| app.memory_used(mib * MIB, now))
}

fn heard(app: &mut App) -> Vec<String> {
    let id = app.notice.expect("it was told");
    app.input(|app, now| app.returned(id, now))
}

#[test]
fn uwp_108_crossing_a_level_is_told_up_and_down_and_staying_on_it_is_not() {
    let mut app = App::uwp().seen();
    assert_eq!(uses(&mut app, 127), NOTHING);
    assert_eq!(uses(&mut app, 128), ["call memory-usage-changed(Increased to medium)"]);
    assert_eq!(heard(&mut app), NOTHING);
    assert_eq!(uses(&mut app, 200), NOTHING);
    app.hide();
    app.returns();
    let out = app.returns();
    let over =
        ["limit the background's", "became background", "call memory-usage-changed(Increased to over-limit)"];
    assert_eq!(out, over, "a limit that falls raises the level");
    heard(&mut app);
    app.show();
    let out = app.returns();
    let back = [
        "limit the foreground's",
        "call leaving-background",
        "call memory-usage-changed(Decreased to medium)",
    ];
    assert_eq!(out, back, "UWP-109: and the change of the limit was told before");
}

#[test]
fn what_changes_while_it_is_being_told_is_told_once_as_it_is_then() {
    let mut app = App::uwp().seen();
    uses(&mut app, 130);
    assert_eq!(uses(&mut app, 210), NOTHING, "one at a time");
    assert_eq!(uses(&mut app, 256), NOTHING);
    assert_eq!(heard(&mut app), ["call memory-usage-changed(Increased to high)"]);
    assert_eq!(heard(&mut app), NOTHING);
}

#[test]
fn a_level_that_is_not_heard_of_in_time_ends_the_app() {
    let mut app = App::uwp().seen();
    uses(&mut app, 200);
    assert_eq!(app.machine.next_timeout(), Some(app.now + secs(5)));
    assert_eq!(app.pass(secs(5)), ["end hung", "keep NotRunning", "became not-running"]);
}

#[test]
fn one_that_was_cut_off_by_a_suspension_goes_on_with_the_time_it_had() {
    let mut app = App::uwp().seen();
    app.input(AppMachine::suspend);
    app.returns();
    uses(&mut app, 130);
    app.pass(secs(2));
    app.returns();
    app.returns();
    assert_eq!(app.machine.next_timeout(), None);
    app.pass(secs(1_000));
    app.show();
    assert_eq!(app.returns(), ["call leaving-background"], "no second one while the first goes on");
    let id = app.notice.unwrap();
    assert_eq!(app.machine.remaining(id, app.now), Some(secs(3)));
}

#[test]
fn a_resumed_app_hears_first_that_it_is_resumed() {
    let mut app = App::uwp().suspended();
    uses(&mut app, 126);
    app.run_waits();
    assert_eq!(app.calling(), Some("resuming"));
    assert_eq!(app.returns(), ["enter 1", "call memory-usage-changed(Increased to high)"]);
}

#[test]
fn uwp_109_who_is_hidden_before_it_was_seen_has_the_limit_of_the_background() {
    let falls = ["call memory-limit-changing(the background's)", "limit the background's"];
    let mut launched = App::uwp();
    launched.launch();
    launched.hide();
    assert_eq!(launched.returns(), ["settled 1", falls[0]]);
    assert_eq!(launched.returns(), falls[1..]);
    assert_eq!(launched.pass(secs(10)), ["became suspending", "call suspending"]);

    let mut resumed = App::uwp().suspended();
    resumed.show();
    resumed.hide();
    assert_eq!(resumed.returns(), falls[..1]);
    assert_eq!(resumed.returns(), falls[1..]);
}

#[test]
fn what_is_above_its_limit_while_it_is_removed_is_removed() {
    let mut app = App::uwp().hidden();
    app.run_waits();
    uses(&mut app, 300);
    heard(&mut app);
    app.activate(false);
    app.input(|app, now| app.leave(Leave::Uninstalled, now));
    app.returns();
    assert_eq!(app.pass(secs(5))[0], "end uninstalled");
    assert_eq!(app.state(), AppState::NotRunning, "and nothing is begun anew");
}

#[test]
fn above_its_limit_it_goes_on_where_the_policy_has_nothing_against_it() {
    let mut app = App::new().hidden();
    uses(&mut app, 300);
    heard(&mut app);
    app.run_waits();
    assert_eq!(app.pass(secs(100_000)), NOTHING);
}

#[test]
fn the_time_above_its_limit_counts_from_the_way_into_the_background() {
    let mut app = App::uwp().seen();
    uses(&mut app, 300);
    heard(&mut app);
    assert_eq!(app.pass(secs(100)), NOTHING, "nothing is ended that somebody sees");
    app.hide();
    app.settle();
    assert_eq!(app.pass(secs(4)), NOTHING);
    assert_eq!(app.pass(secs(1))[0], "end over-limit");
}
