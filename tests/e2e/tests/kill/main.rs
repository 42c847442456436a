//! The built binary under load, killed with SIGKILL again and again, at random and at each named station.
//!
//! After each kill an auditor opens the books: nothing that was accepted is lost, no activation has two completions,
//! no fence two runs, no occurrence two activations; what was latched waits, no watermark went back, and whatever the
//! subscriber was told stands in the journal where it was told to be. In the end everything has ended, and the
//! subscriber has heard of all of it.
//!
//! `DORMOUSE_KILLS=1000` kills more often than the hundred times of every run of the tests, and
//! `DORMOUSE_KILLS_SEED=7` at other points; `.ci/kills` does both.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod auditor;
mod host;
mod load;
mod steps;
mod subscriber;

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use dormouse_e2e::{Numbers, Package, Signal, dormouse};
use tempfile::TempDir;
use test_artifacts as programs;

use auditor::{Told, books};
use host::Host;
use load::Load;
use subscriber::Subscriber;

/// What a firing passes, [A] to [D], and what retention does beside it.
const STATIONS: [&str; 10] = [
    "enqueue.before",
    "enqueue.after",
    "claim.before",
    "claim.after",
    "finish.before",
    "finish.after",
    "cursor.before",
    "cursor.after",
    "prune.before",
    "prune.after",
];

const REGISTRATIONS: &str = r#"
[entry-points.fails]
component = "fails.wasm"
triggers = ["signal", "message"]

[[registrations]]
name = "work"
entry-point = "main"
trigger = { message = "work" }
overlap = { parallel = 12 }

[[registrations]]
name = "fails"
entry-point = "fails"
trigger = { message = "fails" }
overlap = { parallel = 4 }
retry = { times = 3, initial = "1ms", max = "20ms" }

[[registrations]]
name = "tick"
entry-point = "main"
trigger = { every = "1s" }

[[registrations]]
name = "latched"
entry-point = "main"
trigger = { signal = "latched" }
conditions = ["custom:never"]
"#;

/// A state directory as hosts want them.
fn private() -> TempDir {
    tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap()
}

fn installed() -> TempDir {
    let state = private();
    let package = Package::new("1.0.0", programs::RUN_RETURNS_OK, "", REGISTRATIONS);
    package.add("fails.wasm", programs::RUN_FAILS);
    dormouse(["install", package.arg(), "--consent", "--state", state.path().to_str().unwrap()])
        .expect_code(0);
    state
}

/// How often a station is passed in a short life, at the least.
fn often(station: &str) -> u64 {
    match station.split('.').next() {
        Some("cursor") => 4,
        Some("prune") => 2,
        _ => 20,
    }
}

/// How a life of the host ends.
enum End {
    /// Killed by us once so many firings were accepted.
    Random(u64),
    /// By itself, when it passes a station for the n-th time.
    Station(&'static str, u64),
}

/// One life: the load goes on until the host is dead. Answers the name of what ended it.
fn life(state: &Path, end: &End, clock: Option<&str>, load: &Load, subscriber: &Subscriber) -> &'static str {
    let mut host = Host::start(state, end, clock);
    if host.is_ready() {
        let bound = match end {
            End::Random(accepted) => *accepted,
            // Retention comes once a second.
            End::Station(station, _) if station.starts_with("prune") => u64::MAX,
            // A station that is not passed so often: killed all the same.
            End::Station(..) => 200,
        };
        load.run(&host, bound, || subscriber.follow(&host));
    }
    host.dead()
}

#[test]
fn a_host_that_is_killed_again_and_again_loses_nothing() {
    let number = |name, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let kills: u64 = number("DORMOUSE_KILLS", 100);
    let state = installed();
    let mut numbers = Numbers(number("DORMOUSE_KILLS_SEED", 1));
    let (load, subscriber) = (Load::default(), Subscriber::default());
    let mut told = Told::default();
    told.latched = Some(load.latch(state.path()));
    let mut deaths = BTreeMap::new();
    for round in 0..kills {
        let end = match round % 3 {
            0 => End::Random(2 + numbers.below(120)),
            _ => {
                let station = STATIONS[(round / 3 * 2 + round % 3 - 1) as usize % STATIONS.len()];
                End::Station(station, 1 + numbers.below(often(station)))
            }
        };
        // The machine's clock is set back and forth between two lives.
        let clock = match round % 10 {
            4 => Some("+26h"),
            8 => Some("-26h"),
            _ => None,
        };
        let died = life(state.path(), &end, clock, &load, &subscriber);
        *deaths.entry(died).or_insert(0_u64) += 1;
        load.tell(&mut told);
        subscriber.tell(&mut told);
        told.audit(&books(state.path()));
        println!(
            "life {round}: {} accepted, {} told, deaths: {deaths:?}",
            told.accepted.len(),
            told.completed.len()
        );
    }
    for station in STATIONS.iter().filter(|_| kills >= 100) {
        assert!(deaths.contains_key(*station), "never died at {station}: {deaths:?}");
    }
    assert!(told.accepted.len() as u64 > kills * 10, "only {} firings were accepted", told.accepted.len());

    // The last life is left in peace.
    let mut host = Host::start(state.path(), &End::Random(u64::MAX), None);
    assert!(host.is_ready());
    load.run(&host, 1, || subscriber.follow(&host));
    load.wait_for_all(&host);
    subscriber.catch_up(&host);
    host.stop(Signal::TERM);
    load.tell(&mut told);
    subscriber.tell(&mut told);
    let books = books(state.path());
    told.audit(&books);
    told.settle(&books);
    println!(
        "{} firings accepted, {} completions told, deaths: {deaths:?}",
        told.accepted.len(),
        told.completed.len()
    );
}
