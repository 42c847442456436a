//! Registrations: made, listed, explained, removed; and whether an app may run at all.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use dormouse_e2e::{Drawn, Ended, Package, Value, dormouse, json_lines};
use tempfile::TempDir;
use test_artifacts as programs;

const APP: &str = "org.example.nest";

fn with(state: &TempDir, args: &[&str]) -> Ended {
    dormouse(args.iter().copied().chain(["--state", state.path().to_str().unwrap()]))
}

fn installed() -> TempDir {
    let state = dormouse_e2e::state_dir();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", "");
    with(&state, &["install", package.arg()]).expect_code(0);
    state
}

fn register(state: &TempDir, name: &str, args: &[&str]) -> Ended {
    let first = ["register", APP, "--name", name, "--entry-point", "main"];
    let all: Vec<&str> = first.iter().chain(args).copied().collect();
    with(state, &all)
}

fn listed(state: &TempDir) -> Vec<Value> {
    json_lines(&with(state, &["registrations", "--json"]).expect_code(0).stdout)
}

#[test]
fn each_trigger_is_registered_by_its_flag_and_listed() {
    let state = installed();
    for (name, flags, kind) in [
        ("every", &["--every", "5m"][..], "time"),
        ("cron", &["--cron", "0 3 * * *", "--tz", "Europe/Berlin"], "cron"),
        ("once", &["--once", "5m"], "time"),
        ("maintenance", &["--maintenance", "1h"], "maintenance"),
        ("system", &["--system", "internet-available"], "system"),
        ("signal", &["--signal", "acorn"], "signal"),
        ("message", &["--message", "acorn"], "message"),
        ("application", &["--application"], "application"),
    ] {
        register(&state, name, flags).expect_code(0).expect_stdout(&format!("registered \"{name}\""));
        let all = listed(&state);
        let made = all.iter().find(|registration| registration["name"] == name).unwrap();
        assert_eq!(made["trigger"]["kind"], kind, "{made}");
        assert_eq!(made["next"].is_string(), ["time", "cron", "maintenance"].contains(&kind), "{made}");
    }
    let table = with(&state, &["registrations", "--app", APP]).expect_code(0).stdout;
    for text in
        ["every 5m", "cron 0 3 * * * Europe/Berlin", "once, after 5m", "system internet-available", "active"]
    {
        assert!(table.contains(text), "no {text:?} in\n{table}");
    }
    with(&state, &["registrations", "--app", "org.example.other"]).expect_stdout("nothing is registered");
}

#[test]
fn what_is_wrong_is_said_when_it_is_registered() {
    let state = installed();
    register(&state, "x", &["--every", "1ms"]).expect_code(2).expect_error("the registration is not valid");
    register(&state, "x", &["--watch", "/pictures"])
        .expect_code(2)
        .expect_stderr("\"/pictures\" is not granted");
    register(&state, "x", &["--cron", "30 25 * * *"]).expect_code(2).expect_error("invalid cron expression");
    register(&state, "x", &["--system", "SmsReceived"])
        .expect_code(2)
        .expect_error("UWP's SmsReceived is not seen by this version");
    register(&state, "x", &["--application", "--condition", "sunshine"])
        .expect_code(2)
        .expect_error("sunshine");
    with(&state, &["register", APP, "--name", "x", "--entry-point", "attic", "--application"])
        .expect_code(2)
        .expect_stderr("no entry point \"attic\"; it has main");
    with(&state, &["register", "no.such", "--name", "x", "--entry-point", "main", "--application"])
        .expect_code(2)
        .expect_stderr("is not installed");
    assert!(listed(&state).is_empty());
}

#[test]
fn a_registration_can_be_tried_without_being_made() {
    let state = installed();
    let contradicts = ["--condition", "user-present", "--condition", "user-not-present"];
    let flags: Vec<&str> = ["--every", "5m", "--validate"].into_iter().chain(contradicts).collect();
    register(&state, "x", &flags).expect_code(0).expect_stdout("never hold together");
    assert!(listed(&state).is_empty());
}

