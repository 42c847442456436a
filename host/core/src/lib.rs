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
//! | what holds it back | [`access`], [`condition`], [`overlap`], [`admission`], [`quota`], [`pressure`] |
//! | why it does not run | [`explain`] |
//! | one occasion, from firing to end | [`activation`] |
//! | the life of an app that outlives its runs | [`app`] |
//! | one attempt, with deferrals, cancellation and grace | [`run`] |
//! | what a run may use, and what an app may keep | [`limits`], [`app_limits`] |
//! | how it ended | [`outcome`], [`completion`] |
//! | what is kept, and for how long | [`store`], [`retention`], [`settings`] |

pub mod access;
pub mod activation;
pub mod admission;
pub mod app;
pub mod app_limits;
pub mod application;
pub mod clock;
pub mod completion;
pub mod condition;
pub mod event;
pub mod explain;
pub mod host_port;
pub mod ids;
pub mod limits;
pub mod order;
pub mod outcome;
pub mod overlap;
pub mod pressure;
pub mod profile;
pub mod provider;
pub mod quota;
pub mod reach;
pub mod registration;
pub mod retention;
pub mod retry;
pub mod run;
pub mod schedule;
pub mod settings;
pub mod station;
pub mod store;
pub mod time;
pub mod trigger;
pub mod webhook;

pub use access::AccessStatus;
pub use activation::{Activation, ActivationState};
pub use app::AppRecord;
pub use app::event::{AppEvent, AppEventKind};
pub use app_limits::{AppLimits, AppLimitsError, AppLimitsRequest};
pub use application::ApplicationTriggerResult;
pub use clock::{Clock, SimClock};
pub use completion::{Completion, Cursor, RunOutput, RunRecord, Subscriber};
pub use condition::{Condition, Holds, Percent};
pub use event::{Event, EventKind, Observer, RecordingObserver, Stream};
pub use explain::Explanation;
pub use host_port::{HostPort, HostPortError};
pub use ids::{ActivationId, AppId, Fence, IdSource, NodeId, RegistrationId, RunId};
pub use limits::{Class, Limits, LimitsRequest};
pub use outcome::{
    Cancellation, CancellationReason, Ending, Outcome, OutcomeKind, Receipt, Stop, TaskFailure, TrapKind,
};
pub use overlap::{Overlap, Refusal};
pub use profile::Profile;
pub use provider::{ConditionProvider, FixedProvider, ScriptedSource, Signal, SignalSource, WorkCost};
pub use quota::{QuotaDecision, QuotaPolicy};
pub use registration::{Registration, RegistrationError, TaskBuilder, TimerProfile};
pub use retention::Retention;
pub use retry::RetryPolicy;
pub use run::RunMachine;
pub use schedule::Misfire;
pub use store::{MemoryStore, Store, StoreError};
pub use time::{Instant, Timestamp};
pub use trigger::{
    CronTrigger, FilesystemTrigger, MaintenanceTrigger, Message, MessageTrigger, Recurrence, SignalTrigger,
    SocketActivity, SocketReason, SocketTrigger, StorageChange, StorageChangeKind, SystemEvent,
    SystemTrigger, TimeTrigger, Trigger, TriggerDetails, TriggerKind,
};
pub use webhook::{Secret, Undelivered, Webhook};
