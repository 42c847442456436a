//! Apps that have a life of their own, led through it from the command line.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use dormouse_e2e::{Daemon, Drawn, Package, Running, Signal, Value, dormouse, json_lines, state_dir};
use tempfile::TempDir;
use test_artifacts as programs;

const NO_MORE: [&str; 0] = [];
const APP: &str = "org.example.nest";

/// A state directory with the app installed that `program` is.
fn installed(program: &str, app: &str) -> TempDir {
    let state = state_dir();
    let manifest = format!("[app]\ncomponent = \"app.wasm\"\n{app}");
    let package = Package::new("1.0.0", programs::RUN_RETURNS_OK, "", &manifest);
    package.add("app.wasm", program);
    dormouse(["install", package.arg(), "--consent", "--state", state.path().to_str().unwrap()])
        .expect_code(0);
    state
}

/// `dormouse app VERB org.example.nest ...`.
fn app(state: &Path, verb: &str, args: &[&str]) -> dormouse_e2e::Ended {
    let before = ["app", verb, APP, "--state", state.to_str().unwrap()];
    dormouse(before.iter().chain(args))
}

/// The same, with what it answers.
#[track_caller]
fn answered(state: &Path, verb: &str, args: &[&str]) -> Value {
    let args: Vec<&str> = ["--json"].iter().chain(args).copied().collect();
    json_lines(&app(state, verb, &args).expect_code(0).stdout).pop().unwrap()
}

/// Watches the app's events.
fn watching(state: &Path) -> Running {
    let mut watch = Running::start(["watch", "--app", APP, "--state", state.to_str().unwrap()]);
    watch.wait_for_note("watching");
    watch
}

#[track_caller]
fn hears(watch: &mut Running, text: &str) {
    watch.wait_until(text, |event| event["text"].as_str().is_some_and(|said| said.contains(text)));
}

#[test]
fn an_app_is_led_through_its_life() {
    let state =
        installed(programs::APP_HEARS_EVERYTHING, "activations = [\"timer\", \"message\", \"share\"]\n");
    let state = state.path();
    let _daemon = Daemon::start(state, NO_MORE);
    let mut watch = watching(state);

    app(state, "launch", &["--arguments", "hello"])
        .expect_code(0)
        .expect_stdout(&format!("{APP}: foreground\n"));
    hears(&mut watch, "heard launched previous=not-running prelaunch=false arguments=\"hello\"");
    watch.wait_until("the foreground", |e| e["event"] == "state-changed" && e["to"] == "foreground");
    app(state, "state", &[]).expect_code(0).expect_stdout("foreground").expect_stdout("1 want to see it");
    let path = state.to_str().unwrap();
    dormouse(["show", APP, "--state", path]).expect_code(0).expect_stdout("foreground");
    dormouse(["doctor", "--state", path]).expect_code(0).expect_stdout("places taken");

    app(state, "hide", &[]).expect_code(0).expect_stdout(&format!("{APP}: background\n"));
    hears(&mut watch, "heard entered-background");
    app(state, "suspend", &[]).expect_code(0).expect_stdout(&format!("{APP}: suspended\n"));
    hears(&mut watch, "heard suspending");
    assert_eq!(answered(state, "resume", &[])["state"], "background");
    hears(&mut watch, "heard resuming away-ms=");
    assert_eq!(answered(state, "show", &[])["state"], "foreground");
    hears(&mut watch, "heard leaving-background");

    assert_eq!(answered(state, "launch", &["--timer", "tea", "--hidden"])["result"], "launched");
    hears(&mut watch, "heard activated previous=running kind=timer name=\"tea\"");
    let letter = state.join("letter.txt");
    std::fs::write(&letter, "dear mouse").unwrap();
    app(state, "launch", &["--message", &format!("inbox={}", letter.to_str().unwrap())]).expect_code(0);
    hears(&mut watch, "topic=\"inbox\" content-type=\"text/plain; charset=utf-8\" body=\"dear mouse\"");
    let shared = |name: &str| format!("{name}={}", letter.to_str().unwrap());
    app(state, "launch", &["--share", &shared("a"), "--share", &shared("b")]).expect_code(0);
    let item = |name: &str| format!("(\"{name}\", \"text/plain; charset=utf-8\", \"dear mouse\")");
    hears(&mut watch, &format!("kind=share items=[{}, {}]", item("a"), item("b")));

    let closed = answered(state, "close", &[]);
    assert_eq!((&closed["state"], &closed["kept"]), (&"not-running".into(), &"closed-by-user".into()));
    assert_eq!(closed["last_end"]["end"], "closed");
    assert_eq!(closed["next_previous"], "not-running", "it was only closed a moment ago (UWP-135)");
    watch.wait_until("its end", |event| event["event"] == "ended" && event["end"] == "closed");
    watch.signal(Signal::INT);
    drop(watch.finish());
}

