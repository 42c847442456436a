//! Lives of activations, as hosts tell them.

use std::time::Duration;

use dormouse_core::admission::Shortage;
use dormouse_core::app::lifecycle::{AppState, End, HandlerName};
use dormouse_core::condition::Blocking;
use dormouse_core::event::{Event, EventKind, Stream};
use dormouse_core::{
    ActivationId, AppEvent, AppEventKind, AppId, Cancellation, CancellationReason, Ending, Holds, Outcome,
    Receipt, Refusal, RunId, Stop, TaskFailure, Timestamp, TrapKind,
};
use uuid::Uuid;

use super::{DAY, event};

/// The activation number `n`.
pub(super) fn activation(n: u128) -> ActivationId {
    ActivationId::from_uuid(Uuid::from_u128(n))
}

/// The run number `n`.
pub(super) fn run(n: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(n))
}

pub(super) fn receipt() -> Receipt {
    Receipt {
        queue_wait: Duration::from_millis(500),
        wall: Duration::from_secs(2),
        paused: Duration::from_secs(1),
        suspended_count: 1,
        cpu: Duration::from_millis(250),
        peak_memory_bytes: 2 * 1024 * 1024,
        memory_refusals: 1,
        stdout_bytes: 1_500,
        stderr_bytes: 500,
        output_dropped_bytes: 48,
        deferrals: 1,
        denials: 1,
        host_calls: 7,
        stop: Some(Stop {
            threshold: Some(Duration::from_secs(25)),
            observed: Some(Duration::from_millis(25_500)),
            ..Stop::by(&cancellation("wall"))
        }),
        ..Receipt::default()
    }
}

pub(super) fn canceled(policy: &str, forced: bool) -> Outcome {
    Outcome::Canceled { cancellation: cancellation(policy), forced }
}

pub(super) fn cancellation(policy: &str) -> Cancellation {
    Cancellation::new(CancellationReason::ExecutionTimeExceeded, policy, "25s of 25s")
}

pub(super) fn fired(n: u128) -> EventKind {
    EventKind::Fired { activation: activation(n), coalesced: 1 }
}

pub(super) fn started(n: u128, of: u128, attempt: u32) -> EventKind {
    EventKind::Started { activation: activation(of), run: run(n), attempt }
}

pub(super) fn ended(n: u128, of: u128, attempt: u32, outcome: Outcome) -> EventKind {
    let ending = matches!(outcome, Outcome::Canceled { .. }).then_some(Ending {
        told: Some(Duration::from_millis(2)),
        ended: Duration::from_millis(200),
        freed: Duration::from_micros(500),
    });
    let receipt = Box::new(Receipt { ending, ..receipt() });
    EventKind::Ended { activation: activation(of), run: run(n), attempt, outcome, receipt }
}

pub(super) fn completed(n: u128, success: bool) -> EventKind {
    EventKind::Completed { activation: activation(n), success }
}

pub(super) fn latched(n: u128, conditions: &[&str]) -> EventKind {
    let blocking = conditions
        .iter()
        .map(|condition| Blocking { condition: condition.parse().unwrap(), holds: Holds::Unmet })
        .collect();
    EventKind::Latched { activation: activation(n), blocking }
}

/// Activation 1 of registration 1: every station once, the first run (11) cancelled, the second (12) successful.
pub(super) fn whole_life() -> Vec<Event> {
    let failure = EventKind::RegistrationFailed {
        app: AppId::new("app7").unwrap(),
        name: "never".to_owned(),
        error: "no such entry point".to_owned(),
    };
    let kinds = [
        failure,
        EventKind::Registered { name: "feeds".to_owned() },
        fired(1),
        EventKind::Fired { activation: activation(1), coalesced: 2 },
        EventKind::Duplicate { activation: activation(1) },
        EventKind::Refused { reason: Refusal::QueueFull },
        latched(1, &["internet-available", "time-window:22:00-06:00"]),
        EventKind::Waiting { activation: activation(1), shortage: Shortage::Host },
        started(11, 1, 1),
        EventKind::DeferralTaken { run: run(11), open: 1 },
        EventKind::Denied { run: run(11), what: "network access to example.org:443".to_owned() },
        EventKind::MemoryRefused { run: run(11), wanted: 65_536, limit: 1_024 },
        EventKind::Paused { run: run(11), until: Timestamp::from_millis(DAY + 1_100) },
        EventKind::Resumed { run: run(11) },
        EventKind::Returned { run: run(11), ok: true, open: 1 },
        EventKind::CancelRequested { run: run(11), cancellation: cancellation("wall") },
        EventKind::DeferralCompleted { run: run(11), open: 0 },
        ended(11, 1, 1, canceled("wall", true)),
        EventKind::Retrying {
            activation: activation(1),
            attempt: 2,
            not_before: Timestamp::from_millis(DAY),
        },
        started(12, 1, 2),
        ended(12, 1, 2, Outcome::Succeeded),
        completed(1, true),
    ];
    kinds.into_iter().zip(0..).map(|(kind, n)| event(100 * n, 1, kind)).collect()
}

/// What did not happen in [`whole_life`]: with it, everything has happened.
pub(super) fn mishaps() -> Vec<Event> {
    let failure = TaskFailure { message: "disk full".to_owned(), retry_after: None };
    let trap = Outcome::Trapped { kind: TrapKind::StackOverflow, message: "call stack exhausted".to_owned() };
    let kinds = [
        EventKind::Interrupted { activation: activation(2), run: run(20) },
        started(21, 2, 2),
        ended(21, 2, 2, Outcome::Failed(failure)),
        started(22, 2, 3),
        ended(22, 2, 3, trap),
        completed(2, false),
        EventKind::LeaseLost { activation: activation(3), run: run(31) },
        EventKind::Quarantined { crashes: 3 },
        EventKind::Released,
        EventKind::Redriven { dead: activation(2), activation: activation(4) },
        EventKind::Fault { message: "the source is gone".to_owned(), given_up: true },
        EventKind::Spent,
        EventKind::Unregistered { withdrawn: 1 },
    ];
    kinds.into_iter().zip(0..).map(|(kind, n)| event(10_000 + 100 * n, 2, kind)).collect()
}

/// What is told of an app that is launched, suspended and ended, and of what a guest can have told without end.
pub(super) fn app_life() -> Vec<AppEvent> {
    use AppEventKind as Kind;
    let returned = |handler, took_ms| Kind::Returned { handler, call: 1, took_ms };
    let ended = |end| Kind::Ended { end, message: "it did not return".to_owned() };
    let kinds = [
        Kind::StateChanged { from: AppState::NotRunning, to: AppState::Background },
        returned(HandlerName::Launched, 20),
        returned(HandlerName::Suspending, 1_500),
        Kind::Output { stream: Stream::Stdout, text: "whisper".to_owned() },
        Kind::Denied { what: "whisper".to_owned() },
        returned(HandlerName::Suspending, 3_000),
        ended(End::Hung { handler: HandlerName::Resuming }),
        ended(End::Hung { handler: HandlerName::Launched }),
        ended(End::Crashed),
    ];
    let app = AppId::new("notes").unwrap();
    let at = Timestamp::from_millis(DAY);
    kinds.into_iter().map(|kind| AppEvent { at, app: app.clone(), session: 1, kind }).collect()
}
