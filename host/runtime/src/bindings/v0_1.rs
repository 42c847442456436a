//! `dormouse:background@0.1.0`: generated bindings, and the conversions from and to our own types.
//!
//! Three worlds, one set of types: a guest whose toolchain has no async functions imports `waiting-sync` and
//! exports `background-task-sync`; an app has more of both ([`app`]); everything else is shared.

pub(crate) mod app;
pub(crate) mod registrations;

use std::time::Duration;

use dormouse_core::outcome::{CancellationReason, TaskFailure, bounded_message};
use dormouse_core::run::{DeferralError, Throttle};
use dormouse_core::trigger::{self, SocketReason, StorageChangeKind};

use crate::sandbox::port::{ActivationInfo, SocketError, Told};
use dormouse_core::WorkCost;

/// A handle of the guest's to a run. It says which run of an app's it is; a task has no other.
#[expect(unreachable_pub, reason = "generated code re-exports it")]
#[derive(Debug)]
pub struct Instance;

/// A deferral of the guest's. The handle is the deferral: the guest can neither copy nor forge it. It says what the handle
/// to its run does.
#[expect(unreachable_pub, reason = "generated code re-exports it")]
#[derive(Debug)]
pub struct Deferral;

pub(crate) mod asynchronous {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "task",
        // Some of them wait for the store, and a guest seldom calls any of them.
        imports: { "dormouse:background/registration": async | trappable, default: trappable },
        exports: { default: async },
        with: {
            "dormouse:background/registration.task-builder": super::registrations::Builder,
            "dormouse:background/instance.background-task-instance": super::Instance,
            "dormouse:background/instance.deferral": super::Deferral,
        },
    });
}

pub(crate) mod blocking {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "task-sync",
        imports: { "dormouse:background/waiting-sync": async | trappable, default: trappable },
        // With the store, so that calls take an accessor, as in the other world.
        exports: { default: async | store },
        with: {
            "dormouse:background/types": super::asynchronous::dormouse::background::types,
            "dormouse:background/instance": super::asynchronous::dormouse::background::instance,
            "dormouse:background/registration": super::asynchronous::dormouse::background::registration,
            "dormouse:background/sockets": super::asynchronous::dormouse::background::sockets,
        },
    });
}

pub(crate) use asynchronous::dormouse::background::{instance, registration, sockets, types, waiting};
pub(crate) use blocking::dormouse::background::waiting_sync;

