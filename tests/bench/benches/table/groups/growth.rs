//! Whether a run costs more where there is more beside it.

use peer_protocol::{Request, Task};

use super::{cache, registered};
use crate::Bench;
use crate::child::Reason;
use crate::contenders::{Contender, How, PLAIN, Started};
use crate::report::{Cell, Table};
use crate::rounds::in_turns;

pub(crate) const REGISTRATIONS: &str = "growth-registrations";
pub(crate) const HISTORY: &str = "growth-history";

const COLUMNS: [&str; 6] =
    ["with", "CPU µs, few", "CPU µs, many", "CPU ratio", "RSS MiB, few", "RSS MiB, many"];

/// Clients of the runs that are compared.
const CLIENTS: u32 = 16;

pub(crate) fn with_registrations(bench: &Bench) -> Table {
    let many = bench.scaled(100_000, 5_000);
    let mut table = grown(bench, Life::SameProcess, |_| (Some(registered(10)), registered(many), many));
    table.note(format!(
        "Two processes of each contender take turns, one with 10 registrations that are not due, and one with {many}."
    ));
    table
}

pub(crate) fn with_history(bench: &Bench) -> Table {
    let rows = |contender: &Contender| match contender.is_ours() {
        true => bench.scaled(10_000_000, 100_000),
        // Of others that keep it in memory, or index it as they go, a tenth shows it.
        false => bench.scaled(1_000_000, 20_000),
    };
    let mut table = grown(bench, Life::Another, |contender| {
        let rows = rows(contender);
        (None, Request::History { rows }, rows)
    });
    table.note("Two processes of each contender take turns, one with what its own runs left, and one with so many more that are over. Both were started again on that, so that nothing is left of the making of it.");
    table
}

/// Whether who was asked for more is compared as it is then, or as it is in its next life.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    SameProcess,
    Another,
}

/// Compares two of each contender. `what` says what is asked of the one, what of the other, and how many that is.
fn grown(bench: &Bench, life: Life, what: impl Fn(&Contender) -> (Option<Request>, Request, u64)) -> Table {
    let mut table = Table::new(COLUMNS);
    for contender in bench.contenders.iter().filter(|contender| grows(contender)) {
        eprintln!("  {}", contender.name);
        let (few, many, count) = what(contender);
        table.row(contender, compared(bench, contender, life, [few.as_ref(), Some(&many)], count));
    }
    table
}

/// All that keep something; each once, however surely what it keeps is on the disk.
fn grows(contender: &Contender) -> bool {
    let again = ["prelaunched", "sqlite-normal", "apalis-normal", "bullmq-everysec"];
    !again.contains(&contender.name)
}

fn compared(
    bench: &Bench,
    contender: &Contender,
    life: Life,
    [few, many]: [Option<&Request>; 2],
    count: u64,
) -> Result<Vec<Cell>, Reason> {
    let cache = cache()?;
    // Who is started again compiles nothing; who is not compiles, as the other one does.
    let how = match life {
        Life::SameProcess => PLAIN,
        Life::Another => How { cache: Some(cache.path()), ..PLAIN },
    };
    let seat = |request: Option<&Request>| -> Result<Started, Reason> {
        let mut started = contender.start(bench, how)?;
        started.ask(&Request::Run { task: Task::Noop, runs: 1, concurrency: 1 })?;
        if let Some(request) = request {
            started.ask(request)?;
        }
        match life {
            Life::SameProcess => Ok(started),
            Life::Another => contender.start_again(bench, how, started),
        }
    };
    // The larger one first: who has nothing of the kind says so there.
    let many = seat(many)?;
    let mut seats = [Ok(seat(few)?), Ok(many)];
    let [few, many]: [_; 2] = in_turns(bench, &mut seats, Task::Noop, CLIENTS)
        .try_into()
        .map_err(|_| "two were asked".to_owned())?;
    let (few, many) = (few?, many?);
    let resident = |seat: &Result<Started, Reason>| match seat {
        Ok(started) => Cell::Figure(started.rss() as f64 / f64::from(1 << 20)),
        Err(reason) => Cell::Missing(reason.clone()),
    };
    let [small, large] = [resident(&seats[0]), resident(&seats[1])];
    Ok(vec![
        Cell::Figure(count as f64),
        few.cpu().into(),
        many.cpu().into(),
        many.ratio(&few).into(),
        small,
        large,
    ])
}
