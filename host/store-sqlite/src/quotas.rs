//! What apps have used of their quotas.

use dormouse_core::ids::AppId;
use dormouse_core::quota::QuotaState;
use rusqlite::{Connection, params};

use crate::errors::Fault;
use crate::rows::{app, collect, from_json, json, text};
use crate::tx::Tx;

/// The queries whose plans are tested.
pub(crate) mod sql {
    pub(crate) const SAVE: &str = "insert into quota (app, body) values (?1, ?2)
        on conflict (app) do update set body = excluded.body";
    pub(crate) const REMOVE: &str = "delete from quota where app = ?1";
    pub(crate) const ALL: &str = "select app, body from quota order by app";
}

pub(crate) fn save(tx: &Tx<'_>, quotas: &[(AppId, QuotaState)]) -> Result<(), Fault> {
    let mut statement = tx.conn.prepare_cached(sql::SAVE)?;
    for (app, state) in quotas {
        statement.execute(params![app.as_str(), json(state)?])?;
    }
    Ok(())
}

pub(crate) fn remove(tx: &Tx<'_>, app: &AppId) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::REMOVE)?.execute([app.as_str()])?;
    Ok(())
}

pub(crate) fn all(conn: &Connection) -> Result<Vec<(AppId, QuotaState)>, Fault> {
    collect(conn.prepare_cached(sql::ALL)?.query([])?, |row| Ok((app(row, 0)?, from_json(text(row, 1)?)?)))
}
