//! Activations: each command loads rows, has core's [`Activation`] take the step, and writes it down.

use std::collections::HashMap;

use dormouse_core::activation::ActivationState;
use dormouse_core::ids::{ActivationId, RegistrationId};
use dormouse_core::store::{Counts, steps};
use dormouse_core::{Activation, Timestamp, TriggerDetails};
use rusqlite::{Connection, ErrorCode, params};

use crate::errors::Fault;
use crate::rows::{
    StateColumns, activation, activation_bytes, collect, first, is_bare_request, limit, registration_bytes,
    registration_id, signed, split_details, whole_activation,
};
use crate::tx::Tx;

/// The queries whose plans are tested.
pub(crate) mod sql {
    use crate::rows::{activations, whole_activations};

    pub(crate) const PENDING: &str = whole_activations!(
        "indexed by activation_pending",
        "a.state = 0 and (a.fired_at, a.id) > (?1, ?2) and (a.not_before <= ?3 or a.backoff_since > ?3)
         order by a.fired_at, a.id limit ?4"
    );
    pub(crate) const NEXT_BACKOFF: &str = "select min(not_before) from activation indexed by activation_backoff where state = 0 and not_before > ?1";
    pub(crate) const WAITING: &str = activations!(
        "indexed by activation_waiting",
        "a.state = 0 and a.registration = ?1 order by a.fired_at, a.id"
    );
    pub(crate) const NEWEST_WAITING: &str = whole_activations!(
        "indexed by activation_waiting",
        "a.state = 0 and a.registration = ?1 order by a.fired_at desc, a.id desc limit 1"
    );
    pub(crate) const WAITING_WHOLE: &str = whole_activations!(
        "indexed by activation_waiting",
        "a.state = 0 and a.registration = ?1 order by a.fired_at, a.id limit ?2"
    );
    pub(crate) const COUNTS: &str = "select
        (select count(*) from activation indexed by activation_waiting where state = 0 and registration = ?1),
        (select count(*) from activation indexed by activation_running where state = 1 and registration = ?1)";
    pub(crate) const WAITING_COUNT: &str =
        "select count(*) from activation indexed by activation_waiting where state = 0 and registration = ?1";
    pub(crate) const RUNNING_COUNTS: &str = "select registration, count(*)
        from activation indexed by activation_running where state = 1 group by registration";
    pub(crate) const BY_ID: &str = activations!("", "a.id = ?1");
    pub(crate) const WHOLE_BY_ID: &str = whole_activations!("", "a.id = ?1");
    pub(crate) const BY_KEY: &str = whole_activations!(
        "",
        "a.n = coalesce(
            (select n from activation where registration = ?1 and key = ?2),
            (select n from coalesced_key where registration = ?1 and key = ?2))"
    );
    pub(crate) const INSERT: &str = "insert into activation
        (id, registration, app, key, coalesced, scheduled_for, fired_at, not_before, failures, interruptions,
         fence, state, run, node, since, until, outcome, over_at, backoff_since, requested)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";
    pub(crate) const COALESCE: &str =
        "update activation set coalesced = ?2, scheduled_for = ?3, requested = ?4 where n = ?1";
    pub(crate) const UPDATE: &str =
        "update activation set not_before = ?2, failures = ?3, interruptions = ?4,
        fence = ?5, state = ?6, run = ?7, node = ?8, since = ?9, until = ?10, outcome = ?11, over_at = ?12,
        backoff_since = ?13
        where n = ?1";
}

pub(crate) fn counts(conn: &Connection, id: RegistrationId) -> Result<Counts, Fault> {
    let mut statement = conn.prepare_cached(sql::COUNTS)?;
    Ok(statement.query_row([registration_bytes(&id)], |row| {
        Ok(Counts { waiting: row.get(0)?, running: row.get(1)? })
    })?)
}

/// In the order of `ids`. Which run is read once for all of them: their index is by when their leases end.
pub(crate) fn counts_of(conn: &Connection, ids: &[RegistrationId]) -> Result<Vec<Counts>, Fault> {
    let mut statement = conn.prepare_cached(sql::RUNNING_COUNTS)?;
    let running = collect(statement.query([])?, |row| Ok((registration_id(row.get(0)?), row.get(1)?)))?;
    let running: HashMap<RegistrationId, u32> = running.into_iter().collect();
    let mut waiting = conn.prepare_cached(sql::WAITING_COUNT)?;
    let counts = ids.iter().map(|id| {
        let waiting = waiting.query_row([registration_bytes(id)], |row| row.get(0))?;
        Ok(Counts { waiting, running: running.get(id).copied().unwrap_or_default() })
    });
    counts.collect()
}

