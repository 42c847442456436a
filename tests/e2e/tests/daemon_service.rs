//! The daemon under a service manager: what it tells it, how it logs, and the unit that is shipped.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use dormouse_e2e::{Daemon, Package, Signal, command, dormouse, ended};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_artifacts as programs;

const UNIT: &str = include_str!("../../../host/cli/dormouse.service");

fn installed(program: &str, rest: &str) -> TempDir {
    let state = dormouse_e2e::state_dir();
    let package = Package::new("1.0.0", program, "", rest);
    dormouse(["install", package.arg(), "--state", state.path().to_str().unwrap()]).expect_code(0);
    state
}

const OFTEN: &str =
    "[[registrations]]\nname = \"often\"\nentry-point = \"main\"\ntrigger = { every = \"1s\" }\n";

#[test]
fn a_service_manager_is_told_what_it_does_that_it_is_well_and_that_it_stops_in_this_order() {
    let state = installed(programs::RUN_NO_DETAILS, OFTEN);
    let mut command = Daemon::command(state.path(), [] as [&str; 0]);
    command.env("WATCHDOG_USEC", "300000");
    let mut daemon = Daemon::spawn(command, state.path());
    daemon.wait_told("STATUS=loading");
    daemon.wait_told("READY=1");
    // It was told only when it could be used.
    daemon.get("/v1/host").expect(200);
    daemon.wait_told("STATUS=serving 1 registration of 1 app");
    for _ in 0..2 {
        daemon.wait_told("WATCHDOG=1");
        daemon.wait_told("STATUS=serving 1 registration of 1 app; ");
    }
    daemon.signal(Signal::TERM);
    daemon.wait_told("STOPPING=1");
    daemon.wait_told("STATUS=stopping");
    daemon.wait_told("STATUS=stopping: closing the state directory");
    let before = daemon.told().iter().position(|line| line == "READY=1").unwrap();
    assert!(!daemon.told()[..before].iter().any(|line| line == "WATCHDOG=1"));
    daemon.finish().expect_code(143);
}

#[test]
fn a_store_that_does_not_answer_starves_the_watchdog_until_it_does() {
    let state = installed(programs::RUN_NO_DETAILS, OFTEN);
    let mut command = Daemon::command(state.path(), [] as [&str; 0]);
    command.env("WATCHDOG_USEC", "300000");
    let mut daemon = Daemon::spawn(command, state.path());
    daemon.wait_told("WATCHDOG=1");
    let other = rusqlite::Connection::open(state.path().join("dormouse.db")).unwrap();
    other.execute_batch("begin immediate").unwrap();
    // The next occurrence cannot be taken in, and the timer's loop waits for that.
    let told = daemon.wait_told("STATUS=the host is not healthy");
    assert!(told.contains("has not"), "{told}");
    let before = daemon.told().len();
    daemon.wait_told("STATUS=the host is not healthy");
    let between = &daemon.told()[before..];
    assert!(!between.iter().any(|line| line == "WATCHDOG=1"), "{between:?}");
    other.execute_batch("rollback").unwrap();
    daemon.wait_told("WATCHDOG=1");
    daemon.signal(Signal::TERM);
    daemon.finish().expect_code(143);
}

#[test]
fn a_watchdog_that_is_anothers_is_not_fed() {
    let state = dormouse_e2e::state_dir();
    let mut command = Daemon::command(state.path(), [] as [&str; 0]);
    command.env("WATCHDOG_USEC", "30000").env("WATCHDOG_PID", "1");
    let mut daemon = Daemon::spawn(command, state.path());
    daemon.wait_told("READY=1");
    daemon.signal(Signal::TERM);
    daemon.wait_told("STATUS=stopping: closing the state directory");
    assert!(!daemon.told().iter().any(|line| line.starts_with("WATCHDOG")), "{:?}", daemon.told());
}

#[test]
fn what_is_logged_is_one_line_each_and_nothing_that_a_task_writes() {
    let state = installed(programs::RUN_NO_DETAILS, OFTEN);
    for format in ["text", "json"] {
        let name = format!("{format}\u{1b}[2J\nERROR forged\u{202e}");
        let mut daemon = Daemon::start(state.path(), ["--verbose", "--log-format", format]);
        let task = json!({
            "app": "org.example.nest", "name": name, "entry_point": "main", "trigger": { "kind": "message", "topic": "news" },
        });
        daemon.post("/v1/registrations", &task);
        daemon.wait_for_log("run ended");
        daemon.signal(Signal::TERM);
        let log = daemon.finish().expect_code(143).stderr;
        assert!(log.contains("forged"), "nothing of it was logged: {log}");
        for line in log.lines() {
            assert!(!line.chars().any(char::is_control), "{line:?}");
            assert!(!line.starts_with("ERROR"), "{log}");
            if format == "json" {
                let line: Value = serde_json::from_str(line).unwrap();
                for field in ["timestamp", "level", "message", "target"] {
                    assert!(line[field].is_string() || field == "message", "no {field} in {line}");
                }
            }
        }
        assert!(!log.contains("to stdout"), "a task's output is in the log: {log}");
    }
}

