//! Rows as values, and values as rows.

use std::sync::Arc;

use dormouse_core::activation::{Activation, ActivationState, Running};
use dormouse_core::completion::{Completion, Cursor, RunRecord};
use dormouse_core::ids::{ActivationId, AppId, Fence, NodeId, RegistrationId, RunId};
use dormouse_core::outcome::Outcome;
use dormouse_core::store::ListedRun;
use dormouse_core::trigger::SocketActivity;
use dormouse_core::{Message, Timestamp, TriggerDetails};
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::errors::Fault;

macro_rules! ids {
    ($($bytes:ident $read:ident $id:ident),*) => {$(
        pub(crate) const fn $bytes(id: &$id) -> &[u8; 16] {
            id.as_uuid().as_bytes()
        }

        pub(crate) fn $read(bytes: [u8; 16]) -> $id {
            $id::from_uuid(Uuid::from_bytes(bytes))
        }
    )*};
}

ids! {
    activation_bytes activation_id ActivationId,
    registration_bytes registration_id RegistrationId,
    run_bytes run_id RunId,
    node_bytes node_id NodeId
}

/// A number that SQLite cannot hold is larger than any that is stored.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// See [`limit`].
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(value: i64) -> Result<u64, Fault> {
    u64::try_from(value).map_err(Fault::corrupt)
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(Fault::corrupt)
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(Fault::corrupt)
}

/// What is one word in JSON, without the quotes.
pub(crate) fn name<T: Serialize>(value: &T) -> Result<String, Fault> {
    match serde_json::to_value(value).map_err(Fault::corrupt)? {
        Value::String(name) => Ok(name),
        other => Err(Fault::corrupt(format_args!("{other} is no name"))),
    }
}

/// See [`name`].
pub(crate) fn from_name<T: DeserializeOwned>(name: String) -> Result<T, Fault> {
    serde_json::from_value(Value::String(name)).map_err(Fault::corrupt)
}

pub(crate) fn text<'a>(row: &'a Row<'_>, index: usize) -> Result<&'a str, Fault> {
    row.get_ref(index)?.as_str().map_err(Fault::corrupt)
}

pub(crate) fn app(row: &Row<'_>, index: usize) -> Result<AppId, Fault> {
    AppId::new(text(row, index)?).map_err(Fault::corrupt)
}

pub(crate) fn moment(row: &Row<'_>, index: usize) -> Result<Timestamp, Fault> {
    Ok(Timestamp::from_micros(row.get(index)?))
}

// ---- activations -------------------------------------------------------------------------------------

/// The columns that [`activation`] reads, of table `activation as a`.
macro_rules! activation_columns {
    () => {
        "a.n, a.id, a.registration, a.app, a.key, a.coalesced, a.scheduled_for, a.fired_at, a.not_before, \
         a.failures, a.interruptions, a.fence, a.state, a.run, a.node, a.since, a.until, a.outcome, a.over_at, \
         a.backoff_since, a.requested"
    };
}

/// Those that [`details`] reads after them, of table `details as d`.
macro_rules! details_columns {
    () => {
        "d.head, d.payload"
    };
}

/// A query of activations without their details.
macro_rules! activations {
    ($index:literal, $where:literal) => {
        concat!(
            "select ",
            crate::rows::activation_columns!(),
            " from activation as a ",
            $index,
            " where ",
            $where
        )
    };
}

/// A query of activations with their details.
macro_rules! whole_activations {
    ($index:literal, $where:literal) => {
        concat!(
            "select ",
            crate::rows::activation_columns!(),
            ", ",
            crate::rows::details_columns!(),
            " from activation as a ",
            $index,
            " left join details as d on d.n = a.n where ",
            $where
        )
    };
}

pub(crate) use {activation_columns, activations, details_columns, whole_activations};

/// Where [`details_columns`] begin.
const DETAILS: usize = 21;

/// An activation with its row number, without its details: what most steps need.
pub(crate) fn activation(row: &Row<'_>) -> Result<(i64, Activation), Fault> {
    let activation = Activation {
        id: activation_id(row.get(1)?),
        registration: registration_id(row.get(2)?),
        app: app(row, 3)?,
        key: row.get(4)?,
        details: TriggerDetails::None,
        coalesced: row.get(5)?,
        scheduled_for: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
        fired_at: moment(row, 7)?,
        not_before: moment(row, 8)?,
        backoff_since: moment(row, 19)?,
        failures: row.get(9)?,
        interruptions: row.get(10)?,
        fence: Fence(unsigned(row.get(11)?)?),
        state: state(row)?,
    };
    Ok((row.get(0)?, activation))
}

/// An activation with its row number and its details.
pub(crate) fn whole_activation(row: &Row<'_>) -> Result<(i64, Activation), Fault> {
    let (n, mut activation) = activation(row)?;
    activation.details = details(row)?;
    Ok((n, activation))
}

fn state(row: &Row<'_>) -> Result<ActivationState, Fault> {
    Ok(match row.get::<_, i64>(12)? {
        0 => ActivationState::Pending,
        1 => ActivationState::Running(Running {
            run: run_id(row.get(13)?),
            node: node_id(row.get(14)?),
            since: moment(row, 15)?,
            until: moment(row, 16)?,
        }),
        2 => ActivationState::Ended { outcome: from_json(text(row, 17)?)?, at: moment(row, 18)? },
        3 => ActivationState::Withdrawn { at: moment(row, 18)? },
        other => return Err(Fault::corrupt(format_args!("there is no activation state {other}"))),
    })
}