#[test]
fn the_same_name_replaces_unless_something_else_is_asked_for() {
    let state = installed();
    register(&state, "x", &["--every", "5m"]).expect_code(0);
    let id = listed(&state)[0]["id"].clone();
    register(&state, "x", &["--every", "10m"]).expect_code(0);
    assert_eq!((listed(&state).len(), &listed(&state)[0]["id"]), (1, &id));
    register(&state, "x", &["--every", "5m", "--if-exists", "error"]).expect_code(2).expect_error("already");
    register(&state, "x", &["--every", "5m", "--if-exists", "duplicate"]).expect_code(0);
    assert_eq!(listed(&state).len(), 2);
    with(&state, &["unregister", "x"]).expect_code(2).expect_error("several registrations are `x`");
    with(&state, &["unregister", id.as_str().unwrap()]).expect_code(0);
    with(&state, &["unregister", "x", "--app", APP]).expect_code(0);
    with(&state, &["unregister", "x"]).expect_code(2).expect_error("there is no registration `x`");
}

#[test]
fn an_explanation_begins_with_the_answer() {
    let state = installed();
    register(&state, "x", &["--every", "1h", "--condition", "custom:printer.idle"]).expect_code(0);
    let told = with(&state, &["explain", "x"]).expect_code(0).stdout;
    assert!(told.starts_with("it waits for its time trigger, next at "), "{told}");
    assert!(told.contains("custom:printer.idle is unknown"), "{told}");
    let told = json_lines(&with(&state, &["explain", "x", "--json"]).expect_code(0).stdout);
    assert_eq!(told[0]["conditions"][0]["holds"], "unknown");
    assert_eq!(told[0]["status"], "active");
    with(&state, &["explain", "y"]).expect_code(2).expect_error("there is no registration `y`");
}

#[test]
fn access_is_decided_kept_and_explained() {
    let state = installed();
    register(&state, "x", &["--every", "1h"]).expect_code(0);
    with(&state, &["access", APP]).expect_code(0).expect_stdout("allowed-subject-to-policy");
    with(&state, &["access", APP, "denied-by-user"]).expect_code(0);
    with(&state, &["access", APP]).expect_code(0).expect_stdout("denied-by-user");
    let told = with(&state, &["explain", "x"]).expect_code(0).stdout;
    assert!(told.starts_with("its app's access is denied-by-user: firings start nothing"), "{told}");
    register(&state, "y", &["--every", "1h"])
        .expect_code(0)
        .expect_stdout("warning: its firings start nothing");
    with(&state, &["access", APP, "maybe"]).expect_code(2).expect_error("is no access status");
    with(&state, &["access", "no.such"]).expect_code(0).expect_stdout("no package of this name");
}

#[test]
fn what_a_trigger_or_a_run_may_be_given_more_is_registered_and_shown() {
    let state = installed();
    let flags =
        ["--every", "5m", "--misfire", "skip", "--jitter", "10s", "--class", "long", "--memory", "32MiB"];
    let more =
        ["--retry", "3", "--retry-initial", "2s", "--env", "NUTS=many", "--arg", "-v", "--group", "winter"];
    let all: Vec<&str> = flags.into_iter().chain(more).collect();
    register(&state, "x", &all).expect_code(0);
    let made = &listed(&state)[0];
    assert_eq!((&made["trigger"]["misfire"], &made["limits"]["class"]), (&"skip".into(), &"long".into()));
    assert_eq!((&made["retry"]["max_attempts"], &made["env"]), (&4.into(), &serde_json::json!(["NUTS"])));
    let shown = with(&state, &["show", "x"]).expect_code(0).stdout;
    for text in ["class long, memory 32MiB", "up to 3 times, after 2.0s", "NUTS", "winter", "0 waiting"] {
        assert!(shown.contains(text), "no {text:?} in\n{shown}");
    }
    assert!(!shown.contains("many"), "what a variable holds is nobody's business:\n{shown}");
    register(&state, "y", &["--application", "--misfire", "all"])
        .expect_code(2)
        .expect_error("--misfire says nothing of a application trigger");
    with(&state, &["list", "--group", "summer"]).expect_stdout("nothing is registered");
}

#[test]
fn a_name_may_be_written_with_its_app_and_one_that_is_nearly_right_is_answered_with_it() {
    let state = installed();
    register(&state, "hourly", &["--every", "1h"]).expect_code(0);
    let id = listed(&state)[0]["id"].as_str().unwrap().to_owned();
    for which in ["hourly", "org.example.nest/hourly", &id, &id[24..]] {
        with(&state, &["explain", which]).expect_code(0).expect_stdout(&id);
    }
    with(&state, &["explain", "hourli"]).expect_code(2).expect_error("did you mean `hourly`?");
    with(&state, &["explain", "org.example.oak/hourly"])
        .expect_code(2)
        .expect_error("there is no registration");
}