// ---- reading -----------------------------------------------------------------------------------------

pub(crate) fn pending(
    conn: &Connection,
    now: Timestamp,
    after: Option<(Timestamp, ActivationId)>,
    count: usize,
) -> Result<Vec<Activation>, Fault> {
    let (fired_at, id) = match &after {
        Some((fired_at, id)) => (fired_at.as_micros(), &activation_bytes(id)[..]),
        None => (i64::MIN, &[][..]),
    };
    let mut statement = conn.prepare_cached(sql::PENDING)?;
    let rows = statement.query(params![fired_at, id, now.as_micros(), limit(count)])?;
    collect(rows, |row| Ok(whole_activation(row)?.1))
}

pub(crate) fn next_backoff(conn: &Connection, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let mut statement = conn.prepare_cached(sql::NEXT_BACKOFF)?;
    let at: Option<i64> = statement.query_row([now.as_micros()], |row| row.get(0))?;
    Ok(at.map(Timestamp::from_micros))
}

/// With its details.
pub(crate) fn find(conn: &Connection, id: ActivationId) -> Result<Option<(i64, Activation)>, Fault> {
    first(conn.prepare_cached(sql::WHOLE_BY_ID)?.query([activation_bytes(&id)])?, whole_activation)
}

/// Without its details.
pub(crate) fn find_bare(conn: &Connection, id: ActivationId) -> Result<Option<(i64, Activation)>, Fault> {
    first(conn.prepare_cached(sql::BY_ID)?.query([activation_bytes(&id)])?, activation)
}

/// As [`find_bare`], of one that is likely to run and is about to be written: the copy at hand is given away.
pub(crate) fn take_running(tx: &mut Tx<'_>, id: ActivationId) -> Result<Option<(i64, Activation)>, Fault> {
    match tx.cache.running.remove(&id) {
        Some(found) => Ok(Some(found)),
        None => find_bare(tx.conn, id),
    }
}

/// Those of a registration that wait, by firing, without details.
pub(crate) fn waiting_of(conn: &Connection, id: RegistrationId) -> Result<Vec<(i64, Activation)>, Fault> {
    collect(conn.prepare_cached(sql::WAITING)?.query([registration_bytes(&id)])?, activation)
}

/// Those of a registration that wait, by firing, with their details.
pub(crate) fn waiting(conn: &Connection, id: RegistrationId, count: usize) -> Result<Vec<Activation>, Fault> {
    let mut statement = conn.prepare_cached(sql::WAITING_WHOLE)?;
    let rows = statement.query(params![registration_bytes(&id), limit(count)])?;
    collect(rows, |row| Ok(whole_activation(row)?.1))
}

/// The one of a registration that has this key, or into which a firing with it was counted.
pub(crate) fn by_key(
    conn: &Connection,
    registration: RegistrationId,
    key: &str,
) -> Result<Option<(i64, Activation)>, Fault> {
    let by_key = params![registration_bytes(&registration), key];
    first(conn.prepare_cached(sql::BY_KEY)?.query(by_key)?, whole_activation)
}

// ---- writing -----------------------------------------------------------------------------------------

/// Puts a new one in.
pub(crate) fn put(tx: &mut Tx<'_>, activation: &Activation) -> Result<(), Fault> {
    let StateColumns { state, run, node, since, until, outcome, over_at } =
        StateColumns::of(&activation.state)?;
    let inserted = tx.conn.prepare_cached(sql::INSERT)?.insert(params![
        activation_bytes(&activation.id),
        registration_bytes(&activation.registration),
        activation.app.as_str(),
        activation.key,
        activation.coalesced,
        activation.scheduled_for.map(Timestamp::as_micros),
        activation.fired_at.as_micros(),
        activation.not_before.as_micros(),
        activation.failures,
        activation.interruptions,
        signed(activation.fence.0),
        state,
        run,
        node,
        since,
        until,
        outcome,
        over_at,
        activation.backoff_since.as_micros(),
        is_bare_request(&activation.details),
    ]);
    let n = match inserted {
        Ok(n) => n,
        // The key was looked up before, or is the id's own: so it is the id.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            return Err(Fault::Store(steps::id_in_use(activation.id)));
        }
        Err(error) => return Err(error.into()),
    };
    save_details(tx, n, activation)?;
    let mut counts = tx.counts(activation.registration)?;
    Standing::of(&activation.state).enter(&mut counts);
    tx.cache.counts.insert(activation.registration, counts);
    remember(tx, n, activation);
    Ok(())
}

