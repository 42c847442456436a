//! What a daemon tells those who measure.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use dormouse_e2e::{Ask, Daemon, PATIENCE, Package, Signal, dormouse, ended};
use tempfile::TempDir;
use test_artifacts as programs;

fn installed() -> TempDir {
    let state = dormouse_e2e::state_dir();
    let rest = "[[registrations]]\nname = \"often\"\nentry-point = \"main\"\ntrigger = { every = \"1s\" }\n";
    let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", rest);
    dormouse(["install", package.arg(), "--state", state.path().to_str().unwrap()]).expect_code(0);
    state
}

/// A collector that takes everything: it answers the paths that something was sent to.
fn collector() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tx, rx) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, tx) = (stream.unwrap(), tx.clone());
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                    let mut len = 0;
                    loop {
                        let mut field = String::new();
                        reader.read_line(&mut field).unwrap();
                        if field.trim().is_empty() {
                            break;
                        }
                        if let Some(value) = field.to_ascii_lowercase().strip_prefix("content-length:") {
                            len = value.trim().parse().unwrap();
                        }
                    }
                    let mut body = vec![0; len];
                    reader.read_exact(&mut body).unwrap();
                    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
                    stream.write_all(answer.as_bytes()).unwrap();
                    if tx.send(path).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (format!("http://{address}"), rx)
}

/// The value of a metric, of the series that has this label.
fn value(text: &str, name: &str, label: &str) -> f64 {
    let is_it = |line: &&str| line.split([' ', '{']).next() == Some(name) && line.contains(label);
    let line = text.lines().find(is_it).unwrap_or_else(|| panic!("no {name} with {label:?} in\n{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn prometheus_finds_the_runs_the_store_and_the_host() {
    let state = installed();
    let mut daemon = Daemon::start(state.path(), ["--metrics", "127.0.0.1:0"]);
    let address = daemon.logged_address("metrics at http://");
    let scrape = || Ask::new("GET /metrics").at_address(address).unwrap().expect(200).body;
    let ran = |text: &str| {
        text.lines().any(|line| line.starts_with("dormouse_runs_ended_total{") && line.contains("succeeded"))
    };
    let text = dormouse_e2e::patiently().map(|()| scrape()).find(|text| ran(text)).unwrap();
    let value = |name: &str| value(&text, name, "");
    assert!(value("dormouse_store_commits_total") >= 1.0);
    assert!(value("dormouse_store_commit_time_seconds_total") > 0.0);
    assert!(value("dormouse_store_database_bytes") > 0.0);
    assert!(value("dormouse_host_slots") >= 1.0);
    for name in ["dormouse_host_registrations", "dormouse_host_apps"] {
        assert!((value(name) - 1.0).abs() < f64::EPSILON, "{name} in\n{text}");
    }
    for name in [
        "dormouse_host_running",
        "dormouse_dead_letters",
        "dormouse_events_listening",
        "dormouse_host_quarantined",
        "dormouse_app_suspended_bytes",
    ] {
        value(name);
    }
}

#[test]
fn prometheus_finds_the_apps_by_where_in_their_lives_they_are() {
    let state = dormouse_e2e::state_dir();
    let path = state.path().to_str().unwrap();
    let package = Package::new("1.0.0", programs::RUN_RETURNS_OK, "", "[app]\ncomponent = \"app.wasm\"\n");
    package.add("app.wasm", programs::APP_KEEPS_STATE);
    dormouse(["install", package.arg(), "--state", path]).expect_code(0);
    let mut daemon = Daemon::start(state.path(), ["--metrics", "127.0.0.1:0"]);
    let address = daemon.logged_address("metrics at http://");
    let scrape = || Ask::new("GET /metrics").at_address(address).unwrap().expect(200).body;
    let there = |state: &str| value(&scrape(), "dormouse_apps", &format!("state=\"{state}\""));
    let app = |verb: &str| dormouse(["app", verb, "org.example.nest", "--state", path]).expect_code(0);
    app("launch");
    assert!(there("foreground") > 0.5 && there("suspended") < 0.5);
    app("suspend");
    assert!(there("foreground") < 0.5 && there("suspended") > 0.5);
    assert!(value(&scrape(), "dormouse_app_suspended_bytes", "") > 0.0);
}

#[test]
fn prometheus_finds_who_asks_the_control_api_and_what_they_are_answered() {
    let state = dormouse_e2e::state_dir();
    let mut daemon = Daemon::start(state.path(), ["--metrics", "127.0.0.1:0"]);
    let address = daemon.logged_address("metrics at http://");
    let scrape = || Ask::new("GET /metrics").at_address(address).unwrap().expect(200).body;
    let before = scrape();
    let _ = daemon.get("/v1/host").expect(200);
    let _ = daemon.get("/v1/nothing").expect(404);
    let after = scrape();
    for (name, label, more) in [
        ("dormouse_control_connections_accepted_total", "", 2.0),
        ("dormouse_control_connections_turned_away_total", "", 0.0),
        ("dormouse_control_streams_turned_away_total", "", 0.0),
        ("dormouse_control_answers_total", "status=\"2xx\"", 1.0),
        ("dormouse_control_answers_total", "status=\"4xx\"", 1.0),
        ("dormouse_control_answers_total", "status=\"5xx\"", 0.0),
        ("dormouse_control_streams", "", 0.0),
        ("dormouse_control_uploads", "", 0.0),
    ] {
        let came = value(&after, name, label) - value(&before, name, label);
        assert!((came - more).abs() < f64::EPSILON, "{came} of {name} {label} in\n{after}");
    }
    value(&after, "dormouse_control_connections", "");
}

#[test]
fn a_collector_gets_metrics_and_traces_at_the_latest_when_the_daemon_stops() {
    let state = installed();
    for by_variable in [false, true] {
        let (url, told) = collector();
        let mut command = Daemon::command(state.path(), [] as [&str; 0]);
        if by_variable {
            command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &url);
        } else {
            command.args(["--otlp", &url]);
        }
        let mut daemon = Daemon::spawn(command, state.path());
        daemon.wait_told("READY=1");
        daemon.wait_for_log("run ended");
        daemon.signal(Signal::TERM);
        daemon.finish().expect_code(143);
        let mut paths = BTreeSet::new();
        while paths.len() < 2 {
            paths.insert(told.recv_timeout(PATIENCE).unwrap());
        }
        assert_eq!(paths.into_iter().collect::<Vec<_>>(), ["/v1/metrics", "/v1/traces"]);
    }
}

#[test]
fn a_collector_that_is_away_holds_up_no_run_and_no_stop() {
    let state = installed();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut daemon = Daemon::start(state.path(), ["--otlp", &format!("http://{gone}")]);
    daemon.wait_for_log("run ended");
    daemon.signal(Signal::TERM);
    daemon.finish().expect_code(143);
}

#[test]
fn an_address_of_a_collector_that_is_none_is_refused() {
    let state = dormouse_e2e::state_dir();
    ended(Daemon::command(state.path(), ["--otlp", "nowhere"]))
        .expect_code(2)
        .expect_stderr("error: `nowhere`");
    // As good as not set.
    let mut command = Daemon::command(state.path(), [] as [&str; 0]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "");
    Daemon::spawn(command, state.path()).wait_told("READY=1");
}