#[test]
fn a_state_directory_that_a_run_has_is_looked_at_and_not_changed() {
    let state = installed();
    register(&state, "x", &["--every", "1h"]).expect_code(0);
    let path = state.path().to_str().unwrap();
    let mut running = dormouse_e2e::Running::start(["run", programs::CANCEL_SLEEPING, "--state", path]);
    running.wait_for("started");
    for args in
        [&["apps"][..], &["list"], &["show", "x"], &["explain", "x"], &["access", APP], &["runs"], &["quota"]]
    {
        with(&state, args).expect_code(0);
    }
    for args in [&["unregister", "x"][..], &["access", APP, "denied-by-user"], &["uninstall", APP, "--yes"]] {
        with(&state, args).expect_code(5).expect_error(&format!("in use by process {}", running.id()));
    }
    for args in [
        &["fire", "x"][..],
        &["cancel", "x"],
        &["watch"],
        &["logs", "x", "-f"],
        &["dead", "redrive", "--all"],
    ] {
        with(&state, args).expect_code(6).expect_error("no host runs").expect_stderr("dormouse serve");
    }
    running.signal(dormouse_e2e::Signal::INT);
    running.finish().0.expect_code(130);
    assert!(listed(&state).iter().any(|registration| registration["name"] == "x"));
}

#[test]
fn a_list_is_drawn_again_also_when_no_host_tells_of_changes() {
    let state = installed();
    let mut drawn = Drawn::start(["list", "--watch=1", "--state", state.path().to_str().unwrap()]);
    drawn.wait_for("nothing is registered");
    register(&state, "x", &["--every", "1h"]).expect_code(0);
    drawn.wait_for("every 1h");
}

#[test]
fn what_is_only_looked_at_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let path = state.to_str().unwrap();
    for (args, told) in [
        (&["list"][..], "nothing is registered"),
        (&["apps"], "no packages are installed"),
        (&["runs"], "nothing ran"),
        (&["quota"], "no app has a quota"),
        (&["dead", "list"], "there are no dead letters"),
        (&["subscribers"], "nobody reads completions"),
        (&["webhooks", "list"], "nobody is told"),
    ] {
        let ended =
            dormouse(args.iter().copied().chain(["--state", path])).expect_code(0).expect_stdout(told);
        assert_eq!(ended.stderr, format!("dormouse: there is no state at `{path}` yet\n"));
    }
    assert!(!state.exists());
    let state = installed();
    assert_eq!(with(&state, &["list"]).expect_code(0).stderr, "");
}

#[test]
fn an_operator_decides_about_a_quota_and_takes_it_back() {
    let state = installed();
    let set = with(&state, &["quota", APP, "--set", "2s/15m"]).expect_code(0);
    set.expect_stdout(&format!("{APP}: 2.0s in 15m 0s, 2.0s left, set by the operator"));
    let all = json_lines(&with(&state, &["quota", "--json"]).expect_code(0).stdout);
    assert_eq!((all.len(), &all[0]["app"], &all[0]["set_by"]), (1, &APP.into(), &"operator".into()));
    assert_eq!(all[0]["window_ms"].as_f64(), Some(900_000.0));
    with(&state, &["quota", APP, "--off"]).expect_code(0).expect_stdout(&format!("{APP}: no quota"));
    with(&state, &["quota"]).expect_code(0).expect_stdout("no app has a quota");
    with(&state, &["quota", APP, "--unset"]).expect_code(0).expect_stdout(&format!("{APP}: no quota"));
    with(&state, &["quota", "org.example.other", "--set", "1s/1h"])
        .expect_code(0)
        .expect_stdout("1.0s in 1h 0m, once it is installed");
    for wrong in [
        &["quota", "--off"][..],
        &["quota", "--set", "2s/15m"],
        &["quota", APP, "--set", "2s"],
        &["quota", APP, "--set", "0s/15m"],
        &["quota", APP, "--set", "2s/15m", "--off"],
        &["quota", APP, "--off", "--unset"],
    ] {
        with(&state, wrong).expect_code(2);
    }
}
