//! Extended execution (UWP-140 to UWP-142).

use super::super::{AppMachine, AppState, ExtensionError, ExtensionReason, RevokedReason};
use super::NOTHING;
use super::support::{App, secs};
use ExtensionReason::{SavingData, Unspecified};

fn extended(mut app: App, reason: ExtensionReason) -> App {
    app.machine.request_extension(reason, app.now).unwrap();
    assert_eq!(app.machine.extension(), Some(reason));
    app
}

#[test]
fn uwp_140_while_there_is_one_the_app_is_not_suspended() {
    for reason in [Unspecified, SavingData] {
        let mut app = extended(App::new().hidden(), reason);
        assert_eq!(app.pass(secs(599)), NOTHING);
        assert_eq!(app.input(AppMachine::suspend), NOTHING, "by no locked screen either");
        assert_eq!(app.input(AppMachine::close_extension), ["became suspending", "call suspending"]);
    }
}

#[test]
fn uwp_141_there_is_one_at_a_time() {
    let mut app = extended(App::new().seen(), Unspecified);
    assert_eq!(app.machine.request_extension(SavingData, app.now), Err(ExtensionError::Exists));
    app.input(AppMachine::close_extension);
    assert_eq!(app.machine.request_extension(SavingData, app.now), Ok(()));
}

#[test]
fn uwp_141_it_ends_a_second_after_it_was_revoked() {
    let mut app = extended(App::new().hidden(), Unspecified);
    assert_eq!(app.pass(secs(600)), ["revoke: system-policy"]);
    assert_eq!(app.machine.revoked(), Some(RevokedReason::SystemPolicy));
    assert_eq!(app.machine.request_extension(Unspecified, app.now), Err(ExtensionError::Exists));
    assert_eq!(app.pass(secs(1)), ["extension over", "became suspending", "call suspending"]);
    assert_eq!(app.input(AppMachine::close_extension), NOTHING, "what is over is not closed");
}

#[test]
fn an_operator_revokes_it_once() {
    let mut app = extended(App::new().hidden(), Unspecified);
    assert_eq!(app.input(AppMachine::revoke_extension), ["revoke: system-policy"]);
    assert_eq!(app.input(AppMachine::revoke_extension), NOTHING);
    assert_eq!(app.pass(secs(1)), ["extension over"]);
    assert_eq!(app.state(), AppState::Background, "its ten seconds are not over");
}

#[test]
fn its_time_counts_in_the_background_and_ends_with_that() {
    let mut app = extended(App::new().seen(), Unspecified);
    app.pass(secs(10_000));
    app.hide();
    app.settle();
    assert_eq!(app.pass(secs(599)), NOTHING);
    app.show();
    assert_eq!(app.returns(), ["became foreground", "revoke: resumed", "extension over"]);
}

#[test]
fn uwp_142_an_app_that_is_about_to_be_suspended_gets_one_for_saving_data_only() {
    let app = App::new().suspending();
    let mut other = app.clone();
    assert_eq!(other.machine.request_extension(Unspecified, other.now), Err(ExtensionError::Suspending));
    extended(app, SavingData);
}

#[test]
fn uwp_142_its_revocation_leaves_one_second_to_be_done_with_suspending() {
    let mut app = extended(App::new().suspending(), SavingData);
    app.input(AppMachine::revoke_extension);
    assert_eq!(app.machine.remaining(app.call_id(), app.now), Some(secs(1)));
    let mut done = app.clone();
    assert_eq!(app.pass(secs(1))[0], "end suspend-failed");
    done.returns();
    assert_eq!(done.input(AppMachine::close_extension), ["became suspended", "freeze"]);
}

#[test]
fn uwp_142_one_suspension_is_put_off_once() {
    let mut app = extended(App::new().suspending(), SavingData);
    app.input(AppMachine::close_extension);
    assert_eq!(app.machine.request_extension(SavingData, app.now), Err(ExtensionError::Denied));
    assert_eq!(app.pass(secs(5))[0], "end suspend-failed");

    let mut again = extended(App::new().suspending(), SavingData);
    again.input(AppMachine::close_extension);
    again.returns();
    again.show();
    again.settle();
    again.hide();
    again.settle();
    again.pass(secs(10));
    assert_eq!(again.calling(), Some("suspending"));
    extended(again, SavingData);
}

