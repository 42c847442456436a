//! Activations that nobody got to succeed.

use dormouse_core::Timestamp;
use dormouse_core::activation::Activation;
use dormouse_core::ids::{ActivationId, RegistrationId};
use dormouse_core::store::{DeadLetterFilter, Redriven, Totals, steps};
use rusqlite::{Connection, named_params};

use crate::activations;
use crate::errors::Fault;
use crate::rows::{activation_bytes, collect, first, limit, registration_bytes, unsigned, whole_activation};
use crate::tx::Tx;

/// The queries whose plans are tested.
pub(crate) mod sql {
    use crate::rows::whole_activations;

    pub(crate) const ALL: &str = whole_activations!(
        "indexed by activation_dead",
        "a.dead = 1 and (a.over_at, a.id) < (:before, :id)
         order by a.over_at desc, a.id desc limit :limit"
    );
    pub(crate) const OF_APP: &str = whole_activations!(
        "indexed by activation_dead_app",
        "a.dead = 1 and a.app = :app and (a.over_at, a.id) < (:before, :id)
         order by a.over_at desc, a.id desc limit :limit"
    );
    pub(crate) const OF_REGISTRATION: &str = whole_activations!(
        "indexed by activation_dead_registration",
        "a.dead = 1 and a.registration = :registration and (:app is null or a.app = :app)
         and (a.over_at, a.id) < (:before, :id)
         order by a.over_at desc, a.id desc limit :limit"
    );
    pub(crate) const IS_LISTED: &str = "select dead from activation where n = ?1";
    pub(crate) const LIST: &str = "update activation set dead = 1 where n = ?1";
    pub(crate) const DISCARD: &str = "update activation set dead = 0 where id = ?1 and dead = 1";
    pub(crate) const DISCARD_OF: &str = "update activation indexed by activation_dead_registration
        set dead = 0 where registration = ?1 and dead = 1";
    pub(crate) const TOTALS: &str = "select
        (select count(*) from activation indexed by activation_backoff where state = 0),
        (select count(*) from activation indexed by activation_running where state = 1),
        (select count(*) from activation indexed by activation_dead where dead = 1)";
}

pub(crate) fn all(
    conn: &Connection,
    filter: &DeadLetterFilter,
    count: usize,
) -> Result<Vec<Activation>, Fault> {
    let DeadLetterFilter { registration, app, before } = filter;
    let app = app.as_ref().map(|app| app.as_str());
    // No id is longer, so none is greater.
    let (before, id) = match before {
        Some((before, id)) => (before.as_micros(), &activation_bytes(id)[..]),
        None => (i64::MAX, &[u8::MAX; 17][..]),
    };
    let count = limit(count);
    let letter = |row: &rusqlite::Row<'_>| Ok(whole_activation(row)?.1);
    if let Some(registration) = registration {
        let mut statement = conn.prepare_cached(sql::OF_REGISTRATION)?;
        let registration = registration_bytes(registration);
        let rows = statement.query(named_params! {
            ":registration": registration, ":app": app, ":before": before, ":id": id, ":limit": count,
        })?;
        return collect(rows, letter);
    }
    if let Some(app) = app {
        let mut statement = conn.prepare_cached(sql::OF_APP)?;
        let values = named_params! { ":app": app, ":before": before, ":id": id, ":limit": count };
        return collect(statement.query(values)?, letter);
    }
    let mut statement = conn.prepare_cached(sql::ALL)?;
    let values = named_params! { ":before": before, ":id": id, ":limit": count };
    collect(statement.query(values)?, letter)
}

pub(crate) fn totals(conn: &Connection) -> Result<Totals, Fault> {
    let mut statement = conn.prepare_cached(sql::TOTALS)?;
    let (waiting, running, dead) =
        statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(Totals { waiting: unsigned(waiting)?, running: unsigned(running)?, dead_letters: unsigned(dead)? })
}

/// The activation of this row has ended, and is a dead letter.
pub(crate) fn list(tx: &Tx<'_>, n: i64) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::LIST)?.execute([n])?;
    Ok(())
}

pub(crate) fn discard(tx: &Tx<'_>, id: ActivationId) -> Result<bool, Fault> {
    Ok(tx.conn.prepare_cached(sql::DISCARD)?.execute([activation_bytes(&id)])? > 0)
}

/// Those of a registration that goes leave the list.
pub(crate) fn discard_of(tx: &Tx<'_>, id: RegistrationId) -> Result<(), Fault> {
    tx.conn.prepare_cached(sql::DISCARD_OF)?.execute([registration_bytes(&id)])?;
    Ok(())
}

pub(crate) fn redrive(
    tx: &mut Tx<'_>,
    id: ActivationId,
    fresh: ActivationId,
    at: Timestamp,
) -> Result<Redriven, Fault> {
    let Some((n, letter)) = activations::find(tx.conn, id)? else { return Ok(Redriven::NotDead) };
    if let Some((_, made)) = activations::by_key(tx.conn, letter.registration, &steps::redrive_key(id))? {
        return Ok(Redriven::Activation(Box::new(made)));
    }
    let registered = tx.status(letter.registration)?.is_some();
    let mut statement = tx.conn.prepare_cached(sql::IS_LISTED)?;
    let listed = first(statement.query([n])?, |row| Ok(row.get(0)?))?.unwrap_or(false);
    let waiting = tx.counts(letter.registration)?.waiting;
    if let Some(why) = steps::not_redriven(&letter, registered, listed, waiting) {
        return Ok(why);
    }
    let activation = steps::redriven(&letter, fresh, at);
    activations::put(tx, &activation)?;
    discard(tx, id)?;
    Ok(Redriven::Activation(Box::new(activation)))
}
