//! What a sandbox needs of whom it serves: all of it, and nothing else.
//!
//! The sandbox knows guests and no rules; runs and apps know rules and no guests. They meet here. What a guest may do in
//! either is [`AppPort`]; what belongs to one run is [`RunPort`]; what belongs to the life of an app is
//! [`SessionPort`](crate::lifecycle::port::SessionPort).

use std::time::Duration;

use dormouse_core::event::Stream;
use dormouse_core::run::{DeferralError, Throttle};
use dormouse_core::{Cancellation, TaskFailure, Timestamp, TriggerDetails, WorkCost};
use futures::future::BoxFuture;

use super::registrations::Registrations;
use super::settings::AppSettings;

/// Why the task was woken: the contract's `activation`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ActivationInfo {
    pub(crate) instance_id: String,
    pub(crate) registration_id: String,
    pub(crate) name: String,
    pub(crate) app: String,
    pub(crate) attempt: u32,
    pub(crate) coalesced: u32,
    pub(crate) scheduled_for: Option<Timestamp>,
    pub(crate) fired_at: Timestamp,
}

/// A cancellation as the guest is told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) cancellation: Cancellation,
    /// How long the run may go on, counted from the moment of cancellation: the same whenever it is asked.
    pub(crate) grace: Duration,
}

/// What the run has left until it is cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimeLeft {
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    /// Until the app's quota pauses it; none if the app has no quota.
    pub(crate) quota_cpu: Option<Duration>,
}

/// What a guest wanted to do without the grant for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DenialKind {
    /// Send an HTTP request.
    Http,
    /// Connect or send to an address, or make the socket for it.
    Connect,
    /// Bind to an address of the machine's, or listen.
    Listen,
    /// Look up a name.
    Lookup,
    /// Keep more than its app may: in its folders, or in its settings.
    Keep,
}

impl DenialKind {
    /// Its name in events.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Connect => "connect",
            Self::Listen => "listen",
            Self::Lookup => "lookup",
            Self::Keep => "keep",
        }
    }
}

/// A guest asked for something that was not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    pub(crate) kind: DenialKind,
    /// To whom, or what for. Comes from the guest; cut to 256 bytes.
    pub(crate) what: String,
}

impl std::fmt::Display for Denial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.what)
    }
}

/// What a guest asks of a socket that the host owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SocketAsk {
    /// Send these bytes.
    Send(Vec<u8>),
    /// Have it back.
    Transfer,
    /// Send what waits, and close it.
    Close,
}

/// Why nothing was done: the contract's `socket-error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketError {
    /// The run does not have it.
    NotOwned,
    /// The connection is gone.
    Closed,
    /// More waits to be sent than is kept for one connection.
    Full,
}

/// The app that a guest belongs to, as its sandbox sees it. Called from inside a poll of the sandbox; nothing here may
/// block, poll the sandbox or drop it.
pub(crate) trait AppPort: Registrations {
    /// Its settings; none if it has none.
    fn settings(&self) -> Option<AppSettings> {
        None
    }

    /// Resolves with a cancellation that comes from now on: what the guest waits for meanwhile is cut short, so that it can
    /// use its grace. With none, or never, if nothing cuts it short.
    fn interruption(&self) -> BoxFuture<'static, Option<Told>>;

    /// The guest asked for something that was not granted.
    fn denied(&self, denial: Denial);

    /// The guest wrote to `stream`, within the budget for live output.
    fn output(&self, stream: Stream, bytes: &[u8]);

    /// A growth to `wanted` bytes in total was refused, the limit being `limit`.
    fn memory_refused(&self, wanted: u64, limit: u64);
}

/// One run, as its sandbox sees it. Called as [`AppPort`] is.
pub(crate) trait RunPort: AppPort {
    /// Why the task was woken.
    fn activation(&self) -> ActivationInfo;

    /// What came with the trigger.
    fn details(&self) -> TriggerDetails;

    /// The guest accepts the storage changes that came with the trigger.
    fn accept_changes(&self);

    /// The guest asks something of the socket that it calls `socket_id`.
    fn socket(&self, socket_id: &str, ask: SocketAsk) -> Result<(), SocketError>;

    /// The guest asks for a deferral.
    fn take_deferral(&self) -> Result<(), DeferralError>;

    /// The guest completed or dropped a deferral.
    fn complete_deferral(&self);

    /// The progress last set; 0 at first.
    fn progress(&self) -> u32;

    /// The guest tells how far it is.
    fn set_progress(&self, value: u32);

    /// How often a policy paused the run.
    fn suspended_count(&self) -> u32;

    /// How often one kind of quota paused the run; all of them for none.
    fn throttle_count(&self, throttle: Option<Throttle>) -> u32;

    /// The cancellation, once there is one.
    fn cancellation(&self) -> Option<Told>;

    /// What the run has left. The CPU bill is up to date when this is called.
    fn time_left(&self) -> TimeLeft;

    /// What background work costs at present.
    fn work_cost(&self) -> WorkCost;

    /// Resolves with the cancellation, or with none when the task has said that it is done. Several may wait
    /// at once.
    fn canceled(&self) -> BoxFuture<'static, Option<Told>>;

    /// Resolves with none after `span`, or at once with the cancellation. Several may wait at once.
    fn sleep(&self, span: Duration) -> BoxFuture<'static, Option<Told>>;

    /// `run` returned. Called at most once, and before [`RunPort::nothing_left`].
    fn returned(&self, answer: Result<(), TaskFailure>);

    /// `run` returned and no task is left in the guest: nothing can happen in it any more.
    fn nothing_left(&self);
}