#[test]
fn what_an_app_cannot_do_is_said_with_what_can_be_done_about_it() {
    let state = installed(programs::APP_HEARS_EVERYTHING, "");
    let state = state.path();
    let never = answered(state, "state", &[]);
    assert_eq!((&never["state"], &never["since"]), (&"not-running".into(), &Value::Null));
    for verb in ["launch", "show", "hide", "suspend", "resume", "close", "terminate", "output"] {
        app(state, verb, &[]).expect_code(6).expect_error("no host runs").expect_stderr("dormouse serve");
    }
    let _daemon = Daemon::start(state, NO_MORE);
    for verb in ["show", "hide", "suspend", "resume", "close", "terminate"] {
        app(state, verb, &[])
            .expect_code(1)
            .expect_error("is not running")
            .expect_stderr("dormouse app launch");
    }
    app(state, "launch", &["--file", "/x"]).expect_code(2).expect_error("`activations`");
    app(state, "launch", &["--prelaunch"]).expect_code(1).expect_stdout("not prelaunched");
    app(state, "launch", &["--message", "t=/nowhere"]).expect_code(2).expect_error("/nowhere");
    app(state, "launch", &["--share", "a=-", "--share", "b=-"]).expect_code(2).expect_error("standard input");
    let args = ["app", "launch", "nobody", "--state", state.to_str().unwrap()];
    dormouse(args).expect_code(2).expect_error("nobody").expect_stderr("dormouse apps");
    assert_eq!(answered(state, "state", &[])["session"], 0, "nothing of it ever ran");
}

#[test]
fn tasks_alone_are_no_app() {
    let state = state_dir();
    let package = Package::new("1.0.0", programs::RUN_RETURNS_OK, "", "");
    let path = state.path().to_str().unwrap();
    dormouse(["install", package.arg(), "--state", path]).expect_code(0);
    let register = ["register", APP, "--name", "here", "--application", "--state", path];
    dormouse(register).expect_code(2).expect_error("[app]");
    let has_none = |verb: &str| {
        app(state.path(), verb, &[]).expect_code(2).expect_error("no life of its own").expect_stderr("[app]");
    };
    has_none("state");
    let _daemon = Daemon::start(state.path(), NO_MORE);
    has_none("state");
    has_none("launch");
}

#[test]
fn the_list_of_apps_is_drawn_again_when_one_is_launched() {
    let state = installed(programs::APP_HEARS_EVERYTHING, "");
    let _daemon = Daemon::start(state.path(), NO_MORE);
    let mut drawn = Drawn::start(["apps", "--watch=3600", "--state", state.path().to_str().unwrap()]);
    drawn.wait_for("not-running");
    app(state.path(), "launch", &[]).expect_code(0);
    drawn.wait_for("foreground");
}

#[test]
fn a_task_without_an_entry_point_runs_in_its_app() {
    let state = installed(programs::APP_HOSTS_TASKS, "");
    let path = state.path().to_str().unwrap();
    let _daemon = Daemon::start(state.path(), NO_MORE);
    dormouse(["register", APP, "--name", "here", "--application", "--state", path]).expect_code(0);
    let explain = || dormouse(["explain", "here", "--state", path]).expect_code(0);
    explain()
        .expect_stdout("its app, in which it runs, is not running")
        .expect_stdout("none: it runs in its app");
    dormouse(["fire", "here", "--arg", "interface", "--wait", "--state", path]).expect_code(0);
    // Seen, it does not go on to be suspended while this looks.
    app(state.path(), "launch", &[]).expect_code(0);
    explain().expect_stdout("its app, in which it runs, is in the foreground");
    app(state.path(), "hide", &[]).expect_code(0);
    // What it writes is the app's.
    let runs = json_lines(&dormouse(["runs", "--json", "--state", path]).expect_code(0).stdout);
    let id = |of: &str| runs[0][of].as_str().unwrap();
    for which in ["here", id("run"), id("activation")] {
        dormouse(["logs", which, "--state", path]).expect_code(0).expect_stderr("dormouse app output");
    }
    app(state.path(), "output", &[]).expect_code(0).expect_stdout("| task interface is whole");
    let seen = answered(state.path(), "state", &[]);
    assert_eq!(
        (&seen["session"], &seen["leases"]),
        (&1.into(), &0.into()),
        "nobody sees it (UWP-122): {seen}"
    );
}

#[test]
fn what_an_app_does_not_live_to_see_is_no_success_and_what_it_said_last_is_told() {
    let state = installed(programs::APP_BAD_TRAPS, "");
    let state = state.path();
    let _daemon = Daemon::start(state, NO_MORE);
    let traps_in = |handler: &str| app(state, "launch", &["--arguments", handler]).expect_code(0);
    traps_in("entered-background");
    app(state, "hide", &[]).expect_code(1).expect_stderr("error: the app ended first (crashed)");
    traps_in("suspending");
    // The app's own panic is told, and so this is no text of ours alone.
    app(state, "suspend", &[])
        .expect_code(1)
        .expect_stderr("error: the app ended first (crashed)")
        .expect_stderr("as asked, in suspending");
    let said = app(state, "output", &[]).expect_code(0);
    said.expect_stdout("| heard suspending")
        .expect_stderr("stderr | ")
        .expect_stderr("as asked, in suspending");
    app(state, "state", &[]).expect_code(0).expect_stdout("as asked, in suspending");
    traps_in("suspending");
    app(state, "close", &[]).expect_code(1).expect_stdout("not-running").expect_stdout("crashed");
    traps_in("resuming");
    app(state, "suspend", &[]).expect_code(0);
    app(state, "resume", &[]).expect_code(1).expect_stderr("error: the app ended first (crashed)");
}
