//! Registrations.

use dormouse_core::Timestamp;
use dormouse_core::ids::RegistrationId;
use dormouse_core::registration::{RegistrationRecord, RegistrationStatus};
use dormouse_core::store::{Counts, Removed};
use rusqlite::{Connection, params};

use crate::activations;
use crate::errors::Fault;
use crate::rows::{collect, first, from_json, json, registration_bytes};
use crate::writer::Tx;

pub(crate) fn save(tx: &mut Tx<'_>, record: &RegistrationRecord) -> Result<(), Fault> {
    let sql = "insert into registration (id, spent, watermark, body) values (?1, ?2, ?3, ?4)
               on conflict (id) do update set spent = excluded.spent, body = excluded.body,
                   watermark = max(watermark, excluded.watermark)";
    let RegistrationRecord { registration, status, watermark } = record;
    let spent = *status == RegistrationStatus::Spent;
    let values =
        params![registration_bytes(&registration.id), spent, watermark.as_micros(), json(registration)?];
    tx.conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(crate) fn remove(tx: &mut Tx<'_>, id: RegistrationId, at: Timestamp) -> Result<Removed, Fault> {
    let sql = "delete from registration where id = ?1";
    tx.conn.prepare_cached(sql)?.execute([registration_bytes(&id)])?;
    let waiting = activations::waiting_of(tx.conn, id)?;
    let mut withdrawn = Vec::with_capacity(waiting.len());
    for (n, mut activation) in waiting {
        activation.withdraw(at).map_err(Fault::corrupt)?;
        activations::update(tx, n, &activation)?;
        withdrawn.push(activation.id);
    }
    let running = tx.counts(id)?.running;
    tx.counts.insert(id, Counts { waiting: 0, running });
    Ok(Removed { withdrawn })
}

pub(crate) fn all(conn: &Connection) -> Result<Vec<RegistrationRecord>, Fault> {
    let mut statement = conn.prepare_cached("select spent, watermark, body from registration order by id")?;
    collect(statement.query([])?, |row| {
        Ok(RegistrationRecord {
            registration: from_json(row.get_ref(2)?.as_str().map_err(Fault::corrupt)?)?,
            status: status(row.get(0)?),
            watermark: Timestamp::from_micros(row.get(1)?),
        })
    })
}

const fn status(spent: bool) -> RegistrationStatus {
    if spent { RegistrationStatus::Spent } else { RegistrationStatus::Active }
}

/// The status of a registration; none if there is none.
pub(crate) fn find(conn: &Connection, id: RegistrationId) -> Result<Option<RegistrationStatus>, Fault> {
    let mut statement = conn.prepare_cached("select spent from registration where id = ?1")?;
    first(statement.query([registration_bytes(&id)])?, |row| Ok(status(row.get(0)?)))
}

pub(crate) fn advance(tx: &mut Tx<'_>, id: RegistrationId, to: Timestamp) -> Result<(), Fault> {
    let sql = "update registration set watermark = ?2 where id = ?1 and watermark < ?2";
    tx.conn.prepare_cached(sql)?.execute(params![registration_bytes(&id), to.as_micros()])?;
    Ok(())
}

pub(crate) fn spend(tx: &mut Tx<'_>, id: RegistrationId) -> Result<(), Fault> {
    let sql = "update registration set spent = 1 where id = ?1 and spent = 0";
    tx.conn.prepare_cached(sql)?.execute([registration_bytes(&id)])?;
    Ok(())
}
