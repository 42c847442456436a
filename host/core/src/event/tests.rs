use std::iter::successors;

use super::*;
use crate::condition::{Condition, Holds};
use crate::outcome::CancellationReason;

const ACTIVATION: ActivationId = ActivationId::from_uuid(uuid::Uuid::from_u128(7));
const RUN: RunId = RunId::from_uuid(uuid::Uuid::from_u128(8));

/// One of each kind, in order: an event that is new has no place in the chain, and this does not compile.
fn next(kind: &EventKind) -> Option<EventKind> {
    use EventKind as Kind;
    let (activation, run, at) = (ACTIVATION, RUN, Timestamp::EPOCH);
    let text = String::new;
    Some(match kind {
        Kind::Registered { .. } => {
            let app = AppId::new("app").unwrap();
            Kind::RegistrationFailed { app, name: text(), error: text() }
        }
        Kind::RegistrationFailed { .. } => Kind::Unregistered { withdrawn: 1 },
        Kind::Unregistered { .. } => Kind::Spent,
        Kind::Spent => Kind::Fired { activation, coalesced: 1 },
        Kind::Fired { .. } => Kind::Duplicate { activation },
        Kind::Duplicate { .. } => Kind::Refused { reason: Refusal::Quarantined },
        Kind::Refused { .. } => {
            let blocking = vec![Blocking { condition: Condition::UserPresent, holds: Holds::Unmet }];
            Kind::Latched { activation, blocking }
        }
        Kind::Latched { .. } => Kind::Waiting { activation, shortage: Shortage::Host },
        Kind::Waiting { .. } => Kind::Started { activation, run, attempt: 1 },
        Kind::Started { .. } => Kind::DeferralTaken { run, open: 1 },
        Kind::DeferralTaken { .. } => Kind::DeferralCompleted { run, open: 0 },
        Kind::DeferralCompleted { .. } => Kind::Returned { run, ok: true, open: 0 },
        Kind::Returned { .. } => Kind::Progress { run, value: 1 },
        Kind::Progress { .. } => Kind::Output { run, stream: Stream::Stdout, text: text() },
        Kind::Output { .. } => Kind::Denied { run, what: text() },
        Kind::Denied { .. } => Kind::MemoryRefused { run, wanted: 2, limit: 1 },
        Kind::MemoryRefused { .. } => {
            let cancellation = Cancellation::new(CancellationReason::Abort, "operator", "");
            Kind::CancelRequested { run, cancellation }
        }
        Kind::CancelRequested { .. } => Kind::Paused { run, until: at },
        Kind::Paused { .. } => Kind::Resumed { run },
        Kind::Resumed { .. } => {
            let receipt = Box::default();
            Kind::Ended { activation, run, attempt: 1, outcome: Outcome::Succeeded, receipt }
        }
        Kind::Ended { .. } => Kind::Retrying { activation, attempt: 2, not_before: at },
        Kind::Retrying { .. } => Kind::Interrupted { activation, run },
        Kind::Interrupted { .. } => Kind::Completed { activation, success: true },
        Kind::Completed { .. } => Kind::LeaseLost { activation, run },
        Kind::LeaseLost { .. } => Kind::Quarantined { crashes: 3 },
        Kind::Quarantined { .. } => Kind::Released,
        Kind::Released => {
            Kind::Redriven { dead: ActivationId::from_uuid(uuid::Uuid::from_u128(6)), activation }
        }
        Kind::Redriven { .. } => Kind::Fault { message: text(), given_up: false },
        Kind::Fault { .. } => return None,
    })
}

#[test]
fn each_event_is_written_by_its_name_and_names_its_run_and_activation() {
    let first = EventKind::Registered { name: String::new() };
    let registration = RegistrationId::from_uuid(uuid::Uuid::from_u128(1));
    for kind in successors(Some(first), next) {
        let event = Event { at: Timestamp::EPOCH, registration, kind };
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["event"], event.kind.name());
        let id = |field| json.get(field).and_then(|id| id.as_str()).map(|id| id.parse().unwrap());
        assert_eq!(event.kind.run(), id("run").map(RunId::from_uuid), "{json}");
        assert_eq!(event.kind.activation(), id("activation").map(ActivationId::from_uuid), "{json}");
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
    }
}
