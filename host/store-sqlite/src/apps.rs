//! Installed apps.

use dormouse_core::Timestamp;
use dormouse_core::app::AppRecord;
use dormouse_core::ids::AppId;
use dormouse_core::store::Removed;
use rusqlite::{Connection, params};

use crate::errors::Fault;
use crate::rows::{collect, from_json, json, registration_id, text};
use crate::tx::Tx;
use crate::{app_states, quotas, registrations, settings};

/// The queries whose plans are tested.
pub(crate) mod sql {
    pub(crate) const SAVE: &str = "insert into app (app, body) values (?1, ?2)
        on conflict (app) do update set body = excluded.body";
    pub(crate) const REMOVE: &str = "delete from app where app = ?1";
    pub(crate) const ALL: &str = "select body from app order by app";
    pub(crate) const REGISTRATIONS: &str =
        "select id from registration indexed by registration_app where app = ?1 order by id";
}

pub(crate) fn save(tx: &Tx<'_>, record: &AppRecord) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::SAVE)?.execute(params![record.app.as_str(), json(record)?])?;
    Ok(())
}

/// Removes the record alone.
pub(crate) fn forget(tx: &Tx<'_>, app: &AppId) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::REMOVE)?.execute([app.as_str()])?;
    Ok(())
}

pub(crate) fn remove(tx: &mut Tx<'_>, app: &AppId, at: Timestamp) -> Result<Removed, Fault> {
    forget(tx, app)?;
    quotas::remove(tx, app)?;
    settings::remove(tx, app)?;
    app_states::remove(tx, app)?;
    let registrations = collect(tx.conn.prepare_cached(sql::REGISTRATIONS)?.query([app.as_str()])?, |row| {
        Ok(registration_id(row.get(0)?))
    })?;
    let mut removed = Removed::default();
    for id in registrations {
        removed.withdrawn.append(&mut registrations::remove(tx, id, at)?.withdrawn);
    }
    Ok(removed)
}

pub(crate) fn all(conn: &Connection) -> Result<Vec<AppRecord>, Fault> {
    collect(conn.prepare_cached(sql::ALL)?.query([])?, |row| from_json(text(row, 0)?))
}
