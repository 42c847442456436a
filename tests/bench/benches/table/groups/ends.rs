//! How soon a run ends that somebody wants to end.

use peer_protocol::{Figures, Request};

use super::{hosts, one_by_one};
use crate::Bench;
use crate::child::Reason;
use crate::contenders::{Started, WATCHED};
use crate::figures::{micros, per_mille};
use crate::report::{Cell, Table};

pub(crate) const NAME: &str = "ends";

const COLUMNS: [&str; 4] = ["kill p50 µs", "kill p99 µs", "cancel p50 µs", "cancel p99 µs"];

pub(crate) fn measure(bench: &Bench) -> Table {
    let samples = bench.scaled(300, 20);
    let mut table = one_by_one(bench, &COLUMNS, WATCHED, hosts, |_, started| Ok(ends(started, samples)));
    table.note(format!(
        "{samples} times each. Kill: of a task that computes and listens to nobody, from the call to its end. Cancel: of one that listens, from the call to its hearing of it."
    ));
    table
}

fn ends(started: &mut Started, samples: u32) -> Vec<Cell> {
    let kills = started.ask(&Request::Kill { samples });
    let cancels = started.ask(&Request::Cancel { samples });
    [kills, cancels].map(cells).concat()
}

fn cells(answer: Result<Figures, Reason>) -> Vec<Cell> {
    match answer {
        Ok(figures) => {
            let all = micros(&figures.latencies_ns);
            [500, 990].map(|place| Cell::from(per_mille(&all, place))).to_vec()
        }
        Err(reason) => vec![Cell::Missing(reason); 2],
    }
}