/// Keeps one that runs at hand, and no other.
fn remember(tx: &mut Tx<'_>, n: i64, activation: &Activation) {
    let Activation { id, ref state, .. } = *activation;
    if Standing::of(state) != Standing::Running {
        tx.cache.running.remove(&id);
        return;
    }
    // All but the details, which may be long.
    let bare = Activation {
        id,
        registration: activation.registration,
        app: activation.app.clone(),
        key: activation.key.clone(),
        details: TriggerDetails::None,
        coalesced: activation.coalesced,
        scheduled_for: activation.scheduled_for,
        fired_at: activation.fired_at,
        not_before: activation.not_before,
        backoff_since: activation.backoff_since,
        failures: activation.failures,
        interruptions: activation.interruptions,
        fence: activation.fence,
        state: state.clone(),
    };
    tx.cache.running.insert(id, (n, bare));
}

pub(crate) fn save_details(tx: &Tx<'_>, n: i64, activation: &Activation) -> Result<(), Fault> {
    if let Some((head, payload)) = split_details(&activation.details)? {
        let sql = "insert or replace into details (n, head, payload) values (?1, ?2, ?3)";
        tx.conn.prepare_cached(sql)?.execute(params![n, head, payload])?;
    }
    Ok(())
}

/// Writes down all that a transition may change.
pub(crate) fn update(tx: &mut Tx<'_>, n: i64, activation: &Activation) -> Result<(), Fault> {
    let StateColumns { state, run, node, since, until, outcome, over_at } =
        StateColumns::of(&activation.state)?;
    tx.conn.prepare_cached(sql::UPDATE)?.execute(params![
        n,
        activation.not_before.as_micros(),
        activation.failures,
        activation.interruptions,
        signed(activation.fence.0),
        state,
        run,
        node,
        since,
        until,
        outcome,
        over_at,
        activation.backoff_since.as_micros(),
    ])?;
    remember(tx, n, activation);
    Ok(())
}

/// As [`update`], and counts along.
pub(crate) fn step(tx: &mut Tx<'_>, n: i64, was: Standing, activation: &Activation) -> Result<(), Fault> {
    update(tx, n, activation)?;
    let is = Standing::of(&activation.state);
    if was != is {
        let mut counts = tx.counts_before_step(activation.registration, was, is)?;
        was.leave(&mut counts);
        is.enter(&mut counts);
        tx.cache.counts.insert(activation.registration, counts);
    }
    Ok(())
}

impl Tx<'_> {
    /// Counts as they were before a step that is written already: counted afresh, they would hold it.
    fn counts_before_step(
        &mut self,
        id: RegistrationId,
        was: Standing,
        is: Standing,
    ) -> Result<Counts, Fault> {
        if let Some(counts) = self.cache.counts.get(&id) {
            return Ok(*counts);
        }
        let mut counts = counts(self.conn, id)?;
        is.leave(&mut counts);
        was.enter(&mut counts);
        Ok(counts)
    }
}

/// What a state counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Waiting,
    Running,
    Neither,
}

impl Standing {
    pub(crate) const fn of(state: &ActivationState) -> Self {
        match state {
            ActivationState::Pending => Self::Waiting,
            ActivationState::Running(_) => Self::Running,
            ActivationState::Ended { .. } | ActivationState::Withdrawn { .. } => Self::Neither,
        }
    }

    const fn enter(self, counts: &mut Counts) {
        match self {
            Self::Waiting => counts.waiting += 1,
            Self::Running => counts.running += 1,
            Self::Neither => {}
        }
    }

    const fn leave(self, counts: &mut Counts) {
        match self {
            Self::Waiting => counts.waiting -= 1,
            Self::Running => counts.running -= 1,
            Self::Neither => {}
        }
    }
}
