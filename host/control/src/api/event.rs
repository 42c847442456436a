//! Events as JSON.
//!
//! The names are those of [`EventKind`], in kebab case under `event`. Moments are RFC 3339 in UTC, spans are
//! milliseconds with a fraction (`_ms`), numbers of bytes are `_bytes`.

use dormouse_core::event::{Event, EventKind};
use dormouse_core::{ActivationId, RegistrationId, RunId};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{AdditionalProperties, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{AppEventView, Moment, OutcomeView, ReceiptView, grant_for};

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventView {
    /// When.
    pub time: Moment,
    /// To which registration.
    pub registration: RegistrationId,
    /// What.
    #[serde(flatten)]
    pub kind: EventKindView,
}

/// What happened. Events with moments, spans or advice in them have a form of their own here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum EventKindView {
    /// A run ended, its sandbox is gone and its slot is free.
    Ended {
        /// The activation.
        activation: ActivationId,
        /// The run.
        run: RunId,
        /// Which attempt.
        attempt: u32,
        /// How.
        #[serde(flatten)]
        outcome: OutcomeView,
        /// What it used.
        receipt: Box<ReceiptView>,
    },
    /// The run is paused: a quota is spent.
    Paused {
        /// The run.
        run: RunId,
        /// Until when.
        until: Moment,
    },
    /// Another attempt follows.
    Retrying {
        /// The activation.
        activation: ActivationId,
        /// Which attempt comes.
        attempt: u32,
        /// The earliest moment.
        not_before: Moment,
    },
    /// The guest asked for something that was not granted.
    Denied {
        /// The run.
        run: RunId,
        /// What.
        what: String,
        /// The flag that would grant it; none if there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant: Option<String>,
    },
    /// Any other, as it is.
    #[serde(untagged)]
    Other(EventKind),
}

impl From<&Event> for EventView {
    fn from(event: &Event) -> Self {
        Self {
            time: event.at.into(),
            registration: event.registration,
            kind: EventKindView::from(&event.kind),
        }
    }
}

impl From<&EventKind> for EventKindView {
    fn from(kind: &EventKind) -> Self {
        match kind {
            EventKind::Ended { activation, run, attempt, outcome, receipt } => Self::Ended {
                activation: *activation,
                run: *run,
                attempt: *attempt,
                outcome: outcome.into(),
                receipt: Box::new(receipt.as_ref().into()),
            },
            EventKind::Paused { run, until } => Self::Paused { run: *run, until: (*until).into() },
            EventKind::Retrying { activation, attempt, not_before } => Self::Retrying {
                activation: *activation,
                attempt: *attempt,
                not_before: (*not_before).into(),
            },
            EventKind::Denied { run, what } => {
                Self::Denied { run: *run, what: what.clone(), grant: grant_for(what) }
            }
            other => Self::Other(other.clone()),
        }
    }
}

/// An object that says when and what, these properties, and more that depends on what.
pub(super) fn described(
    text: &str,
    properties: impl IntoIterator<Item = (&'static str, RefOr<Schema>)>,
) -> RefOr<Schema> {
    let what = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("What happened; what else there is depends on it"));
    let mut object = ObjectBuilder::new()
        .property("time", Moment::schema())
        .required("time")
        .property("event", what)
        .required("event")
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .description(Some(text));
    for (name, schema) in properties {
        object = object.property(name, schema).required(name);
    }
    object.into()
}

impl PartialSchema for EventView {
    fn schema() -> RefOr<Schema> {
        let uuid = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        described("Something happened", [("registration", uuid.into())])
    }
}

impl ToSchema for EventView {}

/// What a stream of events tells: only named as the schema of its data.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Told)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum ToldObject {
    /// Something happened.
    Event(EventView),
    /// In an event that is called `app`: something happened to an app.
    App(AppEventView),
    /// In an event that is called `lagged`: some were not sent.
    Lagged(LaggedView),
}

