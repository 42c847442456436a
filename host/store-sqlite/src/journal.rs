//! Completions, and how far they were read.

use dormouse_core::completion::{Completion, Cursor, Subscriber};
use dormouse_core::ids::ActivationId;
use rusqlite::{Connection, params};

use crate::errors::Fault;
use crate::rows::{StoredRun, activation_bytes, collect, first, limit, run, signed, unsigned};
use crate::tx::Tx;

/// The queries whose plans are tested.
pub(crate) mod sql {
    use crate::rows::runs;

    pub(crate) const COMPLETIONS: &str =
        runs!("where r.place > ?1 and r.coalesced is not null order by r.place limit ?2");
    pub(crate) const COMPLETION: &str = runs!(
        "indexed by run_activation where r.activation = ?1 and r.coalesced is not null
         order by r.place desc limit 1"
    );
    pub(crate) const NEWEST: &str =
        "select place from run where coalesced is not null order by place desc limit 1";
    pub(crate) const FLOOR: &str = "select floor from pruned";
    pub(crate) const CURSOR: &str = "select cursor from subscriber where name = ?1";
    pub(crate) const COMMIT: &str = "insert into subscriber (name, cursor) values (?1, ?2)
        on conflict (name) do update set cursor = max(cursor, excluded.cursor)";
    pub(crate) const SUBSCRIBERS: &str = "select name, cursor from subscriber order by name";
    pub(crate) const FORGET: &str = "delete from subscriber where name = ?1";
}

pub(crate) fn completions(conn: &Connection, after: Cursor, count: usize) -> Result<Vec<Completion>, Fault> {
    let mut statement = conn.prepare_cached(sql::COMPLETIONS)?;
    let found = collect(statement.query([signed(after.0), limit(count)])?, run)?;
    Ok(found.into_iter().filter_map(StoredRun::completion).collect())
}

pub(crate) fn find(conn: &Connection, id: ActivationId) -> Result<Option<Completion>, Fault> {
    let mut statement = conn.prepare_cached(sql::COMPLETION)?;
    Ok(first(statement.query([activation_bytes(&id)])?, run)?.and_then(StoredRun::completion))
}

pub(crate) fn head(conn: &Connection) -> Result<Cursor, Fault> {
    let newest = first(conn.prepare_cached(sql::NEWEST)?.query([])?, |row| unsigned(row.get(0)?))?;
    // The newest of all may have been let go of.
    Ok(Cursor(newest.unwrap_or(0)).max(floor(conn)?))
}

pub(crate) fn floor(conn: &Connection) -> Result<Cursor, Fault> {
    let floor = conn.prepare_cached(sql::FLOOR)?.query_row([], |row| row.get(0))?;
    Ok(Cursor(unsigned(floor)?))
}

// ---- subscribers -------------------------------------------------------------------------------------

pub(crate) fn cursor(conn: &Connection, subscriber: &str) -> Result<Option<Cursor>, Fault> {
    let mut statement = conn.prepare_cached(sql::CURSOR)?;
    first(statement.query([subscriber])?, |row| Ok(Cursor(unsigned(row.get(0)?)?)))
}

pub(crate) fn commit_cursor(tx: &Tx<'_>, subscriber: &str, cursor: Cursor) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::COMMIT)?.execute(params![subscriber, signed(cursor.0)])?;
    Ok(())
}

pub(crate) fn subscribers(conn: &Connection) -> Result<Vec<Subscriber>, Fault> {
    collect(conn.prepare_cached(sql::SUBSCRIBERS)?.query([])?, |row| {
        Ok(Subscriber { name: row.get(0)?, cursor: Cursor(unsigned(row.get(1)?)?) })
    })
}

pub(crate) fn remove_subscriber(tx: &Tx<'_>, name: &str) -> Result<bool, Fault> {
    Ok(tx.conn.prepare_cached(sql::FORGET)?.execute([name])? > 0)
}
