//! What the sandbox of an app needs of the app's life.

use std::time::Duration;

use dormouse_core::app::lifecycle::{
    AppState, CallId, ExtensionError, ExtensionReason, RestartError, RevokedReason,
};
use dormouse_core::app::memory::MemoryLevel;
use dormouse_core::run::DeferralError;
use dormouse_core::{TaskFailure, Timestamp};
use futures::future::BoxFuture;

use crate::sandbox::port::AppPort;

/// What an app hears of its tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskEvent {
    /// Some came to their ends.
    Completed,
    /// One told how far it is.
    Progressed,
}

/// The life of an app, as its sandbox sees it. Called as [`AppPort`] is.
pub(crate) trait SessionPort: AppPort {
    /// A handler returned.
    fn returned(&self, call: CallId);

    /// The handler of a run returned, with the run's result.
    fn activated(&self, number: u32, answer: Result<(), TaskFailure>);

    /// The handler of a task event returned.
    fn told(&self, event: TaskEvent);

    /// What a transition has left; nothing once it is over.
    fn remaining(&self, call: CallId) -> Duration;

    /// When a transition must be done. Of one that is over: any moment that is past.
    fn deadline(&self, call: CallId) -> Timestamp;

    /// The guest asks for a deferral of a transition.
    fn take_deferral(&self, call: CallId) -> Result<(), DeferralError>;

    /// The guest completed or dropped a deferral of a transition.
    fn complete_deferral(&self, call: CallId);

    /// Where in its life it is.
    fn app_state(&self) -> AppState;

    /// Bytes that it holds and may hold, and how much of it that is.
    fn memory(&self) -> (u64, u64, MemoryLevel);

    /// Whether it may be launched ahead of its user, from now on.
    fn enable_prelaunch(&self, yes: bool);

    /// The guest asks not to be suspended. The number stands for what is granted.
    fn request_extension(&self, reason: ExtensionReason, description: String) -> Result<u32, ExtensionError>;

    /// The guest closed, or dropped, an extended execution. Of one that is over this is nothing.
    fn close_extension(&self, number: u32);

    /// Why an extended execution was revoked, if it was and is not over.
    fn revoked(&self, number: u32) -> Option<RevokedReason>;

    /// Resolves with why an extended execution is revoked, or with none when it is over. Several may wait at once.
    fn wait_revoked(&self, number: u32) -> BoxFuture<'static, Option<RevokedReason>>;

    /// The guest asks to be ended, and launched with these arguments.
    fn request_restart(&self, arguments: String) -> Result<(), RestartError>;

    /// Resolves after `span`. Several may wait at once.
    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()>;
}
