//! A history that was made, and not lived through.

use std::path::Path;

use anyhow::Context as _;
use dormouse_store_sqlite::SqliteStore;
use rusqlite::{Connection, OptionalExtension as _, params};

/// Between the ends of two runs: ten million are a month's.
const STEP_MICROS: i64 = 250_000;

const NEWEST: &str = "create temp table newest as select * from run order by place desc limit 1";
/// Ids are numbers in sixteen bytes, which come before those that a host makes from now on, as those of a history that was
/// lived through do: a host's begin with the time. New ones are then put behind all others, and not into their middle, where
/// pages are split in halves.
const RUNS: &str = "
    with recursive n (n) as (select 1 union all select n + 1 from n where n < ?1)
    insert into run (place, id, activation, registration, app, attempt, fence, started_at, ended_at, outcome,
        receipt, accepted, coalesced)
    select place + n, unhex(printf('%032x', place + n)), unhex(printf('%032x', place + n)),
        registration, app, 1, 1, started_at - (?1 - n) * ?2, ended_at - (?1 - n) * ?2, outcome, receipt, 1, 1
    from n cross join newest";
const ACTIVATIONS: &str = "
    insert into activation (id, registration, app, key, coalesced, fired_at, not_before, failures,
        interruptions, fence, state, outcome, over_at)
    select activation, registration, app, printf('%016d', place), 1, started_at, 0, 0, 0, 1, 2, outcome, ended_at
    from run where place > ?1
    order by place";

/// Adds `rows` runs that ended as the newest has, with their activations, to a store that is closed. In a way that is
/// fast and not safe.
///
/// # Errors
///
/// There is no run yet.
pub(crate) fn add(directory: &Path, rows: u64) -> anyhow::Result<()> {
    let conn = Connection::open(directory.join(SqliteStore::FILE_NAME))?;
    conn.execute_batch(
        "pragma journal_mode = delete; pragma journal_mode = off; pragma synchronous = off;
         pragma cache_size = -500000; pragma foreign_keys = off; pragma temp_store = file;",
    )?;
    // Apart: what is selected from the table that it is inserted into is written twice.
    conn.execute(NEWEST, [])?;
    let newest: Option<i64> = conn.query_row("select place from newest", [], |row| row.get(0)).optional()?;
    let newest = newest.context("there is no run yet that the others could be like")?;
    conn.execute(RUNS, params![i64::try_from(rows)?, STEP_MICROS])?;
    conn.execute(ACTIVATIONS, [newest])?;
    conn.execute_batch("pragma journal_mode = wal")?;
    Ok(())
}
