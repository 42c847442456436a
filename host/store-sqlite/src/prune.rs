//! What is over and old is let go of, in small steps.
//!
//! A step is chosen on a reading connection and taken on the writing one. To choose may mean to pass by much that
//! stays, because a subscriber that is away has not read it; the writer has no time for that. It looks at each
//! row again before it deletes it, since things may have changed meanwhile.

use dormouse_core::Timestamp;
use dormouse_core::completion::Cursor;
use dormouse_core::ids::ActivationId;
use dormouse_core::store::{Prune, Pruned, RunPlace};
use rusqlite::{Connection, params};

use crate::errors::Fault;
use crate::ledger;
use crate::rows::{activation_bytes, activation_id, collect, first, limit, signed, unsigned};
use crate::runs::{KINDS, SUCCEEDED};
use crate::tx::Tx;

/// The queries whose plans are tested, with [`by_end`](super::by_end).
pub(crate) mod sql {
    /// Places have no gaps but those of what was let go of.
    pub(crate) const PRUNED: &str = "select runs from pruned";
    pub(crate) const READ: &str = "select min(cursor) from subscriber";
    /// Runs that ended no activation, the one that ended first at the beginning.
    pub(crate) const ATTEMPTS: &str = "select ended_at, place from run indexed by run_attempt
        where coalesced is null order by ended_at, place";
    /// Of no rows: the activation was let go of.
    pub(crate) const IS_OVER: &str = "select state in (2, 3) from activation where id = ?1";
    pub(crate) const IS_DEAD: &str = "select dead from activation where id = ?1";
    pub(crate) const WITHDRAWN: &str = "select n from activation indexed by activation_withdrawn
        where state = 3 and over_at < ?1 order by over_at, id limit ?2";
    pub(crate) const RUN: &str = "select activation, ended_at, coalesced is null from run where place = ?1";
    pub(crate) const DELETE_RUN: &str = "delete from run where place = ?1";
    pub(crate) const DELETE_ACTIVATION: &str = "delete from activation where id = ?1";
    pub(crate) const DELETE_WITHDRAWN: &str = "delete from activation where n = ?1 and state = 3";
    pub(crate) const NOTE: &str = "update pruned
        set runs = runs + ?1, last_place = max(last_place, ?2), floor = max(floor, ?3)";
}

/// The query of all runs, the one that ended first at the beginning, merged from the pieces of an index.
pub(crate) fn by_end() -> String {
    let piece =
        |kind| format!("select ended_at, place, kind from run indexed by run_ended where kind = {kind}");
    let pieces: Vec<_> = (0..KINDS).map(piece).collect();
    format!("{} order by ended_at, place", pieces.join(" union all "))
}

/// A step that may be taken.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// Places of runs.
    runs: Vec<i64>,
    /// Row numbers of activations that were withdrawn.
    withdrawn: Vec<i64>,
    /// There may be more after it.
    more: bool,
}

impl Step {
    /// What is there to do, if there is anything.
    pub(crate) fn some(self) -> Option<Self> {
        (self.more || !self.runs.is_empty() || !self.withdrawn.is_empty()).then_some(self)
    }
}

/// Until where everybody has read; none if nobody reads.
fn read(conn: &Connection) -> Result<Option<Cursor>, Fault> {
    let read: Option<i64> = conn.prepare_cached(sql::READ)?.query_row([], |row| row.get(0))?;
    read.map(|read| Ok(Cursor(unsigned(read)?))).transpose()
}

fn place_of(place: i64, ended_at: i64) -> Result<RunPlace, Fault> {
    Ok(RunPlace { ended_at: Timestamp::from_micros(ended_at), place: Cursor(unsigned(place)?) })
}

/// Whether all who read have read it, or it has been kept for them long enough.
fn is_read(place: RunPlace, read: Option<Cursor>, ask: &Prune) -> bool {
    read.is_none_or(|read| place.place <= read) || ask.is_waited_for_no_more(place)
}

/// Whether it is a dead letter. Of no rows: the activation was let go of.
fn is_dead(conn: &Connection, id: ActivationId) -> Result<bool, Fault> {
    let mut statement = conn.prepare_cached(sql::IS_DEAD)?;
    Ok(first(statement.query([activation_bytes(&id)])?, |row| Ok(row.get(0)?))?.unwrap_or(false))
}

fn is_over(conn: &Connection, id: ActivationId) -> Result<bool, Fault> {
    let mut statement = conn.prepare_cached(sql::IS_OVER)?;
    Ok(first(statement.query([activation_bytes(&id)])?, |row| Ok(row.get(0)?))?.unwrap_or(true))
}

fn run(conn: &Connection, place: i64) -> Result<Option<(ActivationId, i64, bool)>, Fault> {
    first(conn.prepare_cached(sql::RUN)?.query([place])?, |row| {
        Ok((activation_id(row.get(0)?), row.get(1)?, row.get(2)?))
    })
}

