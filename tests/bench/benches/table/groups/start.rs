//! From the start of a process to its first run, with what was compiled before.

use std::time::Instant;

use peer_protocol::{Request, Task};

use super::{cache, everybody};
use crate::Bench;
use crate::child::Reason;
use crate::contenders::{Contender, How, PLAIN};
use crate::figures::median;
use crate::report::{Cell, Table};

pub(crate) const NAME: &str = "start";

const COLUMNS: [&str; 2] = ["ready ms", "first run ms"];

pub(crate) fn measure(bench: &Bench) -> Table {
    let mut table = Table::new(COLUMNS);
    for contender in bench.contenders.iter().filter(|contender| everybody(contender)) {
        eprintln!("  {}", contender.name);
        table.row(contender, starts(bench, contender));
    }
    table.note("From the start of the process until it is ready, and until its first run is over. A server is there already; a store is empty.");
    table
}

fn starts(bench: &Bench, contender: &Contender) -> Result<Vec<Cell>, Reason> {
    let cache = cache()?;
    let how = How { cache: Some(cache.path()), ..PLAIN };
    let (mut ready, mut first) = (Vec::new(), Vec::new());
    // The first one compiles, and does not count.
    for nth in 0..=bench.scaled(7, 3) {
        let (mut started, took) = contender.timed(bench, how)?;
        let begun = Instant::now();
        started.ask(&Request::Run { task: Task::Noop, runs: 1, concurrency: 1 })?;
        if nth > 0 {
            ready.push(took.as_secs_f64() * 1e3);
            first.push((took + begun.elapsed()).as_secs_f64() * 1e3);
        }
    }
    Ok(vec![median(&ready).into(), median(&first).into()])
}
