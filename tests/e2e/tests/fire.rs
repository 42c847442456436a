//! A host that runs is asked: to fire, to cancel, what it does, and what ran.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use dormouse_e2e::{Daemon, Drawn, Ended, Package, Running, Signal, Value, dormouse, json_lines};
use tempfile::TempDir;
use test_artifacts as programs;

const APP: &str = "org.example.nest";

const NO_MORE: [&str; 0] = [];

/// A daemon with `program` registered as `x`, to be fired by hand.
struct Nest {
    dir: TempDir,
    state: PathBuf,
    daemon: Daemon,
}

impl Nest {
    fn with(program: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let daemon = Daemon::start(&state, NO_MORE);
        let nest = Self { dir, state, daemon };
        let package = Package::new("1.0.0", program, "", "");
        // Both are asked of the daemon: it has the directory.
        nest.ask(&["install", package.arg()])
            .expect_code(0)
            .expect_stdout("installed org.example.nest 1.0.0");
        nest.ask(&["register", APP, "--name", "x", "--entry-point", "main", "--application"]).expect_code(0);
        nest
    }

    fn args<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        args.iter().copied().chain(["--state", self.state.to_str().unwrap()]).collect()
    }

    fn ask(&self, args: &[&str]) -> Ended {
        dormouse(self.args(args))
    }

    fn follow(&self, args: &[&str]) -> Running {
        Running::start(self.args(args))
    }

    fn objects(&self, args: &[&str]) -> Vec<Value> {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        json_lines(&self.ask(&args).expect_code(0).stdout)
    }
}

