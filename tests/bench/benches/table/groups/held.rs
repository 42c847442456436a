//! Runs that wait inside their task, side by side, and what each of them takes.

use dormouse_bench::resident::Resident;
use peer_protocol::Request;

use super::hosts;
use crate::Bench;
use crate::child::Reason;
use crate::contenders::{Contender, How};
use crate::report::{Cell, Table};

pub(crate) const NAME: &str = "held";

const COLUMNS: [&str; 4] = ["held", "KiB each", "guest's own KiB", "KiB above"];

/// How many runs are tried, from the most that are wanted to what any system has room for.
const MOST: &[u32] = &[20_000, 16_000, 12_000, 10_000, 8_000, 6_000, 4_000, 2_000, 1_000];
const MOST_IN_A_LOOK: &[u32] = &[1_000];

pub(crate) fn measure(bench: &Bench) -> Table {
    let mut table = Table::new(COLUMNS);
    for contender in bench.contenders.iter().filter(|contender| hosts(contender)) {
        eprintln!("  {}", contender.name);
        let cells = if contender.is_host() {
            most(bench, contender, &mut table)
        } else {
            held(bench, contender, fewer(bench, contender)).map(|(cells, _)| cells)
        };
        table.row(contender, cells);
    }
    table.note("What is resident with so many and without any, for each: what several share is split among them. The guest's own are the pages of memory and stack that it wrote itself.");
    table
}

/// As many as there is room for.
fn most(bench: &Bench, contender: &Contender, table: &mut Table) -> Result<Vec<Cell>, Reason> {
    let mut refused: Option<String> = None;
    for runs in bench.scaled(MOST, MOST_IN_A_LOOK).iter().copied() {
        match held(bench, contender, runs) {
            Ok((cells, isolation)) => {
                if let Some(refused) = refused {
                    table.note(format!("{}: {runs} with {isolation}; {refused}", contender.what));
                }
                return Ok(cells);
            }
            Err(reason) => {
                eprintln!("    {runs}: {reason}");
                refused.get_or_insert(format!("{runs} are too many ({reason})"));
            }
        }
    }
    Err(refused.unwrap_or_default())
}

/// Of bare wasmtime and of threads and processes fewer show what each takes.
fn fewer(bench: &Bench, contender: &Contender) -> u32 {
    if contender.is_durable() { bench.scaled(5_000, 500) } else { bench.scaled(500, 100) }
}

fn held(bench: &Bench, contender: &Contender, runs: u32) -> Result<(Vec<Cell>, String), Reason> {
    let how = How { watched: true, slots: Some(runs.max(256)), cache: None };
    let mut started = contender.start(bench, how)?;
    // Compiles. A few only: what they leave in the heap would be used again, and not be seen.
    started.ask(&Request::Hold { runs: runs.min(10) })?;
    started.ask(&Request::Release)?;
    let pid = started.peer.pid().to_string();
    let (before, own_before) = (started.pss(), own(&pid)?);
    started.ask(&Request::Hold { runs })?;
    let (bytes, own_bytes) = (started.pss().saturating_sub(before), own(&pid)?.saturating_sub(own_before));
    started.ask(&Request::Release)?;
    let each = |bytes: u64| bytes as f64 / 1024.0 / f64::from(runs.max(1));
    let (all, own) = (each(bytes), each(own_bytes));
    let of_guest = |figure: f64| match contender.is_ours() {
        true => Cell::Figure(figure),
        false => Cell::Missing("nothing tells its guest's pages from its own".to_owned()),
    };
    let cells =
        vec![Cell::Figure(f64::from(runs)), Cell::Figure(all), of_guest(own), of_guest((all - own).max(0.0))];
    Ok((cells, started.peer.about.isolation.clone()))
}

/// Bytes that guests wrote themselves.
fn own(pid: &str) -> Result<u64, Reason> {
    let resident = Resident::of(pid).map_err(|error| format!("failed: {error}"))?;
    Ok(resident.memory + resident.stacks)
}
