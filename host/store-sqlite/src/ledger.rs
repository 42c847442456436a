//! Runs and the journal. They are one table: a completion is the run that ended an activation.

use dormouse_core::activation::{ActivationState, After};
use dormouse_core::completion::{Completion, Cursor, RunRecord};
use dormouse_core::ids::ActivationId;
use dormouse_core::store::{Finish, Finished, RunFilter, steps};
use rusqlite::{Connection, params};

use crate::activations::{self, Standing};
use crate::errors::Fault;
use crate::registrations;
use crate::rows::{
    StoredRun, activation_bytes, collect, first, json, limit, registration_bytes, run, run_bytes,
    run_columns, signed, unsigned,
};
use crate::writer::Tx;

/// The queries whose plans are tested.
pub(crate) mod sql {
    use super::run_columns;

    macro_rules! runs {
        ($rest:literal) => {
            concat!("select ", run_columns!(), " from run ", $rest)
        };
    }

    pub(crate) const RUNS: &str = runs!("order by place desc limit ?1");
    pub(crate) const RUNS_OF_REGISTRATION: &str =
        runs!("indexed by run_registration where registration = ?2 order by place desc limit ?1");
    pub(crate) const RUNS_OF_ACTIVATION: &str = runs!(
        "indexed by run_activation where activation = ?3 and (?2 is null or registration = ?2)
         order by place desc limit ?1"
    );
    pub(crate) const FINISHED: &str =
        runs!("indexed by run_activation where activation = ?1 and id = ?2 and fence = ?3");
    pub(crate) const COMPLETIONS: &str =
        runs!("indexed by run_completion where coalesced is not null and place > ?1 order by place limit ?2");
    pub(crate) const COMPLETION: &str = runs!(
        "indexed by run_activation where activation = ?1 and coalesced is not null
         order by place desc limit 1"
    );
    pub(crate) const HEAD: &str =
        "select max(place) from run indexed by run_completion where coalesced is not null";
    pub(crate) const RECORD: &str = "insert into run
        (id, activation, registration, app, attempt, fence, started_at, ended_at, outcome, receipt, accepted,
         coalesced)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
}

fn completion(stored: StoredRun) -> Option<Completion> {
    Some(Completion { cursor: Cursor(stored.place), coalesced: stored.coalesced?, run: stored.run })
}

// ---- writing -----------------------------------------------------------------------------------------

/// Appends a run. `coalesced` if it ended its activation; `accepted` unless its lease was taken away.
pub(crate) fn record(
    tx: &Tx<'_>,
    run: &RunRecord,
    coalesced: Option<u32>,
    accepted: bool,
) -> Result<Cursor, Fault> {
    let place = tx.conn.prepare_cached(sql::RECORD)?.insert(params![
        run_bytes(&run.run),
        activation_bytes(&run.activation),
        registration_bytes(&run.registration),
        run.app.as_str(),
        run.attempt,
        signed(run.fence.0),
        run.started_at.as_micros(),
        run.ended_at.as_micros(),
        json(&run.outcome)?,
        json(&run.receipt)?,
        accepted,
        coalesced,
    ])?;
    Ok(Cursor(unsigned(place)?))
}

pub(crate) fn finish(tx: &mut Tx<'_>, finish: &Finish) -> Result<Finished, Fault> {
    let Finish { run, after } = finish;
    let Some((n, mut activation)) = activations::find_bare(tx.conn, run.activation)? else {
        return Ok(Finished::LeaseLost);
    };
    // Only another attempt needs its registration.
    let registered = *after == After::End || registrations::find(tx.conn, activation.registration)?.is_some();
    let after = steps::after_run(after.clone(), registered);
    let was = Standing::of(&activation.state);
    if activation.complete(run.fence, &run.outcome, &after, run.ended_at).is_err() {
        return finished_before(tx.conn, run);
    }
    activations::step(tx, n, was, &activation)?;
    if activation.state == ActivationState::Pending {
        record(tx, run, None, true)?;
        return Ok(Finished::Pending);
    }
    let coalesced = activation.coalesced;
    let cursor = record(tx, run, Some(coalesced), true)?;
    Ok(Finished::Completed(Completion { cursor, coalesced, run: run.clone() }))
}

/// The answer to a finish whose lease is gone: what it was when it was accepted, if it was.
fn finished_before(conn: &Connection, ended: &RunRecord) -> Result<Finished, Fault> {
    let mut statement = conn.prepare_cached(sql::FINISHED)?;
    let held = params![activation_bytes(&ended.activation), run_bytes(&ended.run), signed(ended.fence.0)];
    Ok(match first(statement.query(held)?, run)? {
        Some(stored) if stored.accepted => completion(stored).map_or(Finished::Pending, Finished::Completed),
        _ => Finished::LeaseLost,
    })
}

pub(crate) fn commit_cursor(tx: &Tx<'_>, subscriber: &str, cursor: Cursor) -> Result<(), Fault> {
    let sql = "insert into subscriber (name, cursor) values (?1, ?2)
               on conflict (name) do update set cursor = max(cursor, excluded.cursor)";
    tx.conn.prepare_cached(sql)?.execute(params![subscriber, signed(cursor.0)])?;
    Ok(())
}

// ---- reading -----------------------------------------------------------------------------------------

pub(crate) fn runs(conn: &Connection, filter: RunFilter, count: usize) -> Result<Vec<RunRecord>, Fault> {
    let RunFilter { registration, activation } = filter;
    let registration = registration.as_ref().map(registration_bytes);
    let count = limit(count);
    let only = |stored: StoredRun| stored.run;
    match (&activation, registration) {
        (Some(id), _) => {
            let mut statement = conn.prepare_cached(sql::RUNS_OF_ACTIVATION)?;
            collect(statement.query(params![count, registration, activation_bytes(id)])?, |row| {
                run(row).map(only)
            })
        }
        (None, Some(id)) => {
            let mut statement = conn.prepare_cached(sql::RUNS_OF_REGISTRATION)?;
            collect(statement.query(params![count, id])?, |row| run(row).map(only))
        }
        (None, None) => {
            let mut statement = conn.prepare_cached(sql::RUNS)?;
            collect(statement.query([count])?, |row| run(row).map(only))
        }
    }
}

pub(crate) fn completions(conn: &Connection, after: Cursor, count: usize) -> Result<Vec<Completion>, Fault> {
    let mut statement = conn.prepare_cached(sql::COMPLETIONS)?;
    let found = collect(statement.query([signed(after.0), limit(count)])?, run)?;
    Ok(found.into_iter().filter_map(completion).collect())
}

pub(crate) fn find(conn: &Connection, id: ActivationId) -> Result<Option<Completion>, Fault> {
    let mut statement = conn.prepare_cached(sql::COMPLETION)?;
    Ok(first(statement.query([activation_bytes(&id)])?, run)?.and_then(completion))
}

pub(crate) fn head(conn: &Connection) -> Result<Cursor, Fault> {
    let head: Option<i64> = conn.prepare_cached(sql::HEAD)?.query_row([], |row| row.get(0))?;
    Ok(Cursor(unsigned(head.unwrap_or(0))?))
}

pub(crate) fn cursor(conn: &Connection, subscriber: &str) -> Result<Option<Cursor>, Fault> {
    let mut statement = conn.prepare_cached("select cursor from subscriber where name = ?1")?;
    first(statement.query([subscriber])?, |row| Ok(Cursor(unsigned(row.get(0)?)?)))
}
