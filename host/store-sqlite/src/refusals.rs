//! Firings that started nothing, counted by registration and reason.

use dormouse_core::Timestamp;
use dormouse_core::explain::RefusalRecord;
use dormouse_core::ids::RegistrationId;
use dormouse_core::overlap::Refusal;
use rusqlite::{Connection, params};

use crate::errors::Fault;
use crate::rows::{collect, from_name, moment, name, registration_bytes, unsigned};
use crate::tx::Tx;

/// The queries whose plans are tested.
pub(crate) mod sql {
    /// Writes nothing if the registration is not there. Its rows go with it: a foreign key says so.
    pub(crate) const NOTE: &str = "insert into refusal (registration, reason, count, first_at, last_at)
        select id, ?2, 1, ?3, ?3 from registration where id = ?1
        on conflict (registration, reason) do update set count = count + 1,
            last_at = max(last_at, excluded.last_at)";
    pub(crate) const OF: &str = "select reason, count, first_at, last_at from refusal
        where registration = ?1 order by last_at desc, reason";
}

pub(crate) fn note(tx: &Tx<'_>, id: RegistrationId, reason: Refusal, at: Timestamp) -> Result<(), Fault> {
    let values = params![registration_bytes(&id), name(&reason)?, at.as_micros()];
    tx.conn.prepare_cached(sql::NOTE)?.execute(values)?;
    Ok(())
}

/// Those of a registration, the newest first.
pub(crate) fn of(conn: &Connection, id: RegistrationId) -> Result<Vec<RefusalRecord>, Fault> {
    collect(conn.prepare_cached(sql::OF)?.query([registration_bytes(&id)])?, |row| {
        Ok(RefusalRecord {
            reason: from_name(row.get(0)?)?,
            count: unsigned(row.get(1)?)?,
            first_at: moment(row, 2)?,
            last_at: moment(row, 3)?,
        })
    })
}
