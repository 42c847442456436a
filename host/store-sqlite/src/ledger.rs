//! Runs are written down as they end. They and the journal are one table: a completion is the run that ended an
//! activation.

use std::sync::Arc;

use dormouse_core::activation::{ActivationState, After};
use dormouse_core::completion::{Completion, Cursor, RunOutput, RunRecord};
use dormouse_core::store::{Finish, Finished, steps};
use rusqlite::{Connection, params};

use crate::activations::{self, Standing};
use crate::dead_letters;
use crate::errors::Fault;
use crate::rows::{
    StoredRun, activation_bytes, first, json, registration_bytes, run, run_bytes, signed, unsigned,
};
use crate::tx::Tx;

/// The queries whose plans are tested.
pub(crate) mod sql {
    use crate::rows::runs;

    pub(crate) const FINISHED: &str =
        runs!("indexed by run_activation where r.activation = ?1 and r.id = ?2 and r.fence = ?3");
    /// Of what was let go of, only the row in `pruned` knows.
    pub(crate) const LAST_PLACE: &str =
        "select max(last_place, coalesce((select max(place) from run), 0)) from pruned";
    pub(crate) const RECORD: &str = "insert into run
        (place, id, activation, registration, app, attempt, fence, started_at, ended_at, outcome, receipt,
         accepted, coalesced)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    pub(crate) const KEEP_OUTPUT: &str = "insert into output (place, stdout, stderr) values (?1, ?2, ?3)";
}

/// Appends a run. `coalesced` if it ended its activation; `accepted` unless its lease was taken away.
pub(crate) fn record(
    tx: &mut Tx<'_>,
    run: &RunRecord,
    coalesced: Option<u32>,
    accepted: bool,
) -> Result<i64, Fault> {
    let place = tx.next_place()?;
    tx.conn.prepare_cached(sql::RECORD)?.insert(params![
        place,
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
    Ok(place)
}

pub(crate) fn finish(tx: &mut Tx<'_>, finish: &Finish) -> Result<Finished, Fault> {
    let Finish { run, after, output } = finish;
    let Some((n, mut activation)) = activations::take_running(tx, run.activation)? else {
        return Ok(Finished::LeaseLost);
    };
    // Success needs no registration: the one who asks pays nothing for those who fail.
    let registered =
        (*after == After::End && !run.outcome.is_failure()) || tx.status(activation.registration)?.is_some();
    let after = steps::after_run(after.clone(), registered);
    let was = Standing::of(&activation.state);
    if activation.complete(run.fence, &run.outcome, &after, run.ended_at).is_err() {
        return finished_before(tx.conn, run);
    }
    activations::step(tx, n, was, &activation)?;
    if steps::died_at(&activation, registered).is_some() {
        dead_letters::list(tx, n)?;
    }
    let goes_on = activation.state == ActivationState::Pending;
    let place = record(tx, run, (!goes_on).then_some(activation.coalesced), true)?;
    if let Some(RunOutput { stdout, stderr }) = output.as_deref().filter(|output| !output.is_empty()) {
        tx.conn.prepare_cached(sql::KEEP_OUTPUT)?.execute(params![place, stdout, stderr])?;
    }
    if goes_on {
        return Ok(Finished::Pending);
    }
    let cursor = Cursor(unsigned(place)?);
    Ok(Finished::Completed(Completion { cursor, coalesced: activation.coalesced, run: Arc::clone(run) }))
}

/// The answer to a finish whose lease is gone: what it was when it was accepted, if it was.
fn finished_before(conn: &Connection, ended: &RunRecord) -> Result<Finished, Fault> {
    let mut statement = conn.prepare_cached(sql::FINISHED)?;
    let held = params![activation_bytes(&ended.activation), run_bytes(&ended.run), signed(ended.fence.0)];
    Ok(match first(statement.query(held)?, run)? {
        Some(stored) if stored.accepted => {
            StoredRun::completion(stored).map_or(Finished::Pending, Finished::Completed)
        }
        _ => Finished::LeaseLost,
    })
}

/// The place of the newest run, kept or not; 0 before the first.
pub(crate) fn last_place(conn: &Connection) -> Result<i64, Fault> {
    Ok(conn.prepare_cached(sql::LAST_PLACE)?.query_row([], |row| row.get(0))?)
}
