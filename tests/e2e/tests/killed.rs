//! Installations and updates that are killed: afterwards one version is whole, and runs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use dormouse_e2e::{Package, Running, Signal, dormouse, json_lines};
use tempfile::TempDir;
use test_artifacts as programs;

const OFTEN: &str =
    "[[registrations]]\nname = \"often\"\nentry-point = \"main\"\ntrigger = { every = \"1s\" }\n";
const MIGRATE: &str = "[entry-points.migrate]\ncomponent = \"migrate.wasm\"\ntriggers = []\n";

/// A generator that gives the same numbers each time: which points are tried does not change by itself.
struct Points(u64);

impl Points {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn entries(dir: &Path) -> usize {
    fs::read_dir(dir).map_or(0, Iterator::count)
}

/// What can be seen of how far it is: from nothing at all to the folder of a package and its compiled components.
fn reached(state: &Path, stage: u64, before: &[usize]) -> bool {
    let packages = state.join("packages");
    let now = [
        entries(&packages.join(".staging")),
        entries(&packages.join("org.example.nest")),
        entries(&state.join("cache")),
    ];
    match stage {
        0 => true,
        1 => now[0] > 0,
        2 => now[1] > before[1],
        _ => now[2] > before[2],
    }
}

/// Starts the command and kills it somewhere after it has reached `stage`. Answers whether it was cut off.
fn kill_at(state: &TempDir, args: &[&str], stage: u64, points: &mut Points) -> bool {
    let packages = state.path().join("packages");
    let before = [0, entries(&packages.join("org.example.nest")), entries(&state.path().join("cache"))];
    let mut running = Running::start(args.iter().copied().chain(["--state", state.path().to_str().unwrap()]));
    while running.is_running() && !reached(state.path(), stage, &before) {
        std::thread::yield_now();
    }
    for _ in 0..points.next(400) {
        let _ = entries(&packages);
    }
    if stage >= 4 {
        // The registrations of the manifest are made: what follows goes on.
        while let Some(event) = running.next_event() {
            if event["event"] == "registered" {
                break;
            }
        }
    }
    let cut_off = running.is_running();
    drop(running.kill());
    cut_off
}

fn installed(state: &TempDir) -> Option<String> {
    let listed = dormouse(["apps", "--json", "--state", state.path().to_str().unwrap()]).expect_code(0);
    let listed = json_lines(&listed.stdout);
    let package = listed.first()?;
    assert_eq!(package["loaded"], true, "{package}");
    assert_eq!(package["registrations"].as_u64().map(|n| n >= 1), Some(true), "{package}");
    Some(package["version"].as_str().unwrap().to_owned())
}

/// Serves until a run of `often` has ended; answers what it wrote.
fn runs(state: &TempDir) -> String {
    let mut running = Running::start(["serve", "--state", state.path().to_str().unwrap()]);
    let output = running
        .wait_until("output of `often`", |event| event["event"] == "output" && event["stream"] == "stdout");
    running.signal(Signal::TERM);
    running.finish().0.expect_code(143);
    output["text"].as_str().unwrap().to_owned()
}

#[test]
fn an_installation_that_is_killed_is_whole_or_not_there() {
    let mut points = Points(1);
    let (mut cut_off, mut there) = (0, 0);
    let package = Package::new("1.0.0", programs::STDIO_STDIN_EMPTY, "", OFTEN);
    for round in 0..10 {
        let state = dormouse_e2e::state_dir();
        cut_off += u32::from(kill_at(&state, &["install", package.arg()], round % 5, &mut points));
        match installed(&state) {
            Some(version) => {
                there += 1;
                assert_eq!(version, "1.0.0");
            }
            // Nothing is in the way of trying again.
            None => drop(
                dormouse(["install", package.arg(), "--state", state.path().to_str().unwrap()])
                    .expect_code(0),
            ),
        }
        assert_eq!(runs(&state), "to stdout\n");
        let folders = entries(&state.path().join("packages/org.example.nest"));
        assert_eq!(folders, 1, "files of something that is not installed stayed");
    }
    assert!(cut_off >= 5, "only {cut_off} of 10 were killed while they ran; {there} were installed");
}

#[test]
fn an_update_that_is_killed_leaves_the_old_version_or_the_new_one() {
    let mut points = Points(2);
    let mut cut_off = 0;
    let old = Package::new("1.0.0", programs::STDIO_STDIN_EMPTY, "", OFTEN);
    let new = Package::new(
        "2.0.0",
        programs::GRANT_LOCAL_PERSISTS,
        "update-task = \"migrate\"\n",
        &format!("{MIGRATE}{OFTEN}"),
    );
    new.add("migrate.wasm", programs::RUN_RETURNS_OK);
    for round in 0..10 {
        let state = dormouse_e2e::state_dir();
        let path = state.path().to_str().unwrap();
        dormouse(["install", old.arg(), "--state", path]).expect_code(0);
        cut_off += u32::from(kill_at(&state, &["update", new.arg()], round % 5, &mut points));
        let expected = match installed(&state).unwrap().as_str() {
            "1.0.0" => "to stdout\n",
            "2.0.0" => "1\n",
            other => unreachable!("{other}"),
        };
        assert_eq!(runs(&state), expected);
        assert_eq!(entries(&state.path().join("packages/org.example.nest")), 1, "two versions stayed");
        // An update that was cut off can be made again.
        dormouse(["update", new.arg(), "--state", path]).expect_code(0);
        assert_eq!(installed(&state).unwrap(), "2.0.0");
    }
    assert!(cut_off >= 5, "only {cut_off} of 10 were killed while they ran");
}
