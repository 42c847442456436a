//! What a host of ours tells, as the protocol has it.

use dormouse_control::api::{EventView, Moment};
use dormouse_core::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::protocol::{EVENTS, Event, EventKind, Recorded, Reply};

/// Numbers events, and counts their time from where the host was opened.
#[derive(Debug)]
pub(super) struct Told {
    origin: Timestamp,
    seq: u64,
    /// Threads of a host may disagree by a little about what time it is.
    latest: f64,
}

impl Told {
    pub(super) const fn from(origin: Timestamp) -> Self {
        Self { origin, seq: 0, latest: 0.0 }
    }

    pub(super) fn at_ms(&self, now: Timestamp) -> f64 {
        now.since(self.origin).as_secs_f64() * 1000.0
    }

    /// An event of the control API as JSON; none if it is one that the protocol does not have.
    ///
    /// # Errors
    ///
    /// It has, and it is another.
    pub(super) fn event(&mut self, mut told: Value) -> Result<Option<Event>, serde_json::Error> {
        let word = told.get("event").and_then(Value::as_str).unwrap_or_default();
        if !EVENTS.iter().any(|(known, _)| *known == word) {
            return Ok(None);
        }
        let time: Moment = serde_json::from_value(told.get("time").cloned().unwrap_or_default())?;
        let registration = serde_json::from_value(told.get("registration").cloned().unwrap_or_default())?;
        if let Some(members) = told.as_object_mut()
            && let Some(Value::Object(cancellation)) = members.remove("cancellation")
        {
            members.extend(cancellation);
        }
        let kind: EventKind = serde_json::from_value(told)?;
        self.seq += 1;
        self.latest = self.latest.max(self.at_ms(time.0));
        Ok(Some(Event { seq: self.seq, at_ms: self.latest, registration, kind }))
    }

    /// An event of a host in this process.
    ///
    /// # Errors
    ///
    /// As [`Told::event`].
    pub(super) fn own(&mut self, event: &dormouse_core::Event) -> Result<Option<Event>, serde_json::Error> {
        self.event(serde_json::to_value(EventView::from(event))?)
    }
}

/// Whether the protocol has an event of a host in this process.
pub(super) fn is_told(event: &dormouse_core::Event) -> bool {
    EVENTS.iter().any(|(known, _)| *known == event.kind.name())
}

/// Runs of the control API, as the protocol has them.
///
/// # Errors
///
/// A run that is none, as the answer.
pub(super) fn recorded(runs: impl IntoIterator<Item = impl Serialize>) -> Result<Reply, Reply> {
    let read = |run: _| -> Result<Recorded, serde_json::Error> {
        let view = serde_json::to_value(run)?;
        let run = serde_json::from_value(view.get("run").cloned().unwrap_or_default())?;
        Ok(Recorded { run, ended: serde_json::from_value(view)? })
    };
    let runs: Result<Vec<Recorded>, _> = runs.into_iter().map(read).collect();
    Ok(Reply::ok(json!({ "runs": runs.map_err(Reply::failed)? })))
}
