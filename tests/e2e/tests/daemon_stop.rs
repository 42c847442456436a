//! The daemon is told to stop: what runs, what waits, and who looks on.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use dormouse_e2e::{Daemon, Ended, Package, Signal, Value, dormouse};
use serde_json::json;
use tempfile::TempDir;
use test_artifacts as programs;

const APP: &str = "org.example.nest";

fn installed(program: &str) -> TempDir {
    let state = dormouse_e2e::state_dir();
    install(state.path(), program);
    state
}

fn install(state: &Path, program: &str) {
    let rest = "[[registrations]]\nname = \"asked\"\nentry-point = \"main\"\ntrigger = { application = true }\n\
                retry = { times = 3, initial = \"1h\", max = \"1h\" }\nlimits = { grace = \"60s\" }\n";
    let package = Package::new("1.0.0", program, "", rest);
    dormouse(["install", package.arg(), "--state", state.to_str().unwrap()]).expect_code(0);
}

/// Starts a daemon that logs every event, with more arguments.
fn start(state: &TempDir, args: &[&str]) -> Daemon {
    Daemon::start(state.path(), ["--verbose"].iter().chain(args))
}

/// The one registration.
fn registration(daemon: &Daemon) -> String {
    let registrations = daemon.get(&format!("/v1/registrations?app={APP}")).expect(200).json();
    registrations["items"][0]["id"].as_str().unwrap().to_owned()
}

/// Asks for a run with an argument, and waits until it goes on; answers the activation and the run.
fn running(daemon: &mut Daemon, arg: &str) -> (String, String) {
    let path = format!("/v1/registrations/{}/fire", registration(daemon));
    let fired = daemon.post(&path, &json!({ "arg": arg })).expect(202).json();
    (fired["activation"].as_str().unwrap().to_owned(), begun(daemon))
}

/// Waits until something runs that has told of its progress; answers the run.
fn begun(daemon: &mut Daemon) -> String {
    daemon.wait_for_log("Progress {");
    let all = daemon.get("/v1/running").expect(200).json();
    all["items"][0]["run"].as_str().unwrap().to_owned()
}

fn stopped(daemon: Daemon, signal: Signal, code: i32) -> Ended {
    daemon.signal(signal);
    daemon.finish().expect_code(code)
}

/// How a run ended, as the next daemon tells it.
fn ended(daemon: &Daemon, run: &str) -> Value {
    daemon.get(&format!("/v1/runs/{run}")).expect(200).json()
}

#[test]
fn a_task_that_listens_ends_cleanly_and_runs_again_at_the_next_start_with_no_failure_charged() {
    let state = installed(programs::CANCEL_WAITING);
    let mut daemon = start(&state, &[]);
    let (activation, run) = running(&mut daemon, "terminating");
    stopped(daemon, Signal::TERM, 143);

    let mut daemon = start(&state, &[]);
    let past = ended(&daemon, &run);
    assert_eq!((&past["outcome"], &past["reason"]), (&"canceled".into(), &"terminating".into()), "{past}");
    assert_eq!(past["forced"], false);
    // A failure would have had it wait for an hour.
    let again = begun(&mut daemon);
    assert_ne!(again, run);
    let now = daemon.get(&format!("/v1/activations/{activation}")).expect(200).json();
    assert_eq!((&now["state"], &now["run"]), (&"running".into(), &again.into()), "{now}");
    assert_eq!(
        (&now["attempts"], &now["failures"], &now["interruptions"]),
        (&2.into(), &0.into(), &1.into()),
        "{now}"
    );
    stopped(daemon, Signal::INT, 130);
}

#[test]
fn a_task_that_does_not_listen_is_killed_when_the_time_for_stopping_is_over() {
    let state = installed(programs::CANCEL_IGNORED);
    // Its own grace is a minute.
    let mut daemon = start(&state, &["--grace-stop", "100ms"]);
    let (_, run) = running(&mut daemon, "");
    stopped(daemon, Signal::TERM, 143).expect_stderr("the time for stopping is over");
    let daemon = start(&state, &["--grace-stop", "100ms"]);
    let past = ended(&daemon, &run);
    assert_eq!((&past["outcome"], &past["forced"]), (&"canceled".into(), &true.into()), "{past}");
    assert!(past["receipt"]["wall_ms"].as_f64().is_some_and(|ms| ms < 60_000.0), "{past}");
}

#[test]
fn a_second_signal_kills_what_runs_and_a_third_is_not_needed() {
    let state = installed(programs::CANCEL_IGNORED);
    let mut daemon = start(&state, &["--grace-stop", "1h"]);
    running(&mut daemon, "");
    daemon.signal(Signal::TERM);
    daemon.wait_for_log("run cancelled");
    daemon.wait_for_log("a second signal kills");
    daemon.signal(Signal::TERM);
    daemon.finish().expect_code(143).expect_stderr("a third signal leaves at once");
}

