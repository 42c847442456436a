//! Many registered timers, and how late those are that come due among them.

use peer_protocol::Request;

use super::{hosts, one_by_one};
use crate::Bench;
use crate::child::Reason;
use crate::contenders::{Started, WATCHED};
use crate::figures::per_mille;
use crate::report::{Cell, Table};

pub(crate) const NAME: &str = "timers";

const COLUMNS: [&str; 5] = ["registered", "µs each", "lateness p50 ms", "lateness p99 ms", "lateness max ms"];

/// Until the first is due, and from there to the last, in milliseconds.
const LEAD_MS: u64 = 5000;
const SPAN_MS: u64 = 10_000;

pub(crate) fn measure(bench: &Bench) -> Table {
    let (far, due) = (bench.scaled(100_000, 5_000), bench.scaled(1000, 100));
    let mut table = one_by_one(bench, &COLUMNS, WATCHED, hosts, |_, started| lateness(started, far, due));
    table.note(format!(
        "{far} jobs for a day that does not come, and {due} that come due within {SPAN_MS} ms. Late is the first thing that a task does; where times are whole seconds, against the second that it was put down for."
    ));
    table
}

fn lateness(started: &mut Started, far: u64, due: u32) -> Result<Vec<Cell>, Reason> {
    let figures = started.ask(&Request::Timers { far, due, lead_ms: LEAD_MS, span_ms: SPAN_MS })?;
    let late: Vec<f64> = figures.latencies_ns.iter().map(|ns| *ns as f64 / 1e6).collect();
    Ok(vec![
        Cell::Figure(far as f64),
        Cell::Figure(figures.wall_ns as f64 / 1e3 / figures.runs.max(1) as f64),
        per_mille(&late, 500).into(),
        per_mille(&late, 990).into(),
        per_mille(&late, 1000).into(),
    ])
}
