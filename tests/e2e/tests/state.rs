//! State directories: what outlives a process, however that ends.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use dormouse_core::store::{ActivationStore as _, Journal as _, QuotaStore as _};
use dormouse_core::{ActivationId, ActivationState};
use dormouse_e2e::{Package, Running, Signal, Value, dormouse, json_lines, names};
use dormouse_store_sqlite::SqliteStore;
use futures::executor::block_on;
use test_artifacts as programs;

fn str(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn activations(events: &[Value], name: &str) -> BTreeSet<String> {
    events
        .iter()
        .filter(|event| event["event"] == name)
        .map(|event| event["activation"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_directory_is_private_and_the_tasks_folder_outlives_the_run() {
    let dir = dormouse_e2e::state_dir();
    let state = dir.path().join("a/state");
    for count in ["1", "2", "3"] {
        let ended = dormouse(["run", programs::GRANT_LOCAL_PERSISTS, "--state", str(&state)]).expect_code(0);
        assert!(ended.stdout.ends_with(&format!("| {count}\n")), "{}", ended.stdout);
    }
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(state.join("dormouse.db").is_file());
    assert!(state.join("apps/grant_local_persists/local/runs").is_file());
}

#[test]
fn without_a_directory_nothing_is_left() {
    let tmp = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let mut command = dormouse_e2e::command(["run", programs::GRANT_LOCAL_PERSISTS]);
        command.env("TMPDIR", tmp.path());
        let ended = dormouse_e2e::ended(command).expect_code(0);
        assert!(ended.stdout.ends_with("| 1\n"), "{}", ended.stdout);
    }
    assert_eq!(fs::read_dir(tmp.path()).unwrap().count(), 0);
}

#[test]
fn a_run_that_was_killed_is_run_again_as_its_second_attempt() {
    let dir = dormouse_e2e::state_dir();
    // Paused for an hour: it cannot end before it is killed.
    let common = ["run", programs::PAUSE_COUNTS, "--state", str(dir.path())];
    let mut running = Running::start(common.iter().chain(&["--arg", "1", "--quota", "50ms/1h"]));
    running.wait_for("paused");
    let killed = running.kill();
    assert!(!names(&killed).contains(&"ended"));

    let ended = dormouse(common.iter().chain(&["--resume", "--json", "--quota", "50ms/1s"])).expect_code(0);
    let events = json_lines(&ended.stdout);
    let about: Vec<_> =
        names(&events).into_iter().filter(|n| !matches!(*n, "paused" | "resumed" | "output")).collect();
    assert_eq!(about, ["interrupted", "started", "returned", "ended", "completed"]);
    let started = events.iter().find(|e| e["event"] == "started").unwrap();
    assert_eq!(started["attempt"], 2);
    assert_eq!(activations(&events, "completed"), activations(&killed, "fired"));
    ended.expect_stderr("resuming 1 activation that an earlier run left");
}

#[test]
fn what_was_pending_runs_before_a_new_request() {
    let dir = dormouse_e2e::state_dir();
    let common = ["run", programs::PAUSE_COUNTS, "--state", str(dir.path()), "--arg", "1"];
    let mut running = Running::start(common.iter().chain(&["--quota", "50ms/1h"]));
    running.wait_for("paused");
    let killed = running.kill();

    let ended = dormouse(common.iter().chain(&["--json", "--quota", "50ms/1s"])).expect_code(0);
    let events = json_lines(&ended.stdout);
    let order: Vec<_> =
        events.iter().filter(|e| e["event"] == "completed").map(|e| e["activation"].clone()).collect();
    assert_eq!(order.len(), 2);
    assert!(activations(&killed, "fired").contains(order[0].as_str().unwrap()));
    assert!(activations(&events, "fired").contains(order[1].as_str().unwrap()));
}

#[test]
fn an_interrupt_leaves_what_it_cut_off_to_the_next_run_and_says_so() {
    let dir = dormouse_e2e::state_dir();
    let common = ["run", programs::PAUSE_COUNTS, "--state", str(dir.path())];
    let args = ["--arg", "1", "--quota", "50ms/1h", "--grace", "50ms", "--count", "3"];
    let mut running = Running::start(common.iter().chain(&args));
    running.wait_for("paused");
    running.signal(Signal::INT);
    running.finish().0.expect_code(130).expect_stderr("did not end; the next run with --state");
    let resumed = dormouse(common.iter().chain(&["--resume", "--json", "--quota", "50ms/1s"])).expect_code(0);
    assert!(!activations(&json_lines(&resumed.stdout), "completed").is_empty());
    dormouse(common.iter().chain(&["--resume"])).expect_code(0).expect_stderr("nothing is left to resume");
}

#[test]
fn a_quota_that_was_spent_when_the_command_was_killed_is_spent_for_the_next_one() {
    let dir = dormouse_e2e::state_dir();
    let common = ["--state", str(dir.path()), "--app", "org.example.quota", "--quota", "50ms/1h"];
    let mut running = Running::start(["run", programs::PAUSE_COUNTS, "--arg", "1"].iter().chain(&common));
    running.wait_for("paused");
    // A moment later the store knows of it. Until then a fall forgives a part, which is no news.
    let known = || {
        let store = SqliteStore::open_read_only(dir.path()).unwrap();
        block_on(store.quotas()).unwrap().iter().any(|(_, used)| used.spent_us >= 50_000)
    };
    dormouse_e2e::patiently().find(|()| known()).unwrap();
    drop(running.kill());

    // It needs next to nothing, and has that only in an hour.
    let mut running = Running::start(["run", programs::RUN_NO_DETAILS].iter().chain(&common));
    running.wait_for("paused");
    drop(running.kill());
}

/// A generator that gives the same numbers each time: which points are tried does not change by itself.
struct Points(u64);

impl Points {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

#[test]
fn nothing_that_was_accepted_is_lost_wherever_the_process_is_killed() {
    let dir = dormouse_e2e::state_dir();
    let common = ["run", programs::RUN_SLEEPS, "--state", str(dir.path())];
    let mut points = Points(7);
    let mut accepted = BTreeSet::new();
    let mut cut_off = 0;
    for _ in 0..10 {
        let mut running = Running::start(common.iter().chain(&["--arg", "20", "--count", "5"]));
        // From right after the first acceptance to somewhere near the end.
        running.wait_for("fired");
        for _ in 0..points.next(24) {
            if running.next_event().is_none() {
                break;
            }
        }
        let events = running.kill();
        cut_off += activations(&events, "started").difference(&activations(&events, "completed")).count();
        accepted.append(&mut activations(&events, "fired"));
    }
    assert!(cut_off > 0, "nothing was killed while it ran");
    assert!(accepted.len() >= 10);

    dormouse(common.iter().chain(&["--resume"])).expect_code(0);
    let store = SqliteStore::open(dir.path()).unwrap();
    let mut cursors = BTreeSet::new();
    for id in &accepted {
        let id: ActivationId = id.parse().unwrap();
        let activation = block_on(store.activation(id)).unwrap().unwrap();
        assert!(matches!(activation.state, ActivationState::Ended { .. }), "{activation:?}");
        let completion = block_on(store.completion(id)).unwrap().unwrap();
        assert!(completion.run.outcome.is_success(), "{completion:?}");
        assert!(cursors.insert(completion.cursor), "two ends for one");
    }
}

#[test]
fn resuming_what_is_not_there_names_what_is() {
    let dir = dormouse_e2e::state_dir();
    dormouse(["run", programs::RUN_RETURNS_OK, "--state", str(dir.path()), "--app", "org.example.oak"])
        .expect_code(0);
    dormouse(["run", programs::RUN_RETURNS_OK, "--state", str(dir.path()), "--resume"])
        .expect_code(5)
        .expect_stderr("nothing of app `run_returns_ok`: it has `org.example.oak`")
        .expect_stderr("help: ");
}

#[test]
fn a_second_process_is_told_who_has_the_directory() {
    let dir = dormouse_e2e::state_dir();
    let args = ["run", programs::CANCEL_SLEEPING, "--state", str(dir.path())];
    let mut running = Running::start(args);
    running.wait_for("started");
    dormouse(args).expect_code(5).expect_error(&format!("in use by process {}", running.id()));
    running.signal(Signal::INT);
    running.finish().0.expect_code(130);
}

#[test]
fn databases_that_cannot_be_used() {
    let run = |dir: &Path| dormouse(["run", programs::RUN_RETURNS_OK, "--state", str(dir)]).expect_code(5);

    let dir = dormouse_e2e::state_dir();
    fs::write(dir.path().join("dormouse.db"), "nuts, nuts and more nuts, and no database at all".repeat(100))
        .unwrap();
    run(dir.path()).expect_error("is not a SQLite database");

    let dir = dormouse_e2e::state_dir();
    let _ = dormouse(["run", programs::RUN_RETURNS_OK, "--state", str(dir.path())]).expect_code(0);
    let database = dir.path().join("dormouse.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.pragma_update(None, "user_version", 9_999).unwrap();
    drop(connection);
    run(dir.path()).expect_error("was made by a newer dormouse");

    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection.pragma_update(None, "wal_checkpoint", "truncate").unwrap();
    drop(connection);
    let mut bytes = fs::read(&database).unwrap();
    // Everything but the header.
    bytes[100..].fill(0xd0);
    fs::write(&database, bytes).unwrap();
    run(dir.path()).expect_error("is damaged");

    let file = tempfile::NamedTempFile::new().unwrap();
    run(file.path()).expect_error("is no directory");
}

/// Commands that change something in `state`, each in its own way.
fn changing<'a>(package: &'a Package, state: &'a str) -> [Vec<&'a str>; 4] {
    let app = "org.example.nest";
    [
        vec!["install", package.arg(), "--state", state],
        vec!["register", app, "--name", "x", "--entry-point", "main", "--application", "--state", state],
        vec!["webhooks", "add", "deploy", "http://127.0.0.1:9/hook", "--state", state],
        vec!["run", programs::RUN_RETURNS_OK, "--state", state],
    ]
}

#[test]
fn nothing_is_kept_where_others_may_look() {
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", "");
    let dir = dormouse_e2e::state_dir();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for args in changing(&package, str(dir.path())) {
        dormouse(args).expect_code(5).expect_error("is open to others").expect_stderr("chmod go-rwx");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn nothing_is_left_in_the_directory_of_another_user() {
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", "");
    let dir = dormouse_e2e::state_dir();
    if chown(dir.path(), Some(54_321), None).is_err() {
        eprintln!("skipped: only root may write in the directory of another user");
        return;
    }
    for args in changing(&package, str(dir.path())) {
        dormouse(args)
            .expect_code(5)
            .expect_error("belongs to user 54321")
            .expect_stderr("run it as that user, or ask the running service");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_file_is_no_state_directory() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for command in ["list", "apps", "serve", "watch"] {
        dormouse([command, "--state", str(file.path())]).expect_code(5).expect_error("is no directory");
    }
}
