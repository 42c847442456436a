//! Dormouse runs background tasks that you did not write, inside a program that you did.
//!
//! A task is a WebAssembly component that exports `background-task`. When its trigger fires and its
//! conditions hold, a [`Host`] instantiates it in a fresh sandbox, gives it a budget of CPU time, wall-clock
//! time and memory, lets it defer its end, tells it when it is cancelled, and takes the sandbox away when it
//! does not listen. Every firing that is accepted runs to a recorded end.
//!
//! ```no_run
//! use dormouse::{App, AppId, Component, Host, IfExists, TaskBuilder, Trigger};
//!
//! # async fn example() -> anyhow::Result<()> {
//! let host = Host::builder().start().await?;
//!
//! let app = AppId::new("org.example.greeter")?;
//! let component = Component::compile(host.engine(), &std::fs::read("greeter.wasm")?)?;
//! host.install(App::new(app.clone()).entry_point("main", component))?;
//!
//! let task = TaskBuilder::new("greet").entry_point("main").trigger(Trigger::Application);
//! let registered = host.register(&app, task, IfExists::default()).await?;
//!
//! let fired = host.request(registered.id, "world").await?;
//! if let Some(activation) = fired.activation() {
//!     let completion = host.completed(activation).await?;
//!     println!("{}, {:?} of CPU", completion.run.outcome, completion.run.receipt.cpu);
//! }
//! host.shutdown(false).await;
//! # Ok(())
//! # }
//! ```
//!
//! | to learn about | read |
//! | --- | --- |
//! | what a host is made of | [`HostBuilder`] |
//! | what an app may use | [`App`], [`Grants`], [`LimitsRequest`] |
//! | apps that outlive their runs | [`AppComponent`], [`AppHandle`] |
//! | who is told what | [`Observer`], [`Subscription`] |
//! | programs without a registration | [`command`] |
//! | the rules themselves | [`core`] |
//! | testing without waiting | `testing::Rig`, feature `test-util` |

mod app;
mod bindings;
mod builder;
mod clock;
pub mod command;
mod component;
mod drive;
mod engine;
mod epoch;
mod folders;
mod guests;
mod host;
mod imports;
mod lifecycle;
mod meter;
mod observe;
mod packages;
mod registrar;
mod registry;
mod sandbox;
mod shared;
mod source;
mod subscribe;

#[cfg(feature = "test-util")]
pub mod testing;

/// The rules: no clock, no runtime, no WebAssembly.
pub use dormouse_core as core;

/// Packages on their way in: manifests, archives, what they ask for.
pub use dormouse_package as package;

pub use dormouse_core::{
    AccessStatus, ActivationId, AppId, AppLimits, AppLimitsError, AppLimitsRequest, ApplicationTriggerResult,
    Cancellation, CancellationReason, Class, Clock, Completion, Condition, ConditionProvider, CronTrigger,
    Cursor, Event, EventKind, Explanation, FilesystemTrigger, FixedProvider, Holds, HostPort, HostPortError,
    Limits, LimitsRequest, MaintenanceTrigger, MemoryStore, Message, MessageTrigger, Misfire, Observer,
    Outcome, Overlap, Profile, QuotaDecision, QuotaPolicy, Receipt, Recurrence, Refusal, RegistrationId,
    Retention, RetryPolicy, RunId, RunOutput, Signal, SignalSource, SignalTrigger, SocketTrigger, Store,
    Stream, SystemEvent, SystemTrigger, TaskBuilder, TimeTrigger, TimerProfile, Trigger, TriggerDetails,
    TriggerKind, WorkCost,
};

pub use app::{App, AppComponent};
pub use builder::{HostBuilder, StartError};
pub use clock::TokioClock;
pub use component::{
    CACHE_BYTES_MAX, COMPONENT_LEN_MAX, CacheError, CompileLimits, Compiler, Component, ComponentCache,
    ComponentError, Digest, IN_PROCESS_LEN_MAX, compile_worker,
};
pub use dormouse_core::activation::KEY_LEN_MAX;
pub use dormouse_core::app::policy::{AppPolicy, MemoryAsked};
pub use dormouse_core::quota::{QuotaSource, Reserve};
pub use dormouse_core::store::{ListedRun, Redriven, RunFilter};
pub use drive::intake::{FireError, Fired};
pub use engine::{Allocator, Engine, EngineConfig, EngineError, Pooling};
pub use host::{
    Ailment, AppUsage, EngineStats, FireOptions, FoldersUsed, Host, HostError, HostStats, IfExists, Latency,
    Outlook, PoolStats, QuotaView, Registered, Unhealthy,
};
pub use lifecycle::{AppError, AppHandle, AppView, Launch, Prelaunched, VisibilityLease};
pub use observe::TracingObserver;
pub use packages::{
    Consent, Dropped, InstallError, InstallOptions, Installation, PackageConfig, PackageInfo,
};
pub use sandbox::grants::{Access, Asked, GrantError, Grants};
pub use source::socket::{CONNECTIONS_MAX, CONNECTIONS_PER_REGISTRATION, UNSENT_LEN_MAX};
pub use subscribe::{Notice, Progress, SUBSCRIBER_LEN_MAX, SubscribeError, Subscription};
