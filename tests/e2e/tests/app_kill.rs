//! A host that is killed with SIGKILL, and what its apps are told by the next one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use dormouse_e2e::{
    Answer, Ask, Daemon, Numbers, PATIENCE, Package, Running, Signal, Value, dormouse, json_lines, patiently,
    state_dir,
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

/// Has the app do one thing, which counts if it is a launch.
fn ask(socket: &Path, step: &str) -> std::io::Result<Answer> {
    let line = format!("POST /v1/apps/{APP}/{step}");
    let body: &[u8] = if step == "launch" { br#"{"arguments":"add:1"}"# } else { b"" };
    Ask { line: &line, head: &[], body }.at_socket(socket)
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
        let _ = ask(&socket, step);
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

/// What is known of an app whose host may die at any moment, by what it answered.
#[derive(Clone, Debug)]
struct Known {
    /// What its records may say to the next launch.
    may_be_told: Vec<&'static str>,
    state: String,
    /// What it has counted to.
    counted: u64,
}

/// What a launch is told of which this is kept; of what its user closed, only after a while.
fn told_of(kept: &Value) -> &'static str {
    match kept.as_str() {
        Some("terminated") => "terminated",
        Some("closed-by-user") => "closed-by-user",
        _ => "not-running",
    }
}

impl Known {
    fn answered(&mut self, step: &str, answer: &Answer) {
        let answer = answer.json();
        let view = if step == "launch" { &answer["app"] } else { &answer };
        self.may_be_told = vec![told_of(&view["kept"])];
        self.state = view["state"].as_str().unwrap_or_else(|| panic!("{step}: {answer}")).to_owned();
        self.counted += u64::from(step == "launch");
    }

    /// Nobody knows how far this came.
    fn unanswered(&mut self, step: &str) {
        self.may_be_told.push(match step {
            "close" => "closed-by-user",
            "terminate" if self.state == "suspended" => "terminated",
            _ => "not-running",
        });
    }
}

/// Has the app do one thing after the other until its host is dead, and says when each is answered.
fn lead(socket: PathBuf, steps: Vec<&'static str>, mut known: Known, done: Sender<()>) -> Known {
    for step in steps {
        match ask(&socket, step) {
            Ok(answer) => known.answered(step, &answer),
            Err(_) => {
                known.unanswered(step);
                break;
            }
        }
        // An error is that nobody waits for it any more.
        let _ = done.send(());
    }
    known
}

/// What an app is led through behind its launch: to and fro, and in the end perhaps ended.
fn steps(numbers: &mut Numbers) -> Vec<&'static str> {
    const MIDDLE: [&str; 6] = ["hide", "suspend", "suspend", "resume", "show", "launch"];
    const LAST: [&[&str]; 4] = [&[], &["terminate"], &["suspend", "terminate"], &["close"]];
    let mut pick = |most: usize| usize::try_from(numbers.below(most as u64)).unwrap();
    let mut steps = Vec::new();
    for _ in 0..pick(5) {
        steps.push(MIDDLE[pick(MIDDLE.len())]);
    }
    steps.extend(LAST[pick(LAST.len())]);
    steps
}

/// Launches the app, and sees that it is told what its records may say. Answers what it was told.
fn launched(state: &Path, socket: &Path, known: &mut Known) -> String {
    let mut watch = Running::start(["watch", "--app", APP, "--state", state.to_str().unwrap()]);
    watch.wait_for_note("watching");
    let answer = ask(socket, "launch").unwrap();
    let mut hears = |text: &str| {
        let event =
            watch.wait_until(text, |event| event["text"].as_str().is_some_and(|said| said.contains(text)));
        event["text"].as_str().unwrap().to_owned()
    };
    let heard = hears("heard launched previous=");
    let previous = heard.split(['=', ' ']).nth(3).unwrap().to_owned();
    // Closed a moment ago it begins anew.
    let forgets = previous == "not-running" && known.may_be_told.contains(&"closed-by-user");
    assert!(forgets || known.may_be_told.contains(&previous.as_str()), "{heard}, and not one of {known:?}");
    let says = if ["terminated", "closed-by-user"].contains(&previous.as_str()) {
        format!("restored {}\n", known.counted)
    } else {
        known.counted = 0;
        "started fresh\n".to_owned()
    };
    if !heard.contains(&says) {
        hears(&says);
    }
    known.answered("launch", &answer);
    previous
}

#[test]
fn killed_at_any_moment_of_its_apps_life_a_host_leaves_an_answer_that_is_right() {
    const LIVES: u64 = 16;
    let state = installed();
    let state = state.path();
    let mut numbers = Numbers(1);
    let mut known = Known { may_be_told: vec!["not-running"], state: "not-running".to_owned(), counted: 0 };
    let mut told = Vec::new();
    for life in 0..LIVES {
        let daemon = Daemon::start(state, ["--quiet"]);
        // Every so often it is killed while it launches the app, and every so often when nothing is under way.
        let steps = match life % 4 {
            3 => vec!["launch"],
            kind => {
                told.push(launched(state, &daemon.socket(), &mut known));
                if kind == 0 { vec!["suspend", "terminate"] } else { steps(&mut numbers) }
            }
        };
        let len = steps.len() as u64;
        let behind = if life % 4 == 0 { len } else { numbers.below(len.max(1)) };
        let what = format!("life {life}, killed behind {behind} of {steps:?}, {known:?}");
        let (done, answers) = channel();
        let (socket, begun) = (daemon.socket(), known.clone());
        let leads = thread::spawn(move || lead(socket, steps, begun, done));
        for _ in 0..behind {
            answers.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        // So that the step that follows is somewhere on its way.
        (0..numbers.below(2_000)).for_each(|_| thread::yield_now());
        daemon.kill();
        known = leads.join().unwrap();

        let kept = app(state, "state", &[]);
        let is = told_of(&kept["kept"]);
        assert!(known.may_be_told.contains(&is), "{what}: {kept}, and not one of {known:?}");
        assert!(is == kept["next_previous"] || is == "closed-by-user", "{what}: {kept}");
        known.may_be_told = vec![is];
    }
    for previous in ["not-running", "terminated"] {
        assert!(told.iter().any(|told| told == previous), "nobody was ever told {previous}: {told:?}");
    }
}
