//! What spans and their events say, in the project's words.

use std::time::Duration;

use dormouse_core::event::EventKind;
use dormouse_core::{ActivationId, AppId, Outcome, Receipt, RegistrationId, RunId};
use opentelemetry::{KeyValue, Value};

use super::open::Activation;
use crate::metrics::observed::cut;

/// The longest text from a guest, in bytes.
const TEXT_BYTES_MAX: usize = 256;

/// Whose a span is.
pub(super) fn owner(
    activation: ActivationId,
    registration: RegistrationId,
    app: Option<&AppId>,
) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("dormouse.activation", activation.to_string()),
        KeyValue::new("dormouse.registration", registration.to_string()),
    ];
    attributes.extend(app.map(|app| KeyValue::new("dormouse.app", app.to_string())));
    attributes
}

/// How an activation went.
pub(super) fn root(activation: &Activation, success: bool) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("dormouse.coalesced", number(activation.coalesced)),
        KeyValue::new("dormouse.attempts", number(activation.attempts)),
        KeyValue::new("dormouse.success", success),
    ];
    attributes.extend(activation.outcome.map(|outcome| KeyValue::new("dormouse.outcome", outcome)));
    attributes
}

/// Which run it is.
pub(super) fn run(run: RunId, attempt: u32) -> [KeyValue; 2] {
    [KeyValue::new("dormouse.run", run.to_string()), KeyValue::new("dormouse.attempt", number(attempt))]
}

/// How a run ended.
pub(super) fn ended(outcome: &Outcome) -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new("dormouse.outcome", outcome.as_str())];
    match outcome {
        Outcome::Failed(failure) => attributes.push(text("dormouse.message", &failure.message)),
        Outcome::Trapped { kind, message } => {
            attributes.push(KeyValue::new("dormouse.trap", kind.to_string()));
            attributes.push(text("dormouse.message", message));
        }
        Outcome::Canceled { cancellation, forced } => {
            attributes.push(KeyValue::new("dormouse.cancellation.reason", cancellation.reason.as_str()));
            attributes.push(text("dormouse.cancellation.policy", &cancellation.policy));
            attributes.push(KeyValue::new("dormouse.cancellation.forced", *forced));
        }
        Outcome::Succeeded | Outcome::DeferralAbandoned { .. } | Outcome::Interrupted => {}
    }
    attributes
}

/// What a run used.
pub(super) fn receipt(receipt: &Receipt) -> Vec<KeyValue> {
    let mut attributes = vec![
        seconds("dormouse.queue_wait", receipt.queue_wait),
        seconds("dormouse.wall", receipt.wall),
        seconds("dormouse.cpu", receipt.cpu),
        seconds("dormouse.paused", receipt.paused),
        KeyValue::new("dormouse.peak_memory", number(receipt.peak_memory_bytes)),
        KeyValue::new("dormouse.stdout", number(receipt.stdout_bytes)),
        KeyValue::new("dormouse.stderr", number(receipt.stderr_bytes)),
        KeyValue::new("dormouse.output_dropped", number(receipt.output_dropped_bytes)),
        KeyValue::new("dormouse.deferrals", number(receipt.deferrals)),
        KeyValue::new("dormouse.denials", number(receipt.denials)),
        KeyValue::new("dormouse.memory_refusals", number(receipt.memory_refusals)),
        KeyValue::new("dormouse.suspended", number(receipt.suspended_count)),
        KeyValue::new("dormouse.host_calls", number(receipt.host_calls)),
    ];
    if let Some(stop) = &receipt.stop {
        attributes.push(KeyValue::new("dormouse.stop.reason", stop.reason.as_str()));
        attributes.push(text("dormouse.stop.policy", &stop.policy));
        attributes.extend(stop.threshold.map(|span| seconds("dormouse.stop.threshold", span)));
        attributes.extend(stop.observed.map(|span| seconds("dormouse.stop.observed", span)));
    }
    if let Some(ending) = receipt.ending {
        attributes.extend(ending.told.map(|span| seconds("dormouse.end.told", span)));
        attributes.push(seconds("dormouse.end.ended", ending.ended));
        attributes.push(seconds("dormouse.end.freed", ending.freed));
    }
    attributes.extend(receipt.progress.map(|progress| KeyValue::new("dormouse.progress", number(progress))));
    attributes
}

/// What an event says besides its name.
pub(super) fn event(kind: &EventKind) -> Vec<KeyValue> {
    match kind {
        EventKind::Fired { coalesced, .. } => vec![KeyValue::new("dormouse.coalesced", number(*coalesced))],
        EventKind::Redriven { dead, .. } => vec![KeyValue::new("dormouse.dead", dead.to_string())],
        EventKind::Latched { blocking, .. } => {
            let blocking: Vec<String> = blocking.iter().map(ToString::to_string).collect();
            vec![KeyValue::new("dormouse.blocking", blocking.join(", "))]
        }
        EventKind::Waiting { shortage, .. } => vec![KeyValue::new("dormouse.shortage", shortage.as_str())],
        EventKind::DeferralTaken { open, .. } | EventKind::DeferralCompleted { open, .. } => {
            vec![KeyValue::new("dormouse.open", number(*open))]
        }
        EventKind::Returned { ok, open, .. } => {
            vec![KeyValue::new("dormouse.ok", *ok), KeyValue::new("dormouse.open", number(*open))]
        }
        EventKind::Denied { what, .. } => vec![text("dormouse.what", what)],
        EventKind::MemoryRefused { wanted, limit, .. } => {
            vec![
                KeyValue::new("dormouse.wanted", number(*wanted)),
                KeyValue::new("dormouse.limit", number(*limit)),
            ]
        }
        EventKind::CancelRequested { cancellation, .. } => vec![
            KeyValue::new("dormouse.cancellation.reason", cancellation.reason.as_str()),
            text("dormouse.cancellation.policy", &cancellation.policy),
            text("dormouse.cancellation.detail", &cancellation.detail),
        ],
        EventKind::Paused { until, .. } => vec![KeyValue::new("dormouse.until", until.to_string())],
        EventKind::Retrying { attempt, not_before, .. } => vec![
            KeyValue::new("dormouse.attempt", number(*attempt)),
            KeyValue::new("dormouse.not_before", not_before.to_string()),
        ],
        EventKind::Interrupted { run, .. } | EventKind::LeaseLost { run, .. } => {
            vec![KeyValue::new("dormouse.run", run.to_string())]
        }
        _ => Vec::new(),
    }
}

fn text(name: &'static str, text: &str) -> KeyValue {
    KeyValue::new(name, cut(text, TEXT_BYTES_MAX).to_owned())
}

fn seconds(name: &'static str, span: Duration) -> KeyValue {
    KeyValue::new(name, span.as_secs_f64())
}

fn number(number: impl Into<u64>) -> Value {
    Value::I64(i64::try_from(number.into()).unwrap_or(i64::MAX))
}
