//! Events as JSON, one object a line.
//!
//! The names are those of [`EventKind`], in kebab case under `event`. Moments are RFC 3339 in UTC, spans are
//! milliseconds with a fraction (`_ms`), numbers of bytes are `_bytes`.

use std::time::Duration;

use dormouse::core::event::{Event, EventKind};
use dormouse::{ActivationId, Outcome, Receipt, RegistrationId, RunId};
use serde::Serialize;

use super::human::grant_for;

/// One line, without its end.
///
/// # Errors
///
/// None that is known: every part can be written as JSON.
pub(crate) fn line(event: &Event) -> serde_json::Result<String> {
    serde_json::to_string(&Line {
        time: event.at.to_string(),
        registration: event.registration,
        kind: Kind::from(&event.kind),
    })
}

/// The line that says that output was not shown.
pub(crate) fn skipped(bytes: usize) -> String {
    serde_json::json!({ "event": "output-skipped", "bytes": bytes }).to_string()
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    registration: RegistrationId,
    #[serde(flatten)]
    kind: Kind<'a>,
}

/// Events with moments, spans or advice in them have a form of their own here.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
enum Kind<'a> {
    Ended {
        activation: ActivationId,
        run: RunId,
        attempt: u32,
        #[serde(flatten)]
        outcome: OutcomeLine<'a>,
        receipt: ReceiptLine,
    },
    Paused {
        run: RunId,
        until: String,
    },
    Retrying {
        activation: ActivationId,
        attempt: u32,
        not_before: String,
    },
    Denied {
        run: RunId,
        what: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        grant: Option<String>,
    },
    #[serde(untagged)]
    Other(&'a EventKind),
}

impl<'a> From<&'a EventKind> for Kind<'a> {
    fn from(kind: &'a EventKind) -> Self {
        match kind {
            EventKind::Ended { activation, run, attempt, outcome, receipt } => Self::Ended {
                activation: *activation,
                run: *run,
                attempt: *attempt,
                outcome: outcome.into(),
                receipt: receipt.as_ref().into(),
            },
            EventKind::Paused { run, until } => Self::Paused { run: *run, until: until.to_string() },
            EventKind::Retrying { activation, attempt, not_before } => Self::Retrying {
                activation: *activation,
                attempt: *attempt,
                not_before: not_before.to_string(),
            },
            EventKind::Denied { run, what } => Self::Denied { run: *run, what, grant: grant_for(what) },
            other => Self::Other(other),
        }
    }
}

/// An outcome as it stands in an event.
pub(crate) fn outcome_line(outcome: &Outcome) -> impl Serialize {
    OutcomeLine::from(outcome)
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
enum OutcomeLine<'a> {
    Succeeded,
    Failed {
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<f64>,
    },
    Canceled {
        reason: &'static str,
        policy: &'a str,
        detail: &'a str,
        forced: bool,
    },
    Trapped {
        trap: String,
        message: &'a str,
    },
    DeferralAbandoned {
        open: u32,
    },
    Interrupted,
}

impl<'a> From<&'a Outcome> for OutcomeLine<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Failed(failure) => {
                Self::Failed { message: &failure.message, retry_after_ms: failure.retry_after.map(ms) }
            }
            Outcome::Canceled { cancellation, forced } => Self::Canceled {
                reason: cancellation.reason.as_str(),
                policy: &cancellation.policy,
                detail: &cancellation.detail,
                forced: *forced,
            },
            Outcome::Trapped { kind, message } => Self::Trapped { trap: kind.to_string(), message },
            Outcome::DeferralAbandoned { open } => Self::DeferralAbandoned { open: *open },
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}

#[derive(Serialize)]
struct ReceiptLine {
    queue_wait_ms: f64,
    wall_ms: f64,
    paused_ms: f64,
    pauses: u32,
    cpu_ms: f64,
    peak_memory_bytes: u64,
    memory_refusals: u32,
    stdout_bytes: u64,
    stderr_bytes: u64,
    output_dropped_bytes: u64,
    deferrals: u32,
    progress: Option<u32>,
    denials: u32,
}

impl From<&Receipt> for ReceiptLine {
    fn from(receipt: &Receipt) -> Self {
        Self {
            queue_wait_ms: ms(receipt.queue_wait),
            wall_ms: ms(receipt.wall),
            paused_ms: ms(receipt.paused),
            pauses: receipt.suspended_count,
            cpu_ms: ms(receipt.cpu),
            peak_memory_bytes: receipt.peak_memory_bytes,
            memory_refusals: receipt.memory_refusals,
            stdout_bytes: receipt.stdout_bytes,
            stderr_bytes: receipt.stderr_bytes,
            output_dropped_bytes: receipt.output_dropped_bytes,
            deferrals: receipt.deferrals,
            progress: receipt.progress,
            denials: receipt.denials,
        }
    }
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use dormouse::core::{Timestamp, event::Stream};
    use dormouse::{Cancellation, CancellationReason};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn written(kind: EventKind) -> Value {
        let registration = RegistrationId::from_uuid(Uuid::nil());
        let line = line(&Event { at: Timestamp::from_millis(0), registration, kind }).expect("it is JSON");
        assert!(!line.contains('\n'), "{line}");
        serde_json::from_str(&line).expect("it can be read")
    }

    fn run() -> RunId {
        RunId::from_uuid(Uuid::from_u128(7))
    }

    #[test]
    fn an_end_carries_outcome_and_receipt() {
        let cancellation = Cancellation::new(CancellationReason::ExecutionTimeExceeded, "cpu", "1s of 1s");
        let ended = written(EventKind::Ended {
            activation: ActivationId::from_uuid(Uuid::nil()),
            run: run(),
            attempt: 2,
            outcome: Outcome::Canceled { cancellation, forced: true },
            receipt: Box::new(Receipt { cpu: Duration::from_micros(1500), ..Receipt::default() }),
        });
        for (field, value) in [
            ("time", json!("1970-01-01T00:00:00Z")),
            ("event", json!("ended")),
            ("attempt", json!(2)),
            ("outcome", json!("canceled")),
            ("reason", json!("execution-time-exceeded")),
            ("policy", json!("cpu")),
            ("forced", json!(true)),
        ] {
            assert_eq!(ended[field], value, "{field}");
        }
        assert_eq!(ended["receipt"]["cpu_ms"], json!(1.5));
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
    }

    #[test]
    fn a_denial_names_the_flag_that_would_grant_it() {
        let denied = written(EventKind::Denied { run: run(), what: "connect 127.0.0.1:80".to_owned() });
        assert_eq!(denied["grant"], json!("--allow-net 127.0.0.1:80"));
        let listen = written(EventKind::Denied { run: run(), what: "listen 127.0.0.1:80".to_owned() });
        assert_eq!(listen.get("grant"), None);
    }
}
