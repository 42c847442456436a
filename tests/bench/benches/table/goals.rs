//! What was to be reached, held against what was measured.

use serde::Serialize;

use crate::figures::shown;
use crate::report::Report;

/// One that was judged.
#[derive(Debug, Serialize)]
pub(crate) struct Goal {
    what: &'static str,
    bound: String,
    /// None if it was not measured.
    measured: Option<f64>,
    is_met: Option<bool>,
}

impl Goal {
    pub(crate) fn row(&self) -> [String; 4] {
        let verdict = match self.is_met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "not measured",
        };
        let measured = self.measured.map_or_else(|| "-".to_owned(), shown);
        [self.what.to_owned(), self.bound.clone(), measured, verdict.to_owned()]
    }
}

#[derive(Clone, Copy)]
enum Bound {
    Most(f64),
    Least(f64),
}

/// A figure of the report.
type Figure = fn(&Report) -> Option<f64>;

/// What counts as flat: a twentieth more is within what a machine does by itself.
const FLAT: f64 = 1.05;

const GOALS: &[(&str, Bound, Figure)] = &[
    ("CPU of a run in memory, × bare wasmtime", Bound::Most(1.25), |r| {
        r.figure("run", "memory", "noop × bare")
    }),
    ("CPU of a durable run, × bare wasmtime", Bound::Most(2.0), |r| {
        r.figure("run", "sqlite", "noop × bare")
    }),
    ("durable runs/s, 256 clients", Bound::Least(25_000.0), |r| {
        r.figure("throughput", "sqlite", "256 clients /s")
    }),
    ("trigger to guest, idle, p50 µs", Bound::Most(60.0), |r| r.figure("latency", "memory", "idle p50 µs")),
    ("trigger to guest, idle, p99 µs", Bound::Most(1000.0), |r| {
        r.figure("latency", "memory", "idle p99 µs")
    }),
    ("trigger to guest, durable, idle, p99 µs", Bound::Most(1000.0), |r| {
        r.figure("latency", "sqlite", "idle p99 µs")
    }),
    ("trigger to a prelaunched instance, p50 µs", Bound::Most(20.0), |r| {
        r.figure("latency", "prelaunched", "idle p50 µs")
    }),
    ("CPU of Extism's isolated call, × a run in memory", Bound::Least(10.0), |r| {
        let extism = |name| r.figure("run", name, "noop CPU µs");
        let pooling = extism("extism-pooling")?;
        Some(extism("extism")?.min(pooling) / r.figure("run", "memory", "noop CPU µs")?)
    }),
    ("CPU of a process, × a run in memory", Bound::Least(20.0), |r| {
        Some(r.figure("run", "process", "noop CPU µs")? / r.figure("run", "memory", "noop CPU µs")?)
    }),
    ("runs held at once", Bound::Least(20_000.0), |r| r.figure("held", "memory", "held")),
    ("KiB of a held run above its guest's own", Bound::Most(64.0), |r| {
        r.figure("held", "memory", "KiB above")
    }),
    ("lateness with 100,000 timers, p99 ms", Bound::Most(5.0), |r| {
        // Fewer prove nothing.
        r.figure("timers", "sqlite", "registered").filter(|registered| *registered >= 100_000.0)?;
        r.figure("timers", "sqlite", "lateness p99 ms")
    }),
    ("idle with 10,000 registrations, CPU %", Bound::Most(0.049), |r| {
        r.figure("idle", "sqlite", "CPU % of a core")
    }),
    ("idle with 10,000 registrations, RSS MiB", Bound::Most(40.0), |r| r.figure("idle", "sqlite", "RSS MiB")),
    ("CPU of a run with many registrations, × with few", Bound::Most(FLAT), |r| {
        r.figure("growth-registrations", "sqlite", "CPU ratio")
    }),
    ("CPU of a run with a long history, × without", Bound::Most(FLAT), |r| {
        r.figure("growth-history", "sqlite", "CPU ratio")
    }),
    ("memory with a long history, × without", Bound::Most(FLAT), |r| {
        let rss = |column| r.figure("growth-history", "sqlite", column);
        Some(rss("RSS MiB, many")? / rss("RSS MiB, few")?)
    }),
];

/// All of them.
pub(crate) fn judged(report: &Report) -> Vec<Goal> {
    let judge = |(what, bound, figure): &(&'static str, Bound, Figure)| {
        let measured = figure(report);
        let (bound, is_met) = match *bound {
            Bound::Most(most) => (format!("≤ {}", shown(most)), measured.map(|figure| figure <= most)),
            Bound::Least(least) => (format!("≥ {}", shown(least)), measured.map(|figure| figure >= least)),
        };
        Goal { what, bound, measured, is_met }
    };
    GOALS.iter().map(judge).collect()
}