#[test]
fn the_words_of_the_project_are_fields() {
    let state = installed(programs::RUN_NO_DETAILS, OFTEN);
    let mut daemon = Daemon::start(state.path(), ["--log-format", "json"]);
    let line: Value = serde_json::from_str(&daemon.wait_for_log("run ended")).unwrap();
    for field in ["registration", "activation", "run", "attempt", "outcome", "cpu", "wall"] {
        assert!(!line[field].is_null(), "no {field} in {line}");
    }
    assert_eq!((&line["level"], &line["outcome"]), (&"INFO".into(), &"succeeded".into()));
}

#[test]
fn a_quiet_daemon_says_nothing_of_what_goes_well() {
    let state = installed(programs::RUN_NO_DETAILS, OFTEN);
    let daemon = Daemon::start(state.path(), ["--quiet"]);
    daemon
        .get_until("/v1/runs", |runs| runs.json()["items"].as_array().is_some_and(|items| !items.is_empty()));
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.finish().expect_code(143).stderr, "");
}

#[test]
fn the_journal_is_given_neither_times_nor_colours() {
    let state = dormouse_e2e::state_dir();
    let started = |journal: bool| {
        let log = tempfile::NamedTempFile::new().unwrap();
        let meta = log.as_file().metadata().unwrap();
        let mut command = command(["serve", "--color", "always", "--state", state.path().to_str().unwrap()]);
        command.stderr(File::options().append(true).open(log.path()).unwrap());
        // Of another stream: it is inherited by those whose standard error goes elsewhere.
        let inode = if journal { meta.ino() } else { meta.ino() + 1 };
        command.env("JOURNAL_STREAM", format!("{}:{inode}", meta.dev()));
        let mut child = command.spawn().unwrap();
        let text = dormouse_e2e::patiently()
            .map(|()| fs::read_to_string(log.path()).unwrap())
            .find(|text| text.contains("serving 0 registrations of 0 apps"));
        child.kill().unwrap();
        child.wait().unwrap();
        text.unwrap()
    };
    let text = started(true);
    assert!(
        !text.contains('\u{1b}') && text.lines().all(|line| line.trim_start().starts_with("INFO")),
        "{text}"
    );
    let text = started(false);
    assert!(text.contains('\u{1b}') && text.contains("Z"), "{text}");
}

/// The settings of the unit, those that are given more than once joined.
fn settings() -> HashMap<&'static str, String> {
    let mut all: HashMap<&str, String> = HashMap::new();
    for line in UNIT.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, value)) = line.split_once('=') {
            let all = all.entry(name).or_default();
            all.push_str(value);
            all.push('\n');
        }
    }
    all
}

#[test]
fn the_unit_starts_what_there_is_and_leaves_it_the_time_to_stop() {
    let settings = settings();
    // A flag here could not be changed by the file with variables.
    assert_eq!(settings["ExecStart"], "/usr/bin/dormouse serve\n");
    assert!(UNIT.find("\nEnvironment=").unwrap() < UNIT.find("\nEnvironmentFile=").unwrap());
    let help = dormouse(["serve", "--help"]).expect_code(0).stdout;
    let variables: HashMap<_, _> =
        settings["Environment"].lines().map(|line| line.split_once('=').unwrap()).collect();
    for name in variables.keys() {
        assert!(help.contains(&format!("[env: {name}=")), "{name}");
    }
    assert_eq!(variables["DORMOUSE_STATE"], format!("%S/{}", settings["StateDirectory"].trim_end()));

    let seconds = |text: &str| -> u32 { text.trim_end().trim_end_matches('s').parse().unwrap() };
    let grace = variables["DORMOUSE_GRACE_STOP"];
    assert!(seconds(&settings["TimeoutStopSec"]) >= seconds(grace) + 30);
    for (name, value) in [
        ("Type", "notify"),
        ("Restart", "on-failure"),
        ("SuccessExitStatus", "143"),
        ("KillMode", "mixed"),
        ("StateDirectory", "dormouse"),
        ("StateDirectoryMode", "0700"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        // Tasks are compiled to machine code.
        ("MemoryDenyWriteExecute", "no"),
    ] {
        assert_eq!(settings.get(name).map(|value| value.trim_end()), Some(value), "{name}");
    }
    assert!(settings.contains_key("WatchdogSec"));
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let dir = tempfile::tempdir().unwrap();
    let unit = dir.path().join("dormouse.service");
    let binary = command([] as [&str; 0]).get_program().to_string_lossy().into_owned();
    fs::write(&unit, UNIT.replace("/usr/bin/dormouse", &binary)).unwrap();
    let mut verify = Command::new("systemd-analyze");
    verify.arg("verify").arg(&unit);
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("skipped: there is no systemd-analyze here");
        return;
    }
    let told = ended(verify).expect_code(0);
    assert!(!told.stderr.contains("dormouse.service"), "{}", told.stderr);
}