/// An activation's state, column by column.
#[derive(Default)]
pub(crate) struct StateColumns<'a> {
    pub(crate) state: i64,
    pub(crate) run: Option<&'a [u8; 16]>,
    pub(crate) node: Option<&'a [u8; 16]>,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) outcome: Option<String>,
    pub(crate) over_at: Option<i64>,
}

impl<'a> StateColumns<'a> {
    pub(crate) fn of(state: &'a ActivationState) -> Result<Self, Fault> {
        Ok(match state {
            ActivationState::Pending => Self::default(),
            ActivationState::Running(running) => Self {
                state: 1,
                run: Some(run_bytes(&running.run)),
                node: Some(node_bytes(&running.node)),
                since: Some(running.since.as_micros()),
                until: Some(running.until.as_micros()),
                ..Self::default()
            },
            ActivationState::Ended { outcome, at } => Self {
                state: 2,
                outcome: Some(json(outcome)?),
                over_at: Some(at.as_micros()),
                ..Self::default()
            },
            ActivationState::Withdrawn { at } => {
                Self { state: 3, over_at: Some(at.as_micros()), ..Self::default() }
            }
        })
    }
}

// ---- details -----------------------------------------------------------------------------------------

/// Details as JSON without the payload, and the payload: 256 KiB of bytes are no JSON.
type SplitDetails<'a> = (String, Option<&'a [u8]>);

/// Whether a column of the activation says all of it.
pub(crate) const fn is_bare_request(details: &TriggerDetails) -> bool {
    matches!(details, TriggerDetails::Application(arguments) if arguments.is_empty())
}

/// Details as they are stored; none if nothing came with the firing, or [no more than a request](is_bare_request).
pub(crate) fn split_details(details: &TriggerDetails) -> Result<Option<SplitDetails<'_>>, Fault> {
    Ok(match details {
        TriggerDetails::None => None,
        TriggerDetails::Application(arguments) if arguments.is_empty() => None,
        TriggerDetails::Application(payload) => {
            Some((json(&TriggerDetails::Application(vec![]))?, Some(payload)))
        }
        TriggerDetails::StorageChanges(_) => Some((json(details)?, None)),
        TriggerDetails::Message(Message { topic, content_type, body }) => {
            let head = Message { topic: topic.clone(), content_type: content_type.clone(), body: vec![] };
            Some((json(&TriggerDetails::Message(head))?, Some(body)))
        }
        TriggerDetails::Socket(SocketActivity { reason, socket_id, peer, payload }) => {
            let (socket_id, peer) = (socket_id.clone(), peer.clone());
            let head = SocketActivity { reason: *reason, socket_id, peer, payload: vec![] };
            Some((json(&TriggerDetails::Socket(head))?, Some(payload)))
        }
    })
}

fn details(row: &Row<'_>) -> Result<TriggerDetails, Fault> {
    let Some(head) = row.get_ref(DETAILS)?.as_str_or_null().map_err(Fault::corrupt)? else {
        let requested = row.get(DETAILS - 1)?;
        return Ok(if requested { TriggerDetails::Application(vec![]) } else { TriggerDetails::None });
    };
    let mut details = from_json(head)?;
    match &mut details {
        TriggerDetails::Application(payload)
        | TriggerDetails::Message(Message { body: payload, .. })
        | TriggerDetails::Socket(SocketActivity { payload, .. }) => {
            *payload = row.get(DETAILS + 1)?;
        }
        TriggerDetails::None | TriggerDetails::StorageChanges(_) => {}
    }
    Ok(details)
}

// ---- runs --------------------------------------------------------------------------------------------

/// The columns that [`run`] reads, of table `run as r`.
macro_rules! run_columns {
    () => {
        "r.place, r.id, r.activation, r.registration, r.app, r.attempt, r.fence, r.started_at, r.ended_at, \
         r.outcome, r.receipt, r.accepted, r.coalesced"
    };
}

/// A query of runs.
macro_rules! runs {
    ($rest:literal) => {
        concat!("select ", crate::rows::run_columns!(), " from run as r ", $rest)
    };
}

pub(crate) use {run_columns, runs};

/// A run with its place, whether it was accepted, and, if it ended its activation, for how many firings.
pub(crate) struct StoredRun {
    pub(crate) place: u64,
    pub(crate) run: RunRecord,
    pub(crate) accepted: bool,
    pub(crate) coalesced: Option<u32>,
}

pub(crate) fn run(row: &Row<'_>) -> Result<StoredRun, Fault> {
    let outcome: Outcome = from_json(text(row, 9)?)?;
    Ok(StoredRun {
        place: unsigned(row.get(0)?)?,
        run: RunRecord {
            run: run_id(row.get(1)?),
            activation: activation_id(row.get(2)?),
            registration: registration_id(row.get(3)?),
            app: app(row, 4)?,
            attempt: row.get(5)?,
            fence: Fence(unsigned(row.get(6)?)?),
            started_at: moment(row, 7)?,
            ended_at: moment(row, 8)?,
            outcome,
            receipt: from_json(text(row, 10)?)?,
        },
        accepted: row.get(11)?,
        coalesced: row.get(12)?,
    })
}

impl StoredRun {
    pub(crate) fn listed(self) -> ListedRun {
        ListedRun { place: Cursor(self.place), run: self.run }
    }

    /// The completion, if it ended its activation.
    pub(crate) fn completion(self) -> Option<Completion> {
        Some(Completion { cursor: Cursor(self.place), coalesced: self.coalesced?, run: Arc::new(self.run) })
    }
}

/// All rows of a query.
pub(crate) fn collect<T>(
    mut rows: rusqlite::Rows<'_>,
    read: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// The first row of a query, if there is one.
pub(crate) fn first<T>(
    mut rows: rusqlite::Rows<'_>,
    read: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    rows.next()?.map(read).transpose()
}
