//! From the trigger to the first thing that a guest does.

use peer_protocol::{Request, Task};

use super::{everybody, one_by_one};
use crate::Bench;
use crate::child::Reason;
use crate::contenders::{Started, WATCHED};
use crate::figures::{micros, per_mille};
use crate::report::{Cell, Table};
use crate::rounds::batch;

pub(crate) const NAME: &str = "latency";

const COLUMNS: [&str; 8] = [
    "at once p50 µs",
    "idle p50 µs",
    "idle p99 µs",
    "idle p99.9 µs",
    "half load p50 µs",
    "half load p99 µs",
    "half load p99.9 µs",
    "triggers/s",
];

const OF_THOUSAND: [usize; 3] = [500, 990, 999];

/// Before each trigger of an idle contender, in microseconds.
const REST_US: u64 = 2000;

/// Clients that show how much a contender can do, and threads that ask where a run is a thread.
const CLIENTS: u32 = 16;
const THREADS: u32 = 2;

/// How long the load lasts at most, in nanoseconds.
const LOAD_NS: u64 = 10_000_000_000;

pub(crate) fn measure(bench: &Bench) -> Table {
    let (samples, most) = (bench.scaled(5_000, 300), bench.scaled(20_000, 2_000));
    let mut table =
        one_by_one(bench, &COLUMNS, WATCHED, everybody, |_, started| latencies(started, samples, most));
    table.note(format!(
        "At once: {samples} triggers, each when the run before is over. Idle: the same with a rest of {REST_US} µs before each. Half load: {most} triggers, or what fits into {} s, which come at half the pace that 16 clients got through, whatever has become of those before; a trigger that waits for its turn has its waiting counted.",
        LOAD_NS / 1_000_000_000
    ));
    table
}

fn latencies(started: &mut Started, samples: u32, most: u32) -> Result<Vec<Cell>, Reason> {
    // Compiles, and warms.
    started.ask(&Request::IdleLatency { samples: 20, rest_us: REST_US })?;
    // The same code, while it is in the caches and the core is awake: what an idle machine adds is the difference.
    let at_once = started.ask(&Request::IdleLatency { samples, rest_us: 0 })?;
    let mut cells = vec![Cell::from(per_mille(&micros(&at_once.latencies_ns), 500))];
    let idle = started.ask(&Request::IdleLatency { samples, rest_us: REST_US })?;
    cells.extend(self::cells(&idle.latencies_ns));

    let runs = batch(started, Task::Noop, CLIENTS)?;
    let full = started.ask(&Request::Run { task: Task::Noop, runs, concurrency: CLIENTS })?;
    let every_ns = (full.wall_ns * 2 / full.runs.max(1)).max(1);
    let fit = u32::try_from(LOAD_NS / every_ns).unwrap_or(u32::MAX).clamp(100, most);
    let loaded = started.ask(&Request::LoadedLatency { samples: fit, every_ns, concurrency: THREADS });
    match loaded {
        Ok(loaded) => cells.extend(self::cells(&loaded.latencies_ns)),
        Err(reason) => cells.extend(vec![Cell::Missing(reason); OF_THOUSAND.len()]),
    }
    cells.push(Cell::Figure(1e9 / every_ns as f64));
    Ok(cells)
}

fn cells(latencies_ns: &[u64]) -> Vec<Cell> {
    let latencies = micros(latencies_ns);
    OF_THOUSAND.map(|place| Cell::from(per_mille(&latencies, place))).to_vec()
}
