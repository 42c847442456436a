//! Killed at each step of a migration and of an installation.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use dormouse_e2e::{Daemon, Package, Signal, command, dormouse, json_lines};
use tempfile::TempDir;
use test_artifacts as programs;

use crate::auditor::{Told, books};
use crate::private;

/// Runs a command that ends itself when it passes `station` for the `nth` time.
fn killed_at(mut command: Command, station: &str, nth: usize) {
    let output = command.env("DORMOUSE_KILL_AT", format!("{station}:{nth}")).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(9), "{station}:{nth}: {:?}\n{err}", output.status);
}

fn version(state: &Path) -> i64 {
    books(state).pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// What a host of version 1 left: something that waits, something that ran, and something that has ended.
const OF_VERSION_1: &str = r#"
insert into registration (id, spent, watermark, body) values (x'00000000000000000000000000000001', 0, 77000,
    '{"id":"00000000-0000-0000-0000-000000000001","app":"org.example.gone","name":"refresh","entry_point":"main",
      "trigger":{"kind":"application"},"overlap":{"policy":"queue","max":9},
      "retry":{"max_attempts":1,"initial_us":1000000,"max_us":900000000,"factor":2.0,"jitter":0.5},
      "registered_at":5000}');
insert into activation (n, id, registration, app, key, coalesced, fired_at, not_before, failures, interruptions,
    fence, state, run, node, since, until, outcome, over_at) values
    (1, x'00000000000000000000000000000001', x'00000000000000000000000000000001', 'org.example.gone', '1',
     1, 1000, 1000, 0, 0, 0, 0, null, null, null, null, null, null),
    (2, x'00000000000000000000000000000002', x'00000000000000000000000000000001', 'org.example.gone', '2',
     1, 2000, 2000, 0, 0, 1, 1, x'02', x'01', 2000, 1002000, null, null),
    (3, x'00000000000000000000000000000003', x'00000000000000000000000000000001', 'org.example.gone', '3',
     1, 3000, 3000, 0, 0, 1, 2, null, null, null, null, '{"outcome":"succeeded"}', 4000);
insert into run values (1, x'00000000000000000000000000000003', x'00000000000000000000000000000003',
    x'00000000000000000000000000000001', 'org.example.gone', 1, 1, 3000, 4000, '{"outcome":"succeeded"}', '{}', 1, 1);
"#;

#[test]
fn a_migration_that_is_killed_at_any_step_goes_on_where_it_was() {
    let state = private();
    let serve = || Daemon::command(state.path(), ["--quiet"]);
    // Behind the first step of a new file: that file is one of version 1.
    killed_at(serve(), "migrate", 2);
    assert_eq!(version(state.path()), 1);
    // The columns of nodes and runs hold whole ids.
    let rows = OF_VERSION_1.replace("x'02'", "x'00000000000000000000000000000002'");
    let rows = rows.replace("x'01'", "x'00000000000000000000000000000001'");
    books(state.path()).execute_batch(&rows).unwrap();
    let mut versions = vec![];
    // Each is passed inside a step, whose work is lost, and behind it.
    for nth in [1, 2, 1, 2] {
        killed_at(serve(), "migrate", nth);
        versions.push(version(state.path()));
    }
    assert_eq!(versions, [1, 2, 2, 3]);
    let mut told = Told::default();
    for n in 1..=3 {
        told.accepted.insert(format!("{n:032x}"));
    }
    told.completed.insert(1, format!("{:032x}", 3));
    told.audit(&books(state.path()));
    let daemon = Daemon::start(state.path(), ["--quiet"]);
    let listed = daemon.get("/v1/registrations").expect(200).json();
    assert_eq!(listed["items"][0]["name"], "refresh");
    daemon.signal(Signal::TERM);
    drop(daemon.finish().expect_code(143));
    told.audit(&books(state.path()));
}

fn install(state: &TempDir, package: &Package) -> Command {
    command(["install", package.arg(), "--consent", "--state", state.path().to_str().unwrap()])
}

#[test]
fn an_installation_that_is_killed_at_any_station_is_whole_or_not_there() {
    let often = "[[registrations]]\nname = \"often\"\nentry-point = \"main\"\ntrigger = { every = \"1s\" }\n";
    let package = Package::new("1.0.0", programs::RUN_RETURNS_OK, "", often);
    for (station, is_there) in [
        ("install.staged", false),
        ("install.committed", false),
        ("install.recorded", true),
        ("install.registered", true),
    ] {
        let state = private();
        killed_at(install(&state, &package), station, 1);
        let path = state.path().to_str().unwrap();
        let listed = json_lines(&dormouse(["apps", "--json", "--state", path]).expect_code(0).stdout);
        assert_eq!(!listed.is_empty(), is_there, "{station}: {listed:?}");
        if !is_there {
            let again = dormouse_e2e::ended(install(&state, &package));
            drop(again.expect_code(0));
        }
        let daemon = Daemon::start(state.path(), ["--quiet"]);
        daemon.get_until("/v1/runs", |answer| answer.json()["items"][0]["outcome"] == "succeeded");
        assert_eq!(
            daemon.get("/v1/registrations").json()["items"].as_array().map(Vec::len),
            Some(1),
            "{station}"
        );
        daemon.signal(Signal::TERM);
        drop(daemon.finish().expect_code(143));
        let folders = |name: &str| std::fs::read_dir(state.path().join(name)).map_or(0, Iterator::count);
        assert_eq!(
            folders("packages/org.example.nest"),
            1,
            "{station}: files of something that is not installed"
        );
        assert_eq!(folders("packages/.staging"), 0, "{station}");
    }
}