#[test]
fn while_it_stops_it_answers_questions_and_takes_nothing_more() {
    let state = installed(programs::CANCEL_IGNORED);
    let mut daemon = start(&state, &["--grace-stop", "1h"]);
    let (_, run) = running(&mut daemon, "");
    let id = registration(&daemon);
    daemon.signal(Signal::TERM);
    daemon.wait_for_log("run cancelled");
    let host = daemon.get_until("/v1/host", |host| host.json()["stopping"] == true).json();
    assert_eq!(host["pid"], daemon.id());
    assert_eq!(daemon.get("/v1/running").expect(200).json()["items"][0]["run"], run.as_str());
    let refusal = daemon.post(&format!("/v1/registrations/{id}/fire"), &json!({})).expect(503);
    assert_eq!(refusal.json()["code"], "stopping", "{refusal:?}");
    daemon.signal(Signal::TERM);
    daemon.finish().expect_code(143);
}

#[test]
fn a_stream_is_ended_by_a_stop_and_a_client_that_reads_nothing_holds_up_nobody() {
    use std::io::{Read as _, Write as _};
    let state = installed(programs::RUN_NO_DETAILS);
    let daemon = start(&state, &[]);
    let connect = || std::os::unix::net::UnixStream::connect(daemon.socket()).unwrap();
    let mut stream = connect();
    stream.write_all(b"GET /v1/events HTTP/1.1\r\nhost: dormouse\r\n\r\n").unwrap();
    let mut first = [0; 15];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let silent = connect();
    stopped(daemon, Signal::TERM, 143);
    stream.set_read_timeout(Some(dormouse_e2e::PATIENCE)).unwrap();
    // Its end, and no error: what was begun was told to its last byte.
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    drop(silent);
}

#[test]
fn who_is_in_the_middle_of_asking_does_not_hold_up_a_second_signal() {
    use std::io::{Read as _, Write as _};
    let state = installed(programs::RUN_NO_DETAILS);
    let mut daemon = start(&state, &[]);
    let mut asking = std::os::unix::net::UnixStream::connect(daemon.socket()).unwrap();
    // Its body does not come. That the host has begun to read it is seen by what it answers.
    let head = "POST /v1/registrations HTTP/1.1\r\nhost: dormouse\r\ncontent-type: application/json\r\n\
                expect: 100-continue\r\ncontent-length: 100\r\n\r\n";
    asking.write_all(head.as_bytes()).unwrap();
    asking.read_exact(&mut [0; 12]).unwrap();
    daemon.signal(Signal::TERM);
    daemon.wait_told("STATUS=stopping: closing the control API");
    daemon.signal(Signal::INT);
    daemon.finish().expect_code(143).expect_stderr("leaving at once");
    drop(asking);
}

#[test]
fn a_stop_while_packages_are_compiled_is_heard_at_once() {
    // So much that it is not done before the signal comes.
    let more = [
        programs::RUN_RETURNS_OK,
        programs::RUN_SLEEPS,
        programs::RUN_FAILS,
        programs::CANCEL_WAITING,
        programs::CANCEL_SPIN,
        programs::CANCEL_POLLING,
        programs::DEFERRAL_SEVERAL,
        programs::STORAGE_BATCHES,
    ];
    let entry_point = |n| format!("[entry-points.e{n}]\ncomponent = \"{n}.wasm\"\ntriggers = [\"time\"]\n");
    let rest: String = (0..more.len()).map(entry_point).collect();
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", &rest);
    for (n, program) in more.into_iter().enumerate() {
        package.add(&format!("{n}.wasm"), program);
    }
    let state = dormouse_e2e::state_dir();
    dormouse(["install", package.arg(), "--state", state.path().to_str().unwrap()]).expect_code(0);
    // All of it is compiled anew, by workers.
    fs::remove_dir_all(state.path().join("cache")).unwrap();
    for signal in [Signal::TERM, Signal::INT] {
        let mut daemon = Daemon::spawn(Daemon::command(state.path(), [] as [&str; 0]), state.path());
        daemon.wait_told("STATUS=loading");
        daemon.signal(signal);
        let code = 128 + signal.as_raw();
        daemon.wait_told("STOPPING=1");
        assert!(
            !daemon.told().iter().any(|line| line == "READY=1"),
            "it was ready before it was told to stop"
        );
        daemon.finish().expect_code(code);
    }
    // Nothing was broken by it.
    let daemon = start(&state, &[]);
    let apps = daemon.get("/v1/apps").expect(200).json();
    assert_eq!(apps["items"][0]["app"], APP, "{apps}");
}