#[test]
fn however_often_it_is_closed_and_asked_for_an_app_goes_on_in_the_background_as_long_as_by_one() {
    let mut app = extended(App::new().hidden(), Unspecified);
    app.run_waits();
    app.pass(secs(300));
    app.input(AppMachine::close_extension);
    let mut app = extended(app, Unspecified);
    assert_eq!(app.pass(secs(299)), NOTHING);
    assert_eq!(app.pass(secs(1)), ["revoke: system-policy"]);
    app.input(AppMachine::close_extension);
    let asked = |app: &mut App| app.machine.request_extension(Unspecified, app.now);
    assert_eq!(asked(&mut app), Err(ExtensionError::Denied), "its time is over");
    assert_eq!(app.input(AppMachine::run_ended), ["became suspending", "call suspending"]);
    app.returns();
    app.run_waits();
    app.returns();
    assert_eq!(app.state(), AppState::Background);
    assert_eq!(asked(&mut app), Err(ExtensionError::Denied), "nobody wants it back");
    // Somebody activates it; and somebody sees it.
    app.activate(false);
    app.returns();
    let mut app = extended(app, Unspecified);
    assert_eq!(app.pass(secs(600)), ["revoke: system-policy"]);
    app.input(AppMachine::close_extension);
    app.show();
    app.settle();
    app.hide();
    app.settle();
    extended(app, Unspecified);
}

#[test]
fn what_an_operator_revoked_is_not_asked_for_again_in_the_background() {
    let mut app = extended(App::new().hidden(), Unspecified);
    app.input(AppMachine::revoke_extension);
    app.input(AppMachine::close_extension);
    assert_eq!(app.state(), AppState::Background);
    assert_eq!(app.machine.request_extension(Unspecified, app.now), Err(ExtensionError::Denied));
}

#[test]
fn uwp_139_who_was_only_prelaunched_or_only_runs_tasks_has_none_before_it_is_seen() {
    let mut ahead = App::new();
    ahead.prelaunch();
    let mut tasks = App::new();
    tasks.run_waits();
    for app in [&mut ahead, &mut tasks] {
        for reason in [Unspecified, SavingData] {
            assert_eq!(app.machine.request_extension(reason, app.now), Err(ExtensionError::Denied));
        }
    }
    assert_eq!(ahead.returns()[1..], ["became suspending", "call suspending"]);
    tasks.show();
    tasks.settle();
    extended(tasks, Unspecified);
}

#[test]
fn who_is_about_to_end_has_one_to_save_and_no_other() {
    let mut app = App::new().seen();
    app.input(AppMachine::close);
    assert_eq!(app.calling(), Some("entered-background"));
    for reason in [Unspecified, SavingData] {
        assert_eq!(app.machine.request_extension(reason, app.now), Err(ExtensionError::Denied));
    }
    app.returns();
    assert_eq!(app.calling(), Some("suspending"));
    extended(app, SavingData);
}

#[test]
fn whoever_closes_it_late_has_a_moment_to_return() {
    let mut app = extended(App::new().suspending(), SavingData);
    app.pass(secs(12));
    assert_eq!(app.input(AppMachine::close_extension), NOTHING);
    assert_eq!(app.pass(secs(0)), NOTHING, "though the five seconds are over");
    assert_eq!(app.machine.remaining(app.call_id(), app.now), Some(secs(1)));
    assert_eq!(app.returns(), ["became suspended", "freeze"]);
}

#[test]
fn it_holds_up_no_end() {
    let mut app = extended(App::new().hidden(), Unspecified);
    let out = app.input(AppMachine::close);
    assert_eq!(out, ["revoke: system-policy", "extension over", "became suspending", "call suspending"]);
}

#[test]
fn what_is_not_there_gets_none() {
    let mut gone = App::new();
    assert_eq!(gone.machine.request_extension(SavingData, gone.now), Err(ExtensionError::Denied));
}
