//! The host in the foreground, and the machine that it runs on.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use dormouse_e2e::{Package, Running, Signal, dormouse, json_lines, names};
use tempfile::TempDir;
use test_artifacts as programs;

fn installed(program: &str, rest: &str) -> TempDir {
    let state = dormouse_e2e::state_dir();
    let package = Package::new("1.0.0", program, "", rest);
    dormouse(["install", package.arg(), "--state", state.path().to_str().unwrap()]).expect_code(0);
    state
}

fn every_second(name: &str) -> String {
    format!("[[registrations]]\nname = {name:?}\nentry-point = \"main\"\ntrigger = {{ every = \"1s\" }}\n")
}

#[test]
fn what_is_registered_runs_and_a_signal_ends_it_politely() {
    let state = installed(programs::RUN_NO_DETAILS, &every_second("often"));
    let mut running = Running::start(["serve", "--state", state.path().to_str().unwrap()]);
    running.wait_for_note("serving 1 registration of 1 app");
    for _ in 0..2 {
        assert_eq!(running.wait_for("ended")["outcome"], "succeeded");
    }
    running.signal(Signal::TERM);
    running.finish().0.expect_code(143).expect_stderr("stopping: what runs is told");
    let told =
        dormouse(["explain", "often", "--json", "--state", state.path().to_str().unwrap()]).expect_code(0);
    let told = json_lines(&told.stdout);
    assert!(told[0]["history"].as_array().is_some_and(|history| history.len() >= 2), "{told:?}");
}

#[test]
fn what_was_cut_off_runs_again_when_it_is_served_and_not_when_it_is_looked_at() {
    let state = installed(programs::CANCEL_WAITING, "");
    let path = state.path().to_str().unwrap();
    let register =
        ["register", "org.example.nest", "--name", "soon", "--entry-point", "main", "--once", "1s"];
    dormouse(register.iter().copied().chain(["--state", path])).expect_code(0);
    let mut running = Running::start(["serve", "--state", path]);
    running.wait_for("started");
    drop(running.kill());
    // Nobody has the state directory: this looks, and changes nothing.
    let told = dormouse(["explain", "soon", "--state", path]).expect_code(0).stdout;
    assert!(told.contains("was cut off with its own and runs again"), "{told}");
    // Each of these would find it waiting, and able to start.
    for args in [&["list"][..], &["registrations"], &["access", "org.example.nest", "always-allowed"]] {
        dormouse(args.iter().copied().chain(["--state", path])).expect_code(0);
    }
    let told = dormouse(["explain", "soon", "--state", path]).expect_code(0).stdout;
    assert!(told.contains("starts when a host runs"), "{told}");
    let mut running = Running::start(["serve", "--state", path]);
    assert_eq!(running.wait_for("started")["attempt"], 2);
    running.signal(Signal::INT);
    running.finish().0.expect_code(130);
}

#[test]
fn every_trigger_of_uwp_is_told_and_every_condition_has_an_answer() {
    let table = dormouse(["triggers"]).expect_code(0).stdout;
    for text in ["TimeTrigger", "every = \"15m\"", "DeviceUseTrigger", "no device is given", "sms-received"] {
        assert!(table.contains(text), "no {text:?} in\n{table}");
    }
    let all = json_lines(&dormouse(["triggers", "--json"]).expect_code(0).stdout);
    assert!(all.len() > 70 && all.iter().all(|entry| entry["here"].is_string()));

    let conditions = json_lines(&dormouse(["conditions", "--json"]).expect_code(0).stdout);
    assert_eq!(conditions.len(), 14);
    let asked = ["conditions", "--json", "time-window:00:00-12:00", "time-window:12:00-00:00"];
    let windows = json_lines(&dormouse(asked).expect_code(0).stdout);
    let mut holds: Vec<_> = windows.iter().map(|window| window["holds"].as_str().unwrap()).collect();
    holds.sort_unstable();
    assert_eq!(holds, ["met", "unmet"]);
    dormouse(["conditions"]).expect_code(0).expect_stdout("custom:NAME");
}

#[test]
fn the_doctor_looks_at_everything_that_a_host_needs() {
    let state = installed(programs::RUN_NO_DETAILS, "");
    let path = state.path().to_str().unwrap();
    let found = json_lines(&dormouse(["doctor", "--json", "--state", path]).expect_code(0).stdout);
    let level = |what: &str| found.iter().find(|finding| finding["what"] == what).map(|f| f["level"].clone());
    for what in ["engine", "compiler", "state", "database", "room", "time zones", "bus", "logind", "pressure"]
    {
        assert!(level(what).is_some(), "nothing about {what} in {found:?}");
    }
    assert_eq!(level("database"), Some("ok".into()));
    dormouse(["doctor", "--state", path]).expect_code(0).expect_stdout("compiler");

    fs::set_permissions(state.path(), Permissions::from_mode(0o755)).unwrap();
    dormouse(["doctor", "--state", path]).expect_code(0).expect_stdout("chmod go-rwx");

    // A state of its own: beside a log of what was written last, the database of before would be read from that.
    let foreign = tempfile::tempdir().unwrap();
    fs::write(foreign.path().join("dormouse.db"), "nuts, and no database at all".repeat(100)).unwrap();
    let path = foreign.path().to_str().unwrap();
    dormouse(["doctor", "--state", path]).expect_code(5).expect_stdout("is not a SQLite database");
}

#[test]
fn a_run_waits_for_its_conditions() {
    let mut running = Running::start(["run", programs::RUN_RETURNS_OK, "--condition", "custom:printer.idle"]);
    let latched = running.wait_for("latched");
    assert_eq!(latched["blocking"][0]["condition"], "custom:printer.idle");
    running.signal(Signal::INT);
    let (ended, events) = running.finish();
    ended.expect_code(130);
    assert!(!names(&events).contains(&"started"));
    dormouse(["run", programs::RUN_RETURNS_OK, "--condition", "time-window:00:00-23:59"]).expect_code(0);
}

#[test]
fn a_run_can_wait_for_something_that_happens_to_the_machine() {
    let mut running = Running::start(["run", programs::RUN_RETURNS_OK, "--on", "time-zone-change"]);
    running.wait_for("registered");
    running.signal(Signal::INT);
    running.finish().0.expect_code(130);
    dormouse(["run", programs::RUN_RETURNS_OK, "--on", "DeviceUse"])
        .expect_code(2)
        .expect_stderr("no device is given into a sandbox");
}
