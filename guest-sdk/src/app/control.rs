//! What an app asks of its host about its own life. Every function returns at once.

use std::fmt;
use std::rc::Rc;

use super::memory::AppMemory;
use crate::bindings::app::dormouse::background::{app_control as wit, app_waiting};

/// Where in its life the app is.
#[must_use]
pub fn state() -> AppState {
    wit::state().into()
}

/// What the app holds.
#[must_use]
pub fn memory() -> AppMemory {
    wit::memory().into()
}

/// Whether the host may launch the app before somebody does (UWP-139). What is said here holds until it is said
/// otherwise, also in later lives of the app; before it is said, the manifest decides.
pub fn enable_prelaunch(yes: bool) {
    wit::enable_prelaunch(yes);
}

/// Asks not to be suspended though nobody sees the app (UWP-140). `description` is for people, cut to 256 bytes.
///
/// Keep the answer: dropped, it is closed.
///
/// ```no_run
/// use dormouse_guest::app::control::{self, ExtensionReason};
///
/// # async fn upload() {}
/// # async fn entered_background() {
/// match control::extend(ExtensionReason::Unspecified, "uploads a recording") {
///     Ok(extension) => {
///         let revoked = extension.clone();
///         dormouse_guest::spawn(async move {
///             if let Some(reason) = revoked.revoked().await {
///                 eprintln!("one second left: {reason}");
///                 revoked.close();
///             }
///         });
///         upload().await;
///         extension.close();
///     }
///     Err(e) => eprintln!("the upload waits until the app is resumed: {e}"),
/// }
/// # }
/// ```
///
/// # Errors
///
/// [`ExtensionError`].
pub fn extend(reason: ExtensionReason, description: &str) -> Result<ExtendedExecution, ExtensionError> {
    match wit::request_extended_execution(reason.into(), description) {
        Ok(raw) => Ok(ExtendedExecution { raw: Rc::new(raw) }),
        Err(e) => Err(e.into()),
    }
}

/// Ends the app and launches it with these arguments, of 64 KiB at most (UWP-143): its tasks in this instance are
/// cancelled with [`Terminating`](crate::CancellationReason::Terminating), `suspending` is called, and the next
/// instance is launched as after [`Terminated`](super::PreviousExecutionState::Terminated).
///
/// # Errors
///
/// [`RestartError`]: nothing happens.
pub fn restart(arguments: &str) -> Result<(), RestartError> {
    wit::request_restart(arguments).map_err(Into::into)
}

/// Where in its life the app is, while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AppState {
    /// It runs, and nobody sees it.
    Background,
    /// It runs, and somebody sees it.
    Foreground,
    /// It is about to be suspended.
    Suspending,
}

impl AppState {
    /// The name as the contract spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Background => "background",
            Self::Foreground => "foreground",
            Self::Suspending => "suspending",
        }
    }
}

/// As [`as_str`](Self::as_str).
impl fmt::Display for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<wit::AppState> for AppState {
    fn from(state: wit::AppState) -> Self {
        match state {
            wit::AppState::Background => Self::Background,
            wit::AppState::Foreground => Self::Foreground,
            wit::AppState::Suspending => Self::Suspending,
        }
    }
}

/// What an extended execution is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtensionReason {
    /// To go on in the background. To be asked for while the app runs and is not about to be suspended.
    Unspecified,
    /// To save data. The only one that is granted to an app that is about to be suspended.
    SavingData,
}

impl From<ExtensionReason> for wit::ExtensionReason {
    fn from(reason: ExtensionReason) -> Self {
        match reason {
            ExtensionReason::Unspecified => Self::Unspecified,
            ExtensionReason::SavingData => Self::SavingData,
        }
    }
}

/// Why there is no extended execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtensionError {
    /// The app has one already.
    Exists,
    /// The app is about to be suspended: only [`SavingData`](ExtensionReason::SavingData) is granted.
    Suspending,
    /// A policy of the host stands against it. So it is in the background if nobody has seen or activated the app, or it had
    /// its time there since; and in a suspension that one has put off already.
    DeniedByPolicy,
}

impl fmt::Display for ExtensionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exists => "the app has an extended execution already: close it first",
            Self::Suspending => "the app is about to be suspended: ask for `SavingData`, or earlier",
            Self::DeniedByPolicy => "a policy of the host stands against an extended execution",
        })
    }
}

impl std::error::Error for ExtensionError {}

impl From<wit::ExtensionError> for ExtensionError {
    fn from(error: wit::ExtensionError) -> Self {
        match error {
            wit::ExtensionError::Exists => Self::Exists,
            wit::ExtensionError::Suspending => Self::Suspending,
            wit::ExtensionError::DeniedByPolicy => Self::DeniedByPolicy,
        }
    }
}

/// While an app has one it is not suspended, though nobody sees it. There is at most one for each app.
///
/// A clone is another handle to the same one. It ends when it is [closed](Self::close), when its last handle is
/// dropped, or one second after it was [revoked](Self::revoked).
#[derive(Clone, Debug)]
#[must_use = "an extended execution that is dropped is closed"]
pub struct ExtendedExecution {
    raw: Rc<wit::ExtendedExecution>,
}

impl ExtendedExecution {
    /// Waits until it is revoked: one second is left then. Resolves with none when it is closed, so that a spawned
    /// future may always await it to the end.
    pub async fn revoked(&self) -> Option<RevokedReason> {
        app_waiting::revoked(&self.raw).await.map(Into::into)
    }

    /// Why it was revoked, once it was. For loops that compute and never wait.
    #[must_use]
    pub fn revoked_reason(&self) -> Option<RevokedReason> {
        self.raw.revoked().map(Into::into)
    }

    /// Closes it. What is over already stays so.
    pub fn close(&self) {
        self.raw.close();
    }
}

/// Why an extended execution was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RevokedReason {
    /// The app is in the foreground again.
    Resumed,
    /// A policy of the host: it lasted as long as it may, or resources are short.
    SystemPolicy,
}

impl RevokedReason {
    /// The name as the contract spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resumed => "resumed",
            Self::SystemPolicy => "system-policy",
        }
    }
}

/// As [`as_str`](Self::as_str).
impl fmt::Display for RevokedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<wit::RevokedReason> for RevokedReason {
    fn from(reason: wit::RevokedReason) -> Self {
        match reason {
            wit::RevokedReason::Resumed => Self::Resumed,
            wit::RevokedReason::SystemPolicy => Self::SystemPolicy,
        }
    }
}

/// Why the app is not restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RestartError {
    /// It is being restarted already, or ended, or was restarted a moment ago.
    Pending,
    /// It is not in the foreground.
    NotInForeground,
    /// The arguments are longer than 64 KiB.
    TooLong,
}

impl fmt::Display for RestartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "the app is being restarted already, or ended, or was restarted a moment ago",
            Self::NotInForeground => "the app is not in the foreground: ask when somebody sees it",
            Self::TooLong => "the arguments are longer than 64 KiB: keep what is long in a setting",
        })
    }
}

impl std::error::Error for RestartError {}

impl From<wit::RestartError> for RestartError {
    fn from(error: wit::RestartError) -> Self {
        match error {
            wit::RestartError::Pending => Self::Pending,
            wit::RestartError::NotInForeground => Self::NotInForeground,
            wit::RestartError::TooLong => Self::TooLong,
        }
    }
}