fn file(dir: &Path, bytes: &[u8]) -> String {
    let path = dir.join("arguments");
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_is_fired_runs_with_what_it_was_given_and_what_it_wrote_is_kept() {
    let nest = Nest::with(programs::RUN_ECHO_ARGS);
    let arguments = file(nest.dir.path(), b"night shift\x00\xff");
    let fire = ["fire", "x", "--arg-file", &arguments, "--wait"];
    let ended = nest.ask(&fire).expect_code(0).expect_stdout("fired \"x\" of org.example.nest: activation ");
    assert_eq!(ended.receipt("outcome"), "succeeded");
    // What a terminal would obey is shown; the bytes are there for who wants them.
    let told = nest.ask(&["logs", "x"]).expect_code(0).stdout;
    assert!(told.ends_with(" | night shift\\u{0}\u{fffd}\n"), "{told:?}");
    assert_eq!(nest.ask(&["logs", "x"]).stderr, "");
    let mut raw = dormouse_e2e::command(nest.args(&["logs", "x", "--raw"]));
    assert_eq!(raw.output().unwrap().stdout, b"night shift\x00\xff");
    let run = &nest.objects(&["runs"])[0];
    assert_eq!((&run["state"], &run["outcome"]), (&"ended".into(), &"succeeded".into()));
    nest.ask(&["runs"]).expect_code(0).expect_stdout("succeeded");
    let shown = nest.ask(&["show", &run["run"].as_str().unwrap()[24..]]).expect_code(0);
    shown.expect_stdout("peak memory").expect_stdout("night shift\\u{0}");
    let activation = nest.objects(&["show", run["activation"].as_str().unwrap()]);
    assert_eq!(activation[0]["state"], "ended");
}

#[test]
fn the_outcome_is_the_exit_code_of_whoever_waits() {
    let nest = Nest::with(programs::RUN_FAILS);
    let ended = nest.ask(&["fire", "x", "--wait"]).expect_code(1);
    assert_eq!(ended.receipt("message"), "the feed is gone");
    let told = nest.objects(&["fire", "x"]);
    assert_eq!(told[0]["result"], "accepted");
    let waited = nest.ask(&["fire", "x", "--wait", "--json"]).expect_code(1);
    let told = json_lines(&waited.stdout);
    assert_eq!((told[0]["result"].is_string(), &told[1]["outcome"]), (true, &"failed".into()));
    assert_eq!(told[0]["activation"], told[1]["activation"]);
}

#[test]
fn a_firing_with_the_same_key_is_taken_in_once() {
    let nest = Nest::with(programs::RUN_RETURNS_OK);
    nest.ask(&["logs", "x"]).expect_code(0).expect_stderr("dormouse: no run is there");
    let fire = ["fire", "x", "--key", "once", "--wait"];
    nest.ask(&fire).expect_code(0);
    nest.ask(&fire).expect_code(0).expect_stdout("which the same firing made before");
    assert_eq!(nest.objects(&["runs", "x"]).len(), 1);
    nest.ask(&["logs", "x"]).expect_code(0).expect_stderr("dormouse: the run wrote nothing");
}

#[test]
fn a_run_is_followed_canceled_and_killed_from_elsewhere() {
    let nest = Nest::with(programs::CANCEL_SLEEPING);
    let mut followed = nest.follow(&["fire", "x", "--follow"]);
    followed.wait_for("started");
    nest.ask(&["runs"]).expect_code(0).expect_stdout("running");
    nest.ask(&["fire", "x"]).expect_code(1).expect_error("running");
    nest.ask(&["fire", "x", "--key", "k", "--wait=1s"]).expect_code(1);
    nest.ask(&["cancel", "x", "--detail", "supper"]).expect_code(0).expect_stdout("canceled run");
    followed.wait_until("what it says", |event| event["text"] == "abort\n");
    let (ended, events) = followed.finish();
    ended.expect_code(3);
    let end = events.iter().find(|event| event["event"] == "ended").unwrap();
    assert_eq!((&end["reason"], &end["forced"]), (&"abort".into(), &false.into()));
    assert!(end["detail"].as_str().unwrap().contains("supper"), "{end}");
    nest.ask(&["cancel", "x"]).expect_code(1).expect_error("nothing of `x` runs");

    let mut followed = nest.follow(&["fire", "x", "--follow"]);
    let run = followed.wait_for("started")["run"].as_str().unwrap().to_owned();
    nest.ask(&["cancel", &run[24..], "--kill"]).expect_code(0).expect_stdout("killed run");
    let (ended, events) = followed.finish();
    ended.expect_code(3);
    assert_eq!(events.iter().find(|event| event["event"] == "ended").unwrap()["forced"], true);
}

#[test]
fn who_stops_waiting_does_not_stop_the_run() {
    let nest = Nest::with(programs::CANCEL_SLEEPING);
    let mut followed = nest.follow(&["fire", "x", "--follow"]);
    followed.wait_for("started");
    followed.signal(Signal::INT);
    followed.finish().0.expect_code(130).expect_stderr("it goes on; `dormouse show");
    nest.ask(&["fire", "x", "--wait=1s"]).expect_code(1);
    assert_eq!(nest.objects(&["runs"])[0]["state"], "running");
    let told = nest.ask(&["explain", "x"]).expect_code(0).stdout;
    assert!(told.contains("running      "), "{told}");
}

#[test]
fn what_happens_is_watched_while_it_happens_and_no_longer_than_the_host_runs() {
    let nest = Nest::with(programs::STDIO_STDIN_EMPTY);
    let mut watching = nest.follow(&["watch", "--app", APP]);
    let mut logs = nest.follow(&["logs", "x", "-f", "-n", "0"]);
    watching.wait_for_note("watching");
    logs.wait_for_note("following");
    nest.ask(&["fire", "x", "--wait"]).expect_code(0);
    assert_eq!(watching.wait_for("ended")["outcome"], "succeeded");
    let written = logs.wait_until("what it wrote", |event| event["stream"] == "stdout");
    assert_eq!(written["text"], "to stdout\n");
    nest.daemon.signal(Signal::TERM);
    watching.finish().0.expect_code(6).expect_stderr("the host is stopping");
    logs.finish().0.expect_code(6);
    nest.ask(&["watch"]).expect_code(6).expect_error("no host runs");
}

#[test]
fn a_list_is_drawn_again_when_something_happens() {
    let nest = Nest::with(programs::RUN_RETURNS_OK);
    let mut drawn = Drawn::start(nest.args(&["list", "--watch=3600"]));
    drawn.wait_for("application");
    nest.ask(&["register", APP, "--name", "y", "--entry-point", "main", "--every", "1h"]).expect_code(0);
    drawn.wait_for("every 1h");
}

#[test]
fn runs_are_found_by_when_and_how_they_ended() {
    let nest = Nest::with(programs::RUN_FAILS);
    for _ in 0..3 {
        nest.ask(&["fire", "x", "--wait"]).expect_code(1);
    }
    let ids = |args: &[&str]| -> Vec<Value> {
        nest.objects(args).into_iter().map(|run| run["run"].clone()).collect()
    };
    let all = ids(&["runs"]);
    assert_eq!(all.len(), 3);
    assert_eq!(ids(&["runs", "x", "--limit", "2"]), all[..2]);
    assert_eq!(ids(&["runs", "--outcome", "failed", "--since", "1h", "--app", APP]), all);
    assert!(ids(&["runs", "--outcome", "succeeded"]).is_empty());
    assert!(ids(&["runs", "--until", "2020-01-01T00:00:00Z"]).is_empty());
    assert_eq!(ids(&["runs", "--since", "2020-01-01T00:00:00Z"]), all);
}

#[test]
fn a_host_elsewhere_is_asked_by_its_address_and_token() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let mut daemon = Daemon::start(&state, ["--listen", "127.0.0.1:0"]);
    let socket = format!("unix://{}", daemon.socket().display());
    dormouse(["list", "--host", &socket]).expect_code(0).expect_stdout("nothing is registered");
    let url = format!("http://{}", daemon.logged_address("http://"));
    let token = state.join("token");
    let token = token.to_str().unwrap();
    dormouse(["list", "--host", &url, "--token-file", token]).expect_code(0);
    dormouse(["list", "--host", &url])
        .expect_code(6)
        .expect_error("help: give the token of that host with --token-file");
    let mut command = dormouse_e2e::command(["list", "--host", &url]);
    command.env("DORMOUSE_TOKEN", fs::read_to_string(token).unwrap());
    dormouse_e2e::ended(command).expect_code(0);
    dormouse(["list", "--host", "ftp://x"]).expect_code(2).expect_error("is no host");
    dormouse(["list", "--host", "unix:///nonexistent/socket"]).expect_code(6).expect_error("no host runs at");
}
