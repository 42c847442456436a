//! Updates: what is newly asked for, the update task, versions.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use dormouse_e2e::{Ended, Package, dormouse, json_lines, names};
use tempfile::TempDir;
use test_artifacts as programs;

const MIGRATES: &str = "update-task = \"migrate\"\n";
const MIGRATE: &str = "[entry-points.migrate]\ncomponent = \"migrate.wasm\"\ntriggers = []\n";

fn with(state: &TempDir, args: &[&str]) -> Ended {
    dormouse(args.iter().copied().chain(["--state", state.path().to_str().unwrap()]))
}

/// Version 1 is installed.
fn installed() -> TempDir {
    let state = dormouse_e2e::state_dir();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", "");
    with(&state, &["install", package.arg()]).expect_code(0);
    state
}

fn version(state: &TempDir) -> String {
    let listed = json_lines(&with(state, &["apps", "--json"]).expect_code(0).stdout);
    listed[0]["version"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_newly_asked_for_is_agreed_to_first() {
    let state = installed();
    let rest = "[capabilities]\nnetwork = [\"telemetry.example.org:443\"]\n";
    let package = Package::new("1.1.0", programs::RUN_NO_DETAILS, "", rest);
    with(&state, &["update", package.arg()])
        .expect_code(2)
        .expect_error("+ network telemetry.example.org:443");
    assert_eq!(version(&state), "1.0.0");
    with(&state, &["update", package.arg(), "--consent"])
        .expect_code(0)
        .expect_stdout("updated org.example.nest from 1.0.0 to 1.1.0");
    assert_eq!(version(&state), "1.1.0");
    with(&state, &["update", package.arg()]).expect_code(0).expect_stdout("nothing changed");
}

/// Version `version`, with an app that takes these activations.
fn takes(version: &str, activations: &str, rest: &str) -> Package {
    let app = format!("[app]\ncomponent = \"app.wasm\"\nactivations = [{activations}]\n{rest}");
    let package = Package::new(version, programs::RUN_NO_DETAILS, "", &app);
    package.add("app.wasm", programs::APP_KEEPS_STATE);
    package
}

#[test]
fn what_an_app_newly_takes_is_shown_beside_what_is_asked_for_and_when_it_is_done() {
    let state = installed();
    let listed = || with(&state, &["apps"]).expect_code(0).stdout;
    assert!(!listed().contains("not-running"), "tasks alone have no state");
    let package = takes("1.1.0", "\"file\"", "");
    with(&state, &["update", package.arg()])
        .expect_code(0)
        .expect_stdout("  newly takes  activations: launch, file\n");
    assert!(listed().contains("not-running"));

    let package = takes("1.2.0", "\"file\", \"share\"", "[capabilities]\nenv = [\"TOKEN\"]\n");
    with(&state, &["update", package.arg()]).expect_code(2).expect_error("+ env TOKEN\n+ activation share\n");
    let ended = with(&state, &["update", package.arg(), "--consent", "--json"]).expect_code(0);
    assert_eq!(json_lines(&ended.stdout).last().unwrap()["newly_taken"][0], "share");
    let shown = with(&state, &["show", "org.example.nest"]).expect_code(0);
    shown.expect_stdout("not-running").expect_stdout("launch, file, share");
}

#[test]
fn the_update_task_runs_and_its_output_is_seen() {
    let state = installed();
    let package = Package::new("1.1.0", programs::RUN_NO_DETAILS, MIGRATES, MIGRATE);
    package.add("migrate.wasm", programs::GRANT_LOCAL_PERSISTS);
    let ended = with(&state, &["update", package.arg()]).expect_code(0).expect_stdout(" | 1\n");
    assert_eq!(ended.receipt("outcome"), "succeeded");
    assert!(ended.stdout.ends_with("updated org.example.nest from 1.0.0 to 1.1.0\n"), "{}", ended.stdout);

    let package = Package::new("1.2.0", programs::RUN_NO_DETAILS, MIGRATES, MIGRATE);
    package.add("migrate.wasm", programs::GRANT_LOCAL_PERSISTS);
    let ended = with(&state, &["update", package.arg(), "--json"]).expect_code(0);
    let said = json_lines(&ended.stdout);
    let end = said.last().unwrap();
    assert_eq!((&end["event"], &end["from"]), (&"updated".into(), &"1.1.0".into()));
    assert_eq!(end["updated"]["outcome"], "succeeded");
    assert_eq!(names(&said).iter().filter(|name| **name == "completed").count(), 1);
    let output = said.iter().find(|event| event["event"] == "output").unwrap();
    assert_eq!(output["text"], "2\n");
}

#[test]
fn an_update_task_that_fails_is_told_and_the_update_stays() {
    let state = installed();
    let package = Package::new("1.1.0", programs::RUN_NO_DETAILS, MIGRATES, MIGRATE);
    package.add("migrate.wasm", programs::RUN_FAILS);
    let ended = with(&state, &["update", package.arg()]).expect_code(1);
    assert_eq!(ended.receipt("message"), "the feed is gone");
    assert_eq!(version(&state), "1.1.0");
}

#[test]
fn an_older_version_is_installed_only_if_that_is_meant() {
    let state = installed();
    let package = Package::new("0.9.0", programs::RUN_NO_DETAILS, "", "");
    with(&state, &["update", package.arg()]).expect_code(2).expect_error("is older");
    assert_eq!(version(&state), "1.0.0");
    with(&state, &["update", package.arg(), "--allow-downgrade"]).expect_code(0);
    assert_eq!(version(&state), "0.9.0");
}

#[test]
fn what_is_not_installed_is_not_updated() {
    let state = dormouse_e2e::state_dir();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", "");
    with(&state, &["update", package.arg()])
        .expect_code(2)
        .expect_error("no package `org.example.nest` is installed");
}
