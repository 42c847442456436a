//! A host that is killed with SIGKILL, and what its apps are told by the next one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use dormouse_e2e::{
    Ask, Daemon, Package, Running, Signal, Value, dormouse, json_lines, patiently, state_dir,
};
use tempfile::TempDir;
use test_artifacts as programs;

const NO_MORE: [&str; 0] = [];
const APP: &str = "org.example.nest";

fn installed() -> TempDir {
    let state = state_dir();
    let package = Package::new(
        "1.0.0",
        programs::RUN_RETURNS_OK,
        "",
        "[app]\ncomponent = \"app.wasm\"\nprelaunch = true\n",
    );
    package.add("app.wasm", programs::APP_KEEPS_STATE);
    dormouse(["install", package.arg(), "--state", state.path().to_str().unwrap()]).expect_code(0);
    state
}

/// `dormouse app VERB org.example.nest --json`.
#[track_caller]
fn app(state: &Path, verb: &str, args: &[&str]) -> Value {
    let before = ["app", verb, APP, "--json", "--state", state.to_str().unwrap()];
    json_lines(&dormouse(before.iter().chain(args)).expect_code(0).stdout).pop().unwrap()
}

/// What the next launch is told, as the records say that a host left behind; and as the app hears it then, in its own
/// words.
#[track_caller]
fn told(state: &Path, previous: &str, says: &str) {
    let kept = app(state, "state", &[]);
    assert_eq!(kept["next_previous"], previous, "{kept}");
    let daemon = Daemon::start(state, NO_MORE);
    assert_eq!(app(state, "state", &[])["next_previous"], previous);
    let mut watch = Running::start(["watch", "--app", APP, "--state", state.to_str().unwrap()]);
    watch.wait_for_note("watching");
    app(state, "launch", &["--arguments", "add:1"]);
    for text in [format!("heard launched previous={previous}"), says.to_owned()] {
        watch.wait_until(&text, |event| event["text"].as_str().is_some_and(|said| said.contains(&text)));
    }
    drop(watch);
    // Closed a moment ago: whatever it was is forgotten.
    app(state, "close", &[]);
    daemon.signal(Signal::TERM);
    daemon.finish().expect_code(143);
}

/// A daemon in which the app has counted to 1.
fn counted(state: &Path) -> Daemon {
    let daemon = Daemon::start(state, NO_MORE);
    assert_eq!(app(state, "launch", &["--arguments", "add:1"])["app"]["state"], "foreground");
    daemon
}

#[test]
fn whatever_an_app_does_when_its_host_is_killed_it_was_not_running() {
    let steps: [&[&str]; 5] =
        [&[], &["hide"], &["hide", "suspend"], &["suspend", "resume"], &["suspend", "show"]];
    for steps in steps {
        let state = installed();
        let daemon = counted(state.path());
        for step in steps {
            app(state.path(), step, &[]);
        }
        daemon.kill();
        let kept = app(state.path(), "state", &[]);
        assert_eq!((&kept["state"], &kept["kept"]), (&"not-running".into(), &"running".into()), "{steps:?}");
        told(state.path(), "not-running", "started fresh");
    }
}

#[test]
fn what_was_given_up_or_stopped_in_good_order_is_restored() {
    let state = installed();
    let daemon = counted(state.path());
    app(state.path(), "suspend", &[]);
    assert_eq!(app(state.path(), "terminate", &[])["last_end"]["end"], "reclaimed");
    daemon.kill();
    told(state.path(), "terminated", "restored 1");

    let state = installed();
    let daemon = counted(state.path());
    daemon.signal(Signal::TERM);
    daemon.finish().expect_code(143);
    told(state.path(), "terminated", "restored 1");
}

#[test]
fn an_app_that_was_never_launched_and_one_that_is_only_prelaunched_were_not_running() {
    let state = installed();
    assert_eq!(app(state.path(), "state", &[])["kept"], Value::Null);
    let daemon = Daemon::start(state.path(), NO_MORE);
    let prelaunched = app(state.path(), "launch", &["--prelaunch"]);
    assert_eq!(prelaunched["result"], "prelaunched");
    daemon.kill();
    told(state.path(), "not-running", "started fresh");
}

/// Starts a host that dies when it passes `station` for the first time, and does `steps` in it until it has.
fn dies(state: &Path, station: &str, steps: &[&str]) {
    use std::os::unix::process::ExitStatusExt as _;
    let mut command = Daemon::command(state, ["--quiet"]);
    command.env("DORMOUSE_KILL_AT", format!("{station}:1"));
    let mut host = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let socket = state.join("dormouse.sock");
    for () in patiently() {
        if Ask::new("GET /v1/host").at_socket(&socket).is_ok_and(|answer| answer.status == 200) {
            break;
        }
    }
    for step in steps {
        // The one that it dies of is not answered.
        let line = format!("POST /v1/apps/{APP}/{step}");
        let body: &[u8] = if *step == "launch" { br#"{"arguments":"add:1"}"# } else { b"" };
        let _ = Ask { line: &line, head: &[], body }.at_socket(&socket);
    }
    for () in patiently() {
        if let Some(status) = host.try_wait().unwrap() {
            assert_eq!(status.signal(), Some(9), "{station}: {status}");
            return;
        }
    }
    let _ = host.kill();
    panic!("it never passed {station}");
}

#[test]
fn killed_at_each_station_of_a_record_the_answer_is_right() {
    let given_up = ["launch", "suspend", "terminate"];
    for (station, steps, previous, says) in [
        ("app.running.before", &given_up[..], "not-running", "started fresh"),
        ("app.running.after", &given_up[..], "not-running", "started fresh"),
        // It was not given up: the host fell.
        ("app.ended.before", &given_up[..], "not-running", "started fresh"),
        ("app.ended.after", &given_up[..], "terminated", "restored 1"),
        ("app.ended.before", &["launch", "close"][..], "not-running", "started fresh"),
    ] {
        let state = installed();
        dies(state.path(), station, steps);
        told(state.path(), previous, says);
    }
    let state = installed();
    dies(state.path(), "app.ended.after", &["launch", "close"]);
    // What follows from that changes ten seconds after it was closed.
    assert_eq!(app(state.path(), "state", &[])["kept"], "closed-by-user");
}