/// Chooses what to let go of.
pub(crate) fn choose(conn: &Connection, ask: &Prune) -> Result<Step, Fault> {
    let gone: i64 = conn.prepare_cached(sql::PRUNED)?.query_row([], |row| row.get(0))?;
    let excess = unsigned(ledger::last_place(conn)? - gone)?.saturating_sub(ask.keep_runs);
    let read = read(conn)?;
    let mut attempts = conn.prepare_cached(sql::ATTEMPTS)?;
    let mut attempts = attempts.query([])?;
    let mut attempt: Option<(i64, i64)> = None;
    let mut all = conn.prepare_cached(&by_end())?;
    let mut all = all.query([])?;
    let mut runs = vec![];
    let mut passed = 0;
    while let Some(row) = all.next()? {
        let (ended_at, place, kind): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let too_many = passed < excess;
        if (!too_many && ended_at >= ask.ended_before.as_micros()) || runs.len() > ask.limit {
            break;
        }
        passed += 1;
        let at = place_of(place, ended_at)?;
        let is_asked = too_many || ask.is_old(at);
        // Both are in the same order: each run is found among the attempts, or is none, without a look at its row.
        while attempt.is_none_or(|attempt| attempt < (ended_at, place)) {
            let next = attempts.next()?.map(|row| Ok::<_, Fault>((row.get(0)?, row.get(1)?))).transpose()?;
            attempt = Some(next.unwrap_or((i64::MAX, i64::MAX)));
        }
        let may_go = |check: fn(&Connection, ActivationId) -> Result<bool, Fault>| {
            run(conn, place)?.map_or(Ok(false), |(activation, ..)| check(conn, activation))
        };
        let may_go = if !is_asked {
            false
        } else if attempt == Some((ended_at, place)) {
            may_go(is_over)?
        } else if kind == SUCCEEDED || ask.is_old(at) {
            is_read(at, read, ask)
        } else {
            is_read(at, read, ask) && may_go(|conn, id| Ok(!is_dead(conn, id)?))?
        };
        if may_go {
            runs.push(place);
        }
    }
    let old = params![ask.withdrawn_before.as_micros(), limit(ask.limit.saturating_add(1))];
    let mut withdrawn =
        collect(conn.prepare_cached(sql::WITHDRAWN)?.query(old)?, |row| Ok(row.get::<_, i64>(0)?))?;
    let more = runs.len().saturating_add(withdrawn.len()) > ask.limit;
    runs.truncate(ask.limit);
    withdrawn.truncate(ask.limit.saturating_sub(runs.len()));
    Ok(Step { runs, withdrawn, more })
}

/// Lets go of what was chosen, as far as it still may go.
pub(crate) fn take(tx: &mut Tx<'_>, ask: &Prune, step: &Step) -> Result<Pruned, Fault> {
    let mut pruned = Pruned { more: step.more, ..Pruned::default() };
    let read = read(tx.conn)?;
    let (mut last, mut floor) = (0, 0);
    for &place in &step.runs {
        let Some((activation, ended_at, is_attempt)) = run(tx.conn, place)? else { continue };
        let at = place_of(place, ended_at)?;
        let may_go = if is_attempt {
            is_over(tx.conn, activation)?
        } else {
            is_read(at, read, ask) && (ask.is_old(at) || !is_dead(tx.conn, activation)?)
        };
        if !may_go {
            continue;
        }
        tx.conn.prepare_cached(sql::DELETE_RUN)?.execute([place])?;
        pruned.runs += 1;
        last = place.max(last);
        if !is_attempt {
            // Its keys and what came with it go with it: foreign keys say so.
            let gone =
                tx.conn.prepare_cached(sql::DELETE_ACTIVATION)?.execute([activation_bytes(&activation)])?;
            pruned.activations += gone as u64;
            floor = place.max(floor);
        }
    }
    for n in &step.withdrawn {
        pruned.activations += tx.conn.prepare_cached(sql::DELETE_WITHDRAWN)?.execute([n])? as u64;
    }
    if pruned.runs > 0 {
        tx.conn.prepare_cached(sql::NOTE)?.execute(params![signed(pruned.runs), last, floor])?;
    }
    Ok(pruned)
}

#[cfg(test)]
mod tests {
    use dormouse_core::completion::Cursor;
    use dormouse_core::store::exercise::fixture::{
        QUEUE, ask, at, claim, firing, prune_all, record, succeeded,
    };
    use dormouse_core::store::{Enqueue, Enqueued};

    use super::*;
    use crate::tx::Cache;
    use crate::{enqueue, journal, registrations, schema};

    #[test]
    fn what_somebody_came_to_read_meanwhile_is_kept() {
        let mut conn = Connection::open_in_memory().expect("memory");
        schema::migrate(&mut conn).expect("the schema is valid");
        let mut tx = Tx { conn: &conn, cache: &mut Cache::default() };
        registrations::save(&mut tx, &record(1)).expect("it works");
        let firing = Enqueue { claim: Some(claim(1, 1)), ..ask(firing(1, 1, 1), QUEUE) };
        let Enqueued::Claimed(lease) = enqueue::enqueue(&mut tx, &firing).expect("it works") else {
            panic!("nothing waits, so it is claimed")
        };
        ledger::finish(&mut tx, &succeeded(&lease)).expect("it works");

        let all = Prune { unread_before: at(0), ..prune_all(at(9), 9) };
        let chosen = choose(&conn, &all).expect("it works");
        assert_eq!(chosen.runs, [1]);
        journal::commit_cursor(&tx, "late", Cursor(0)).expect("it works");
        assert_eq!(take(&mut tx, &all, &chosen).expect("it works"), Pruned::default());
        journal::commit_cursor(&tx, "late", Cursor(1)).expect("it works");
        let taken = take(&mut tx, &all, &chosen).expect("it works");
        assert_eq!(taken, Pruned { runs: 1, activations: 1, more: false });
        assert_eq!(take(&mut tx, &all, &chosen).expect("it works"), Pruned::default(), "it is gone");
    }
}
