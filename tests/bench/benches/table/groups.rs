//! The groups of figures, each a table.

mod ends;
mod growth;
mod held;
mod idle;
mod isolated;
mod latency;
mod start;
mod throughput;
mod timers;

use peer_protocol::Request;
use tempfile::TempDir;

use crate::Bench;
use crate::child::Reason;
use crate::contenders::{Contender, How, Started};
use crate::report::{Cell, Table};
use crate::rounds::Seat;
use crate::servers::mode;

pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) measure: fn(&Bench) -> Table,
}

/// In the order in which they are measured.
pub(crate) const GROUPS: &[Group] = &[
    Group { name: isolated::NAME, title: "A whole run", measure: isolated::measure },
    Group { name: latency::NAME, title: "From trigger to the guest's first call", measure: latency::measure },
    Group { name: throughput::NAME, title: "Durable runs a second", measure: throughput::measure },
    Group { name: held::NAME, title: "Runs held at once", measure: held::measure },
    Group { name: timers::NAME, title: "Timers", measure: timers::measure },
    Group { name: idle::NAME, title: "Idle, with registrations", measure: idle::measure },
    Group {
        name: start::NAME,
        title: "From the start of the process, compiled before",
        measure: start::measure,
    },
    Group { name: ends::NAME, title: "Kill and cancel", measure: ends::measure },
    Group {
        name: growth::REGISTRATIONS,
        title: "Growth with registrations",
        measure: growth::with_registrations,
    },
    Group { name: growth::HISTORY, title: "Growth with history", measure: growth::with_history },
];

/// A table of what is measured of one after the other.
fn one_by_one(
    bench: &Bench,
    columns: &[&str],
    how: How<'_>,
    takes_part: impl Fn(&Contender) -> bool,
    measure: impl Fn(&Contender, &mut Started) -> Result<Vec<Cell>, Reason>,
) -> Table {
    let mut table = Table::new(columns.iter().copied());
    for contender in bench.contenders.iter().filter(|contender| takes_part(contender)) {
        eprintln!("  {}", contender.name);
        let cells = contender.start(bench, how).and_then(|mut started| measure(contender, &mut started));
        table.row(contender, cells);
    }
    table
}

/// Those who take part, started, for what is measured in turns.
fn seated(
    bench: &Bench,
    how: How<'_>,
    takes_part: impl Fn(&Contender) -> bool,
) -> (Vec<Contender>, Vec<Seat>) {
    let contenders: Vec<Contender> =
        bench.contenders.iter().filter(|contender| takes_part(contender)).copied().collect();
    let seats = contenders.iter().map(|contender| contender.start(bench, how)).collect();
    (contenders, seats)
}

/// A folder for what is compiled.
fn cache() -> Result<TempDir, Reason> {
    let cache = tempfile::tempdir().map_err(|error| format!("there is no room: {error}"))?;
    // What is run out of it is to be nobody else's.
    mode(cache.path(), 0o700)?;
    Ok(cache)
}

/// So many registrations more, of which none comes due.
const fn registered(far: u64) -> Request {
    Request::Timers { far, due: 0, lead_ms: 0, span_ms: 0 }
}

fn everybody(_: &Contender) -> bool {
    true
}

/// All but what an app's instance has no figure of its own for.
fn hosts(contender: &Contender) -> bool {
    contender.name != "prelaunched"
}
