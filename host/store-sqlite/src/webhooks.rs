//! Webhooks, and what they could not deliver.

use dormouse_core::completion::Cursor;
use dormouse_core::webhook::{UNDELIVERED_KEPT_MAX, Undelivered, Webhook};
use rusqlite::{Connection, params};

use crate::errors::Fault;
use crate::journal;
use crate::rows::{collect, from_json, json, limit, signed, text};
use crate::tx::Tx;

/// The queries whose plans are tested.
pub(crate) mod sql {
    pub(crate) const SAVE: &str = "insert into webhook (name, body) values (?1, ?2)
        on conflict (name) do update set body = excluded.body";
    /// What it did not deliver goes with it: a foreign key says so.
    pub(crate) const REMOVE: &str = "delete from webhook where name = ?1";
    pub(crate) const ALL: &str = "select body from webhook order by name";
    /// Writes nothing if the webhook is not there.
    pub(crate) const NOTE: &str = "insert into undelivered (webhook, cursor, body)
        select name, ?2, ?3 from webhook where name = ?1
        on conflict (webhook, cursor) do update set body = excluded.body";
    pub(crate) const TRIM: &str = "delete from undelivered where webhook = ?1 and cursor <=
        (select cursor from undelivered where webhook = ?1 order by cursor desc limit 1 offset ?2)";
    pub(crate) const UNDELIVERED: &str =
        "select body from undelivered where webhook = ?1 order by cursor limit ?2";
    pub(crate) const REMOVE_UNDELIVERED: &str = "delete from undelivered where webhook = ?1 and cursor = ?2";
}

pub(crate) fn save(tx: &Tx<'_>, webhook: &Webhook) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::SAVE)?.execute(params![webhook.name, json(webhook)?])?;
    Ok(())
}

pub(crate) fn remove(tx: &Tx<'_>, name: &str) -> Result<bool, Fault> {
    let was_there = tx.conn.prepare_cached(sql::REMOVE)?.execute([name])? > 0;
    if was_there {
        journal::remove_subscriber(tx, &Webhook::subscriber(name))?;
    }
    Ok(was_there)
}

pub(crate) fn all(conn: &Connection) -> Result<Vec<Webhook>, Fault> {
    collect(conn.prepare_cached(sql::ALL)?.query([])?, |row| from_json(text(row, 0)?))
}

pub(crate) fn note_undelivered(tx: &Tx<'_>, undelivered: &Undelivered) -> Result<(), Fault> {
    let Undelivered { webhook, cursor, .. } = undelivered;
    let values = params![webhook, signed(cursor.0), json(undelivered)?];
    if tx.conn.prepare_cached(sql::NOTE)?.execute(values)? == 0 {
        return Ok(());
    }
    tx.conn.prepare_cached(sql::TRIM)?.execute(params![webhook, limit(UNDELIVERED_KEPT_MAX)])?;
    journal::commit_cursor(tx, &Webhook::subscriber(webhook), *cursor)
}

pub(crate) fn undelivered(conn: &Connection, webhook: &str, count: usize) -> Result<Vec<Undelivered>, Fault> {
    let mut statement = conn.prepare_cached(sql::UNDELIVERED)?;
    collect(statement.query(params![webhook, limit(count)])?, |row| from_json(text(row, 0)?))
}

pub(crate) fn remove_undelivered(tx: &Tx<'_>, webhook: &str, cursor: Cursor) -> Result<bool, Fault> {
    let gone =
        tx.conn.prepare_cached(sql::REMOVE_UNDELIVERED)?.execute(params![webhook, signed(cursor.0)])?;
    Ok(gone > 0)
}
