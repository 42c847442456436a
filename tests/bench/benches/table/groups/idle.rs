//! What it costs to be there.

use std::thread;
use std::time::{Duration, Instant};

use peer_protocol::{Request, Task};

use super::{cache, hosts, registered};
use crate::Bench;
use crate::child::Reason;
use crate::contenders::{Contender, How, PLAIN, Started};
use crate::report::{Cell, Table};

pub(crate) const NAME: &str = "idle";

const COLUMNS: [&str; 3] = ["CPU % of a core", "RSS MiB", "PSS MiB"];

const RUN: Request = Request::Run { task: Task::Noop, runs: 1, concurrency: 1 };

const REGISTRATIONS: u64 = 10_000;

/// What was begun by registering is over by then.
const SETTLE: Duration = Duration::from_secs(5);

pub(crate) fn measure(bench: &Bench) -> Table {
    let span = bench.scaled(Duration::from_secs(10), Duration::from_secs(3));
    let mut table = Table::new(COLUMNS);
    for contender in bench.contenders.iter().filter(|contender| hosts(contender)) {
        eprintln!("  {}", contender.name);
        table.row(contender, compiled_before(bench, contender, span));
    }
    table.note(format!(
        "{REGISTRATIONS} registrations of which none is due, one run done before, what is compiled was so in an earlier process, {span:?} in which nobody asks for anything. With the server, if there is one."
    ));
    table
}

/// A daemon has compiled in another process, or in an earlier life: no compiler is in its memory.
fn compiled_before(bench: &Bench, contender: &Contender, span: Duration) -> Result<Vec<Cell>, Reason> {
    let cache = cache()?;
    let how = How { cache: Some(cache.path()), ..PLAIN };
    let mut earlier = contender.start(bench, how)?;
    earlier.ask(&RUN)?;
    // What is registered is of another program than what is run.
    earlier.ask(&registered(1))?;
    drop(earlier);
    idle(&mut contender.start(bench, how)?, span)
}

fn idle(started: &mut Started, span: Duration) -> Result<Vec<Cell>, Reason> {
    started.ask(&RUN)?;
    started.ask(&registered(REGISTRATIONS))?;
    thread::sleep(SETTLE);
    let (before, begun) = (started.cpu_ns(), Instant::now());
    thread::sleep(span);
    let (cpu, took) = (started.cpu_ns().saturating_sub(before), begun.elapsed());
    let mib = |bytes: u64| Cell::Figure(bytes as f64 / f64::from(1 << 20));
    Ok(vec![
        Cell::Figure(cpu as f64 / took.as_nanos() as f64 * 100.0),
        mib(started.rss()),
        mib(started.pss()),
    ])
}
