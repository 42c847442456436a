//! What a whole run costs, from the request to the end that somebody waited for.

use peer_protocol::Task;

use super::{everybody, seated};
use crate::Bench;
use crate::child::Reason;
use crate::contenders::PLAIN;
use crate::report::{Cell, Table};
use crate::rounds::{Rounds, in_turns};

pub(crate) const NAME: &str = "run";

/// What a run does, with how many clients its CPU time is taken, and how it is told.
const TASKS: [(Task, u32, f64); 3] = [(Task::Noop, 16, 1.0), (Task::Json, 2, 1.0), (Task::Thumbnail, 2, 1e3)];

const COLUMNS: [&str; 9] = [
    "noop CPU µs",
    "noop × bare",
    "noop wall µs",
    "json CPU µs",
    "json × bare",
    "json wall µs",
    "thumbnail CPU ms",
    "thumbnail × bare",
    "thumbnail wall ms",
];

pub(crate) fn measure(bench: &Bench) -> Table {
    let (contenders, mut seats) = seated(bench, PLAIN, everybody);
    let bare = contenders.iter().position(|contender| contender.name == "bare");
    let mut cells: Vec<Vec<Cell>> = vec![Vec::new(); contenders.len()];
    for (task, clients, unit) in TASKS {
        let busy = in_turns(bench, &mut seats, task, clients);
        let alone = in_turns(bench, &mut seats, task, 1);
        let base = bare.and_then(|bare| busy.get(bare)?.clone().ok());
        for ((row, busy), alone) in cells.iter_mut().zip(busy).zip(alone) {
            let ratio = busy.clone().and_then(|rounds| rounds.ratio(base.as_ref().ok_or_else(no_base)?));
            row.push(busy.and_then(|rounds| Ok(rounds.cpu()? / unit)).into());
            row.push(ratio.into());
            row.push(alone.and_then(|rounds: Rounds| Ok(rounds.wall()? / unit)).into());
        }
    }
    let mut table = Table::new(COLUMNS);
    for (contender, cells) in contenders.iter().zip(cells) {
        table.row(contender, Ok(cells));
    }
    table.note("CPU time is that of all processes and threads for one run, that of a server among it; 16 clients that wait for each run (2 where the task computes). The wall is one client's.");
    table.note("What is not a sandbox does the same work as native code, or as JavaScript.");
    table
}

fn no_base() -> Reason {
    "bare wasmtime was not measured".to_owned()
}
