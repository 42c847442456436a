//! Settings of apps.

use dormouse_core::AppLimits;
use dormouse_core::ids::AppId;
use dormouse_core::settings::{SettingChange, SettingsError, SettingsSum, incremented};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::errors::Fault;
use crate::rows::{collect, limit, signed, text, unsigned};
use crate::tx::Tx;

/// The queries whose plans are tested.
pub(crate) mod sql {
    pub(crate) const GET: &str = "select value from setting where app = ?1 and name = ?2";
    pub(crate) const LEN: &str = "select length(value) from setting where app = ?1 and name = ?2";
    pub(crate) const NAMES: &str = "select name from setting where app = ?1 order by name limit ?2 offset ?3";
    pub(crate) const SUM: &str = "select count(*), coalesce(sum(octet_length(name) + length(value)), 0)
        from setting where app = ?1";
    pub(crate) const SET: &str = "insert into setting (app, name, value) values (?1, ?2, ?3)
        on conflict (app, name) do update set value = excluded.value";
    pub(crate) const DELETE: &str = "delete from setting where app = ?1 and name = ?2";
    pub(crate) const REMOVE: &str = "delete from setting where app = ?1";
}

fn get(conn: &Connection, app: &AppId, name: &str) -> Result<Option<Vec<u8>>, Fault> {
    let mut statement = conn.prepare_cached(sql::GET)?;
    Ok(statement.query_row([app.as_str(), name], |row| row.get(0)).optional()?)
}

pub(crate) fn values(
    conn: &Connection,
    app: &AppId,
    names: &[String],
) -> Result<Vec<Option<Vec<u8>>>, Fault> {
    names.iter().map(|name| get(conn, app, name)).collect()
}

pub(crate) fn names(conn: &Connection, app: &AppId, skip: u64, count: usize) -> Result<Vec<String>, Fault> {
    let mut statement = conn.prepare_cached(sql::NAMES)?;
    let rows = statement.query(params![app.as_str(), limit(count), signed(skip)])?;
    collect(rows, |row| Ok(text(row, 0)?.to_owned()))
}

pub(crate) fn sum(conn: &Connection, app: &AppId) -> Result<SettingsSum, Fault> {
    let mut statement = conn.prepare_cached(sql::SUM)?;
    let (settings, bytes) = statement.query_row([app.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(SettingsSum { settings: unsigned(settings)?, bytes: unsigned(bytes)? })
}

pub(crate) fn change(
    tx: &mut Tx<'_>,
    app: &AppId,
    changes: &[SettingChange],
    limits: &AppLimits,
) -> Result<Result<(), SettingsError>, Fault> {
    let conn = tx.conn;
    let len_of = |name: &str| -> Result<Option<u64>, Fault> {
        let mut statement = conn.prepare_cached(sql::LEN)?;
        statement.query_row([app.as_str(), name], |row| row.get(0)).optional()?.map(unsigned).transpose()
    };
    let sum = match tx.settings(app)?.after(changes, limits, len_of)? {
        Ok(sum) => sum,
        Err(error) => return Ok(Err(error)),
    };
    for SettingChange { name, value } in changes {
        match value {
            Some(value) => conn.prepare_cached(sql::SET)?.execute(params![app.as_str(), name, value])?,
            None => conn.prepare_cached(sql::DELETE)?.execute([app.as_str(), name])?,
        };
    }
    tx.cache.settings.insert(app.clone(), sum);
    Ok(Ok(()))
}

pub(crate) fn increment(
    tx: &mut Tx<'_>,
    app: &AppId,
    name: &str,
    delta: u64,
    limits: &AppLimits,
) -> Result<Result<u64, SettingsError>, Fault> {
    let number = match incremented(get(tx.conn, app, name)?.as_deref(), delta) {
        Ok(number) => number,
        Err(error) => return Ok(Err(error)),
    };
    let change_to = SettingChange { name: name.to_owned(), value: Some(number.to_string().into_bytes()) };
    Ok(change(tx, app, &[change_to], limits)?.map(|()| number))
}

pub(crate) fn remove(tx: &mut Tx<'_>, app: &AppId) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::REMOVE)?.execute([app.as_str()])?;
    tx.cache.settings.remove(app);
    Ok(())
}
