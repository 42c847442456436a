//! Registrations.

use dormouse_core::Timestamp;
use dormouse_core::ids::RegistrationId;
use dormouse_core::registration::{RegistrationRecord, RegistrationStatus};
use dormouse_core::store::Removed;
use rusqlite::{Connection, params};

use crate::errors::Fault;
use crate::rows::{collect, first, from_json, json, moment, registration_bytes, text};
use crate::tx::Tx;
use crate::{activations, dead_letters};

/// The queries whose plans are tested.
pub(crate) mod sql {
    pub(crate) const SAVE: &str = "insert into registration (id, app, spent, watermark, body, crashes)
        values (?1, ?2, ?3, ?4, ?5, ?6)
        on conflict (id) do update set app = excluded.app, body = excluded.body,
            spent = excluded.spent
                or (spent and json_extract(body, '$.trigger') = json_extract(excluded.body, '$.trigger')),
            watermark = max(watermark, excluded.watermark)";
    pub(crate) const REMOVE: &str = "delete from registration where id = ?1";
    pub(crate) const ALL: &str = "select spent, watermark, body, crashes from registration order by id";
    pub(crate) const STATUS: &str = "select spent from registration where id = ?1";
    pub(crate) const ADVANCE: &str =
        "update registration set watermark = ?2 where id = ?1 and watermark < ?2";
    pub(crate) const COUNT_CRASH: &str =
        "update registration set crashes = min(crashes + 1, 4294967295) where id = ?1";
    pub(crate) const FORGIVE: &str = "update registration set crashes = 0 where id = ?1 and crashes <> 0";
    pub(crate) const SPEND: &str = "update registration set spent = 1 where id = ?1 and spent = 0";
}

pub(crate) fn save(tx: &mut Tx<'_>, record: &RegistrationRecord) -> Result<(), Fault> {
    let RegistrationRecord { registration, status, watermark, crashes } = record;
    tx.conn.prepare_cached(sql::SAVE)?.execute(params![
        registration_bytes(&registration.id),
        registration.app.as_str(),
        *status == RegistrationStatus::Spent,
        watermark.as_micros(),
        json(registration)?,
        crashes,
    ])?;
    tx.cache.statuses.remove(&registration.id);
    Ok(())
}

pub(crate) fn remove(tx: &mut Tx<'_>, id: RegistrationId, at: Timestamp) -> Result<Removed, Fault> {
    tx.conn.prepare_cached(sql::REMOVE)?.execute([registration_bytes(&id)])?;
    let waiting = activations::waiting_of(tx.conn, id)?;
    let mut withdrawn = Vec::with_capacity(waiting.len());
    for (n, mut activation) in waiting {
        activation.withdraw(at).map_err(Fault::corrupt)?;
        activations::update(tx, n, &activation)?;
        withdrawn.push(activation.id);
    }
    dead_letters::discard_of(tx, id)?;
    // Nothing fires it any more. What still runs of it is counted afresh when it ends.
    tx.cache.counts.remove(&id);
    tx.cache.statuses.remove(&id);
    Ok(Removed { withdrawn })
}

pub(crate) fn all(conn: &Connection) -> Result<Vec<RegistrationRecord>, Fault> {
    let mut statement = conn.prepare_cached(sql::ALL)?;
    collect(statement.query([])?, |row| {
        Ok(RegistrationRecord {
            registration: from_json(text(row, 2)?)?,
            status: status(row.get(0)?),
            watermark: moment(row, 1)?,
            crashes: row.get(3)?,
        })
    })
}

const fn status(spent: bool) -> RegistrationStatus {
    if spent { RegistrationStatus::Spent } else { RegistrationStatus::Active }
}

/// The status of a registration; none if there is none.
pub(crate) fn find(conn: &Connection, id: RegistrationId) -> Result<Option<RegistrationStatus>, Fault> {
    let mut statement = conn.prepare_cached(sql::STATUS)?;
    first(statement.query([registration_bytes(&id)])?, |row| Ok(status(row.get(0)?)))
}

pub(crate) fn advance(tx: &mut Tx<'_>, id: RegistrationId, to: Timestamp) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::ADVANCE)?.execute(params![registration_bytes(&id), to.as_micros()])?;
    Ok(())
}

pub(crate) fn spend(tx: &mut Tx<'_>, id: RegistrationId) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::SPEND)?.execute([registration_bytes(&id)])?;
    tx.cache.statuses.remove(&id);
    Ok(())
}

pub(crate) fn count_crash(tx: &Tx<'_>, id: RegistrationId) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::COUNT_CRASH)?.execute([registration_bytes(&id)])?;
    Ok(())
}

pub(crate) fn forgive(tx: &Tx<'_>, id: RegistrationId) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::FORGIVE)?.execute([registration_bytes(&id)])?;
    Ok(())
}
