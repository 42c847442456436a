//! The rules of Dormouse.
//!
//! What a registration may say, when an activation may start, what a run may use and how it ends: decided
//! here, and only here, as plain functions and machines. This crate has no clock, no randomness, no
//! runtime and no WebAssembly: moments, ids and what guests do come in as arguments, decisions go out as
//! values. Its tests never sleep.
//!
//! | to learn about | read |
//! | --- | --- |
//! | what wakes a task | [`trigger`], [`schedule`] |
//! | what holds it back | [`condition`], [`overlap`], [`admission`], [`quota`] |
//! | one occasion, from firing to end | [`activation`] |
//! | one attempt, with deferrals, cancellation and grace | [`run`] |
//! | what a run may use | [`limits`] |
//! | how it ended | [`outcome`], [`completion`] |
//! | what is kept | [`store`] |

pub mod activation;
pub mod admission;
pub mod clock;
pub mod completion;
pub mod condition;
pub mod event;
pub mod ids;
pub mod limits;
pub mod order;
pub mod outcome;
pub mod overlap;
pub mod provider;
pub mod quota;
pub mod registration;
pub mod retry;
pub mod run;
pub mod schedule;
pub mod store;
pub mod time;
pub mod trigger;

pub use activation::{Activation, ActivationState};
pub use clock::{Clock, SimClock};
pub use completion::{Completion, Cursor, RunRecord};
pub use condition::{Condition, Holds};
pub use event::{Event, EventKind, Observer, RecordingObserver, Stream};
pub use ids::{ActivationId, AppId, Fence, IdSource, NodeId, RegistrationId, RunId};
pub use limits::{Class, Limits, LimitsRequest};
pub use outcome::{Cancellation, CancellationReason, Outcome, Receipt, TaskFailure, TrapKind};
pub use overlap::{Overlap, Refusal};
pub use provider::{ConditionProvider, FixedProvider, ScriptedSource, SignalSource, WorkCost};
pub use quota::QuotaPolicy;
pub use registration::{Registration, RegistrationError, TaskBuilder};
pub use retry::RetryPolicy;
pub use run::RunMachine;
pub use schedule::Misfire;
pub use store::{MemoryStore, Store, StoreError};
pub use time::{Instant, Timestamp};
pub use trigger::{
    CronTrigger, FilesystemTrigger, Message, SignalTrigger, StorageChange, StorageChangeKind, TimeTrigger,
    Trigger, TriggerDetails, TriggerKind,
};
