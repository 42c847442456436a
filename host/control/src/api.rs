//! What goes over the wire: the types of version 1, for server and client alike.
//!
//! Moments are RFC 3339 strings in UTC, spans are numbers of milliseconds with a fraction (`_ms`), sizes are `_bytes`,
//! ids are UUIDs, enums are words in kebab case. What a request has and this version does not know is refused, never
//! ignored.

mod activation;
mod app;
mod app_event;
mod delivery;
mod event;
mod explain;
mod fire;
mod grant;
mod host;
mod launch;
mod lifecycle;
mod limits;
mod machine;
pub(crate) mod moment;
mod page;
mod problem;
mod quota;
mod registration;
mod run;
mod trigger;
mod usage;
pub(crate) mod words;

pub use activation::{ActivationView, CompletionView, MissedView, ProgressView};
pub use app::{
    AccessRequest, AccessView, AppLifeView, AppView, ConsentRequest, ContradictionView, DirectoryView,
    DroppedView, GrantedView, InstallRequest, InstallationView, UploadView,
};
pub use app_event::AppEventView;
pub use delivery::{
    AckRequest, DeadLetterView, FailingView, RedrivenView, SubscriberView, UndeliveredView, WebhookMade,
    WebhookRequest, WebhookView,
};
pub(crate) use event::ToldObject;
pub use event::{EventKindView, EventView, LaggedView};
pub use explain::{ConditionState, ExplanationView, RefusalView, RunningSince, WaitingView, WhyView};
pub use fire::{
    FireRequest, FireResult, FiredView, PayloadRefused, SignalRequest, SignaledResult, SignaledView,
};
pub use grant::grant_for;
pub use host::{HealthView, HostInfo, StatsView};
pub use launch::{
    ActivationRequest, ItemRequest, LaunchAsked, LaunchRefused, LaunchRequest, LaunchResult, LaunchedView,
};
pub use lifecycle::{AppEndView, AppStateView};
pub use limits::{LimitsView, RetryView, SpanRefused};
pub use machine::{ConditionView, TriggerCatalogView};
pub use moment::Moment;
pub use page::{LIST_LIMIT, LIST_LIMIT_MAX, Page};
pub use problem::{Code, Problem};
pub use quota::{QuotaDecisionView, QuotaRefused, QuotaRequest, QuotaView};
pub use registration::{
    IfExists, RegisterRefused, RegisterRequest, RegisteredView, RegistrationView, ReleasedView,
    UnregisteredView, ValidView,
};
pub use run::{
    CancelRequest, CanceledView, EndingView, OutcomeView, OutputView, ReceiptView, RunOrRunning, RunView,
    RunningView, StopView,
};
pub use trigger::describe_trigger;
pub use usage::{AppLimitsDecisionView, AppLimitsView, AppUsageView, FoldersView};