/// Events that were not sent because the client was too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LaggedView {
    /// How many of all registrations' events.
    pub missed: u64,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dormouse_core::event::Stream;
    use dormouse_core::outcome::{Outcome, Receipt, TaskFailure};
    use dormouse_core::{Cancellation, CancellationReason, Timestamp};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn written(kind: EventKind) -> Value {
        let registration = RegistrationId::from_uuid(Uuid::nil());
        let event = Event { at: Timestamp::from_millis(0), registration, kind };
        let view = EventView::from(&event);
        let line = serde_json::to_string(&view).expect("it is JSON");
        assert!(!line.contains('\n'), "{line}");
        assert_eq!(serde_json::from_str::<EventView>(&line).expect("it is read back"), view, "{line}");
        serde_json::from_str(&line).expect("it can be read")
    }

    fn run() -> RunId {
        RunId::from_uuid(Uuid::from_u128(7))
    }

    fn ended(outcome: Outcome) -> EventKind {
        EventKind::Ended {
            activation: ActivationId::from_uuid(Uuid::nil()),
            run: run(),
            attempt: 2,
            outcome,
            receipt: Box::new(Receipt { cpu: Duration::from_micros(1500), ..Receipt::default() }),
        }
    }

    #[test]
    fn an_end_carries_outcome_and_receipt() {
        let cancellation = Cancellation::new(CancellationReason::ExecutionTimeExceeded, "cpu", "1s of 1s");
        let canceled = written(ended(Outcome::Canceled { cancellation, forced: true }));
        for (field, value) in [
            ("time", json!("1970-01-01T00:00:00Z")),
            ("event", json!("ended")),
            ("attempt", json!(2)),
            ("outcome", json!("canceled")),
            ("reason", json!("execution-time-exceeded")),
            ("policy", json!("cpu")),
            ("forced", json!(true)),
        ] {
            assert_eq!(canceled[field], value, "{field}");
        }
        assert_eq!(canceled["receipt"]["cpu_ms"], json!(1.5));
        assert_eq!(canceled["receipt"]["progress"], json!(null));
    }

    #[test]
    fn every_end_is_read_back() {
        let failure = TaskFailure { message: "no".to_owned(), retry_after: Some(Duration::from_secs(1)) };
        assert_eq!(written(ended(Outcome::Failed(failure)))["retry_after_ms"], json!(1000.0));
        for outcome in [Outcome::Succeeded, Outcome::DeferralAbandoned { open: 1 }, Outcome::Interrupted] {
            assert_eq!(written(ended(outcome.clone()))["outcome"], json!(outcome.as_str()));
        }
    }

    #[test]
    fn all_other_events_are_written_as_they_are() {
        let text = "\u{1b}[31m\n".to_owned();
        let output = written(EventKind::Output { run: run(), stream: Stream::Stderr, text: text.clone() });
        assert_eq!(output["event"], json!("output"));
        assert_eq!(output["stream"], json!("stderr"));
        assert_eq!(output["text"], json!(text));
        assert_eq!(written(EventKind::Spent)["event"], json!("spent"));
        let paused = written(EventKind::Paused { run: run(), until: Timestamp::from_millis(1000) });
        assert_eq!(paused["until"], json!("1970-01-01T00:00:01Z"));
        let activation = ActivationId::from_uuid(Uuid::nil());
        let not_before = Timestamp::from_millis(1000);
        let retrying = written(EventKind::Retrying { activation, attempt: 2, not_before });
        assert_eq!(retrying["not_before"], json!("1970-01-01T00:00:01Z"));
    }

    #[test]
    fn a_denial_names_the_flag_that_would_grant_it() {
        let denied = written(EventKind::Denied { run: run(), what: "connect 127.0.0.1:80".to_owned() });
        assert_eq!(denied["grant"], json!("--allow-net 127.0.0.1:80"));
        let listen = written(EventKind::Denied { run: run(), what: "listen 127.0.0.1:80".to_owned() });
        assert_eq!(listen.get("grant"), None);
    }
}
