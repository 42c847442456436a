//! The hot path, counted: what a run from trigger to recorded completion costs, in counts and not in times, which are
//! the same on every machine.
//!
//! Each bound is what was counted when it was set, and a tenth. Who changes one says in its reason what the run does now
//! that it did not before; who made a run cheaper sets it lower, or the next loss goes unseen.

#![expect(clippy::print_stdout, reason = "what it counts is what it is read for")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

const HOT_PATH: &str = env!("CARGO_BIN_EXE_hot-path");

/// What one run may cost.
struct Bound {
    /// What runs it: wasmtime alone, a host in memory, a host on SQLite.
    on: &'static str,
    most: f64,
    /// What it is made of.
    because: &'static str,
}

impl Bound {
    #[track_caller]
    fn hold(&self, what: &str, counted: f64) {
        let Self { on, most, because } = self;
        println!("{counted:.2} {what} for a run on {on}, of {most}");
        assert!(
            counted <= *most,
            "{counted:.2} {what} for a run on {on}, and not at most {most}: {because}. \
             If that is as it should be, record it, with its reason"
        );
    }
}

const ALLOCATIONS: [Bound; 3] = [
    Bound { on: "bare", most: 77.0, because: "a store, a WASI context and an instance" },
    Bound {
        on: "memory",
        most: 98.0,
        because: "those of wasmtime; an activation, its key and its lease; a cell, its machine and its events; \
                  a record with its receipt, kept and answered",
    },
    Bound { on: "sqlite", most: 113.0, because: "those in memory; two commands, and their rows" },
];

/// Waiting is not counted: a thread that wakes another one finds it awake now and then.
const SYSTEM_CALLS: [Bound; 2] = [
    Bound {
        on: "memory",
        most: 3.4,
        because: "at most two looks at the CPU clock of the guest's thread, and one at which pages the guest wrote",
    },
    Bound {
        on: "sqlite",
        most: 51.0,
        because: "those in memory; two commits, each of which takes and lets go of its locks, \
                  writes its pages to the log and has them on the disk",
    },
];

/// Of the build for tests, which optimises wasmtime and what else a run goes through, but nothing of the host, in an
/// emulator, which has little address space to give: what is to be seen is that a run does more than it did, and not how
/// fast it is.
const INSTRUCTIONS: [Bound; 3] = [
    Bound { on: "bare", most: 256_000.0, because: "a store, a WASI context, an instance and a call" },
    Bound {
        on: "memory",
        most: 360_000.0,
        because: "those of wasmtime; what is allocated, and the tables of the store and of what runs",
    },
    Bound {
        on: "sqlite",
        most: 617_000.0,
        because: "those in memory; two commits of a row each, with six indexes",
    },
];

/// What threads do to each other, and the heap of each as it grows: no two times the same.
const UNCOUNTED: [&str; 5] = ["epoll_wait", "futex", "mprotect", "sched_yield", "total"];

/// One run after another: none shares a commit with the next.
const COMMITS: Bound = Bound { on: "sqlite", most: 2.0, because: "the firing with its claim, and the end" };

/// What `hot-path` prints, of all runs together.
#[derive(Deserialize)]
struct Counted {
    runs: u32,
    allocations: u32,
    commits: u32,
}

fn hot_path(on: &str) -> Counted {
    const RUNS: u32 = 1000;
    let output = Command::new(HOT_PATH).args(["--on", on, "--runs", &RUNS.to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counted: Counted = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(counted.runs, RUNS);
    counted
}

/// Runs `hot-path` under strace, twice; what more runs cost is theirs, and the beginning and the end of the process are
/// not.
fn system_calls(on: &str) -> BTreeMap<String, f64> {
    const FEW: u32 = 128;
    const MANY: u32 = 640;
    let folder = tempfile::tempdir().unwrap();
    let [few, many] = [FEW, MANY].map(|runs| traced(on, runs, &folder.path().join(runs.to_string())));
    let more = |(name, count): (String, u32)| {
        let before = few.get(&name).copied().unwrap_or(0);
        (name, (f64::from(count) - f64::from(before)) / f64::from(MANY - FEW))
    };
    many.into_iter().map(more).collect()
}

/// How often all threads made each call.
fn traced(on: &str, runs: u32, out: &Path) -> BTreeMap<String, u32> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-U", "calls,name", "-o"]).arg(out).arg(HOT_PATH);
    let output = strace.args(["--on", on, "--runs", &runs.to_string()]).output();
    let output = output.unwrap_or_else(|error| panic!("`strace` does not start ({error}): install it"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written = std::fs::read_to_string(out).unwrap();
    let calls = written.lines().filter_map(|line| {
        let (count, name) = line.trim().split_once(' ')?;
        Some((name.trim().to_owned(), count.parse().ok()?))
    });
    calls.filter(|(name, _)| !UNCOUNTED.contains(&name.as_str())).collect()
}

#[test]
fn a_run_allocates_no_more_than_it_did() {
    for bound in ALLOCATIONS {
        let counted = hot_path(bound.on);
        bound.hold("allocations", f64::from(counted.allocations) / f64::from(counted.runs));
    }
}

#[test]
fn a_durable_run_is_two_commits() {
    let counted = hot_path(COMMITS.on);
    COMMITS.hold("commits", f64::from(counted.commits) / f64::from(counted.runs));
}

#[test]
fn a_run_calls_the_system_no_more_often_than_it_did() {
    for bound in SYSTEM_CALLS {
        bound.hold("system calls", system_calls(bound.on).values().sum());
    }
}

/// Runs `hot-path` under valgrind, twice, as for [`system_calls`]. The emulator has room for few instances.
fn instructions(on: &str) -> f64 {
    const FEW: u32 = 64;
    const MANY: u32 = 576;
    let [few, many] = [FEW, MANY].map(|runs| emulated(on, runs));
    (many as f64 - few as f64) / f64::from(MANY - FEW)
}

/// How many instructions all threads went through.
fn emulated(on: &str, runs: u32) -> u64 {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]).arg(HOT_PATH);
    let output = valgrind.args(["--on", on, "--slots", "2", "--runs", &runs.to_string()]).output();
    let output = output.unwrap_or_else(|error| panic!("`valgrind` does not start ({error}): install it"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let refs =
        said.lines().find_map(|line| line.split_once("I   refs:")).unwrap_or_else(|| panic!("{said}")).1;
    refs.trim().replace(',', "").parse().unwrap()
}

// Each by itself: an emulator takes its time to come up.
#[test]
fn a_run_of_wasmtime_alone_goes_through_no_more_instructions_than_it_did() {
    holds_instructions("bare");
}

#[test]
fn a_run_in_memory_goes_through_no_more_instructions_than_it_did() {
    holds_instructions("memory");
}

#[test]
fn a_durable_run_goes_through_no_more_instructions_than_it_did() {
    holds_instructions("sqlite");
}

fn holds_instructions(on: &str) {
    let bound = INSTRUCTIONS.iter().find(|bound| bound.on == on).unwrap();
    bound.hold("instructions", instructions(on));
}

#[test]
fn a_commit_has_its_data_on_the_disk_and_does_not_wait_for_the_times_of_the_file() {
    let calls = system_calls("sqlite");
    let of = |name: &str| calls.get(name).copied().unwrap_or(0.0);
    let (data, all) = (of("fdatasync"), of("fsync"));
    // Now and then a checkpoint has the database on the disk as well.
    assert!(
        (1.9..2.1).contains(&data) && all < 0.1,
        "{data} fdatasync and {all} fsync: see .cargo/config.toml"
    );
}
