//! Durable runs a second, by the clock on the wall.

use peer_protocol::Task;

use super::seated;
use crate::Bench;
use crate::contenders::{Contender, PLAIN};
use crate::report::{Cell, Table};
use crate::rounds::in_turns;

pub(crate) const NAME: &str = "throughput";

const CLIENTS: [u32; 3] = [1, 16, 256];
const COLUMNS: [&str; 6] = [
    "1 client /s",
    "1 client CPU µs",
    "16 clients /s",
    "16 clients CPU µs",
    "256 clients /s",
    "256 clients CPU µs",
];

pub(crate) fn measure(bench: &Bench) -> Table {
    let (contenders, mut seats) = seated(bench, PLAIN, Contender::is_durable);
    let mut cells: Vec<Vec<Cell>> = vec![Vec::new(); contenders.len()];
    for clients in CLIENTS {
        let rounds = in_turns(bench, &mut seats, Task::Noop, clients);
        for (row, rounds) in cells.iter_mut().zip(rounds) {
            row.push(rounds.clone().and_then(|rounds| rounds.rate()).into());
            row.push(rounds.and_then(|rounds| rounds.cpu()).into());
        }
    }
    let mut table = Table::new(COLUMNS);
    for (contender, cells) in contenders.iter().zip(cells) {
        table.row(contender, Ok(cells));
    }
    for (contender, seat) in contenders.iter().zip(&seats) {
        if let Ok(started) = seat {
            let about = &started.peer.about;
            table.note(format!(
                "{}: {} {}; {}; {}",
                contender.what, about.peer, about.version, about.isolation, about.durability
            ));
        }
    }
    table
}