/// Whole milliseconds, rounded up so that what is left is never told as nothing; 49 days at most.
pub(crate) fn millis(span: Duration) -> u32 {
    u32::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

/// A number of bytes. Exact up to 2^53; a memory has at most 2^32.
#[expect(clippy::cast_precision_loss, reason = "the limit of a guest is far below 2^53 bytes")]
fn bytes(count: u64) -> f64 {
    count as f64
}

/// A budget, for [`types::Budget`].
pub(crate) fn budget(left: crate::sandbox::port::TimeLeft, memory_bytes: u64) -> types::Budget {
    types::Budget {
        cpu_ms: millis(left.cpu),
        wall_ms: millis(left.wall),
        memory_bytes: bytes(memory_bytes),
        quota_cpu_ms: left.quota_cpu.map(millis),
    }
}

impl From<CancellationReason> for types::CancellationReason {
    fn from(reason: CancellationReason) -> Self {
        match reason {
            CancellationReason::Abort => Self::Abort,
            CancellationReason::Terminating => Self::Terminating,
            CancellationReason::LoggingOff => Self::LoggingOff,
            CancellationReason::ServicingUpdate => Self::ServicingUpdate,
            CancellationReason::IdleTask => Self::IdleTask,
            CancellationReason::Uninstall => Self::Uninstall,
            CancellationReason::ConditionLoss => Self::ConditionLoss,
            CancellationReason::SystemPolicy => Self::SystemPolicy,
            CancellationReason::QuietHoursEntered => Self::QuietHoursEntered,
            CancellationReason::ExecutionTimeExceeded => Self::ExecutionTimeExceeded,
            CancellationReason::ResourceRevocation => Self::ResourceRevocation,
            CancellationReason::EnergySaver => Self::EnergySaver,
        }
    }
}

impl From<Told> for types::Cancellation {
    fn from(told: Told) -> Self {
        Self {
            reason: told.cancellation.reason.into(),
            policy: told.cancellation.policy,
            detail: told.cancellation.detail,
            grace_ms: millis(told.grace),
        }
    }
}

impl From<ActivationInfo> for types::Activation {
    fn from(a: ActivationInfo) -> Self {
        Self {
            instance_id: a.instance_id,
            registration_id: a.registration_id,
            name: a.name,
            app: a.app,
            attempt: a.attempt,
            coalesced: a.coalesced,
            scheduled_for_ms: a.scheduled_for.map(|t| t.as_millis_f64()),
            fired_at_ms: a.fired_at.as_millis_f64(),
        }
    }
}

impl From<trigger::TriggerDetails> for types::TriggerDetails {
    fn from(details: trigger::TriggerDetails) -> Self {
        match details {
            trigger::TriggerDetails::None => Self::None,
            trigger::TriggerDetails::Application(bytes) => Self::Application(bytes),
            trigger::TriggerDetails::StorageChanges(changes) => {
                Self::StorageChanges(changes.into_iter().map(Into::into).collect())
            }
            trigger::TriggerDetails::Message(message) => Self::Message(message.into()),
            trigger::TriggerDetails::Socket(socket) => Self::Socket(types::SocketActivity {
                reason: match socket.reason {
                    SocketReason::SocketActivity => types::SocketReason::SocketActivity,
                    SocketReason::ConnectionAccepted => types::SocketReason::ConnectionAccepted,
                    SocketReason::KeepAliveTimerExpired => types::SocketReason::KeepAliveTimerExpired,
                    SocketReason::SocketClosed => types::SocketReason::SocketClosed,
                },
                socket_id: socket.socket_id,
                peer: socket.peer,
                payload: socket.payload,
            }),
        }
    }
}

impl From<trigger::Message> for types::Message {
    fn from(message: trigger::Message) -> Self {
        Self { topic: message.topic, content_type: message.content_type, body: message.body }
    }
}

impl From<trigger::StorageChange> for types::StorageChange {
    fn from(change: trigger::StorageChange) -> Self {
        let kind = match change.kind {
            StorageChangeKind::Created => types::StorageChangeKind::Created,
            StorageChangeKind::Modified => types::StorageChangeKind::Modified,
            StorageChangeKind::Removed => types::StorageChangeKind::Removed,
            StorageChangeKind::Renamed => types::StorageChangeKind::Renamed,
            StorageChangeKind::ChangesLost => types::StorageChangeKind::ChangesLost,
        };
        Self { kind, path: change.path }
    }
}

impl From<WorkCost> for types::WorkCost {
    fn from(cost: WorkCost) -> Self {
        match cost {
            WorkCost::Low => Self::Low,
            WorkCost::Medium => Self::Medium,
            WorkCost::High => Self::High,
        }
    }
}

impl From<DeferralError> for types::DeferralError {
    fn from(error: DeferralError) -> Self {
        match error {
            DeferralError::Ended => Self::Ended,
            DeferralError::TooMany => Self::TooMany,
        }
    }
}

impl From<SocketError> for sockets::SocketError {
    fn from(error: SocketError) -> Self {
        match error {
            SocketError::NotOwned => Self::NotOwned,
            SocketError::Closed => Self::Closed,
            SocketError::Full => Self::Full,
        }
    }
}

/// Which pauses a guest asks for; none stands for all.
pub(crate) const fn throttle(counter: types::ThrottleCounter) -> Option<Throttle> {
    match counter {
        types::ThrottleCounter::All => None,
        types::ThrottleCounter::Cpu => Some(Throttle::Cpu),
        types::ThrottleCounter::Network => Some(Throttle::Network),
    }
}

/// What a guest says of its failure. Its message is cut.
pub(crate) fn answer(answer: Result<(), types::TaskError>) -> Result<(), TaskFailure> {
    answer.map_err(|error| match error {
        types::TaskError::Failed(message) => {
            TaskFailure { message: bounded_message(message), retry_after: None }
        }
        types::TaskError::RetryAfterMs(ms) => TaskFailure {
            message: "it asks to be run again later".to_owned(),
            retry_after: Some(Duration::from_millis(ms.into())),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_rounded_up_and_saturates() {
        assert_eq!(millis(Duration::ZERO), 0);
        assert_eq!(millis(Duration::from_nanos(1)), 1);
        assert_eq!(millis(Duration::from_micros(1_001)), 2);
        assert_eq!(millis(Duration::MAX), u32::MAX);
    }
}
