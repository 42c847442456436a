//! What could not be done, and who is told: dead letters, subscribers, webhooks.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use dormouse_e2e::{Daemon, Ended, Package, Value, dormouse, json_lines};
use tempfile::TempDir;
use test_artifacts as programs;

const APP: &str = "org.example.nest";

const NO_MORE: [&str; 0] = [];

/// In a directory of its own, which nobody else may enter.
fn home(state: &TempDir) -> PathBuf {
    state.path().join("state")
}

fn with(state: &TempDir, args: &[&str]) -> Ended {
    dormouse(args.iter().copied().chain(["--state", home(state).to_str().unwrap()]))
}

fn objects(state: &TempDir, args: &[&str]) -> Vec<Value> {
    let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
    json_lines(&with(state, &args).expect_code(0).stdout)
}

/// A state directory in which `x` fails whenever it is fired.
fn installed() -> TempDir {
    let state = tempfile::tempdir().unwrap();
    let package = Package::new("1.0.0", programs::RUN_FAILS, "", "");
    with(&state, &["install", package.arg()]).expect_code(0);
    with(&state, &["register", APP, "--name", "x", "--entry-point", "main", "--application"]).expect_code(0);
    state
}

#[test]
fn what_failed_for_good_is_listed_run_again_and_let_be() {
    let state = installed();
    let daemon = Daemon::start(&home(&state), NO_MORE);
    for _ in 0..3 {
        with(&state, &["fire", "x", "--wait"]).expect_code(1);
    }
    let dead = objects(&state, &["dead", "list", "--registration", "x"]);
    assert_eq!(dead.len(), 3);
    assert_eq!((&dead[0]["name"], &dead[0]["outcome"]["outcome"]), (&"x".into(), &"failed".into()));
    with(&state, &["dead", "list"]).expect_code(0).expect_stdout("ATTEMPTS");

    let one = dead[0]["activation"].as_str().unwrap();
    // As the list shows it, and from anything that is no end of an id.
    let shown = objects(&state, &["show", &one[28..]]);
    assert_eq!((&shown[0]["activation"], &shown[0]["state"]), (&dead[0]["activation"], &"ended".into()));
    for nothing in ["fffffff0", "no such"] {
        with(&state, &["show", nothing])
            .expect_code(2)
            .expect_error(&format!("there is no registration, run or activation `{nothing}`"));
    }

    let again = objects(&state, &["dead", "redrive", &one[24..]]);
    assert_eq!(again[0]["dead"], dead[0]["activation"]);
    let fresh = again[0]["activation"].as_str().unwrap();
    drop(daemon.get_until(&format!("/v1/activations/{fresh}"), |answer| answer.json()["state"] == "ended"));
    let two = dead[1]["activation"].as_str().unwrap();
    with(&state, &["dead", "discard", two]).expect_code(0).expect_stdout(two);
    with(&state, &["dead", "discard", two]).expect_code(2).expect_error("there is no dead letter");
    assert_eq!(objects(&state, &["dead", "list"]).len(), 2, "the third, and what failed again");
    assert_eq!(objects(&state, &["dead", "redrive", "--all", "--app", APP]).len(), 2);
    with(&state, &["dead", "redrive", "--all", "--app", "org.example.oak"]).expect_code(0);
    drop(daemon);
    // Nothing runs, and it can be let be all the same.
    drop(objects(&state, &["dead", "discard", "--all"]));
    with(&state, &["dead", "list"]).expect_code(0).expect_stdout("there are no dead letters");
}

#[test]
fn webhooks_are_made_changed_and_removed_with_and_without_a_host_that_runs() {
    let state = installed();
    let check = || {
        let add = ["webhooks", "add", "deploy", "http://127.0.0.1:9/hook", "--registration", "x"];
        let made = objects(&state, &add);
        assert!(made[0]["secret"].as_str().unwrap().starts_with("whsec_"), "{made:?}");
        assert!(objects(&state, &add)[0].get("secret").is_none(), "it is shown once");
        assert_eq!(objects(&state, &["webhooks", "list"])[0]["name"], "deploy");
        with(&state, &["webhooks", "list"]).expect_code(0).expect_stdout("http://127.0.0.1:9/hook");
        with(&state, &["webhooks", "undelivered", "deploy"])
            .expect_code(0)
            .expect_stdout("all was delivered");
        with(&state, &["webhooks", "add", "deploy", "not a url"]).expect_code(2);
        with(&state, &["webhooks", "remove", "deploy"]).expect_code(0).expect_stdout("removed \"deploy\"");
        with(&state, &["webhooks", "remove", "deploy"]).expect_code(2).expect_error("deploy");
    };
    check();
    with(&state, &["webhooks", "test", "deploy"]).expect_code(6).expect_error("no host runs");
    let daemon = Daemon::start(&home(&state), NO_MORE);
    check();
    // Nobody listens there.
    with(&state, &["webhooks", "add", "deploy", "http://127.0.0.1:9/hook"]).expect_code(0);
    with(&state, &["webhooks", "test", "deploy"]).expect_code(1);
    drop(daemon);
}

#[test]
fn a_subscriber_is_listed_with_how_far_it_has_read_and_forgotten() {
    let state = installed();
    let daemon = Daemon::start(&home(&state), NO_MORE);
    with(&state, &["fire", "x", "--wait"]).expect_code(1);
    daemon.post("/v1/subscribers/dashboard/ack", &serde_json::json!({ "cursor": 1 })).expect(200);
    let known = objects(&state, &["subscribers"]);
    assert_eq!(known[0]["name"], "dashboard");
    with(&state, &["subscribers", "list"]).expect_code(0).expect_stdout("dashboard");
    with(&state, &["subscribers", "forget", "dashboard"]).expect_code(0);
    with(&state, &["subscribers", "forget", "dashboard"]).expect_code(2).expect_error("dashboard");
    with(&state, &["subscribers"]).expect_code(0).expect_stdout("nobody reads completions");
}

#[test]
fn only_what_is_in_quarantine_is_released() {
    let state = installed();
    with(&state, &["release", "x"]).expect_code(0).expect_stdout("was not in quarantine");
    assert_eq!(objects(&state, &["release", "x"])[0]["released"], false);
    with(&state, &["release", "y"]).expect_code(2).expect_error("there is no registration `y`");
}
