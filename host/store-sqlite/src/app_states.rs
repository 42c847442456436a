//! What apps were.

use dormouse_core::app::previous::AppStateRecord;
use dormouse_core::ids::AppId;
use rusqlite::{Connection, params};

use crate::errors::Fault;
use crate::rows::{first, from_json, json, text};
use crate::tx::Tx;

/// The queries whose plans are tested.
pub(crate) mod sql {
    pub(crate) const PUT: &str = "insert into app_state (app, body) values (?1, ?2)
        on conflict (app) do update set body = excluded.body";
    pub(crate) const REMOVE: &str = "delete from app_state where app = ?1";
    pub(crate) const GET: &str = "select body from app_state where app = ?1";
}

pub(crate) fn put(tx: &Tx<'_>, record: &AppStateRecord) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::PUT)?.execute(params![record.app.as_str(), json(record)?])?;
    Ok(())
}

pub(crate) fn remove(tx: &Tx<'_>, app: &AppId) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::REMOVE)?.execute([app.as_str()])?;
    Ok(())
}

pub(crate) fn get(conn: &Connection, app: &AppId) -> Result<Option<AppStateRecord>, Fault> {
    first(conn.prepare_cached(sql::GET)?.query([app.as_str()])?, |row| from_json(text(row, 0)?))
}
