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
