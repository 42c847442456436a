//! What the app was.

use std::fmt;

use crate::bindings::app::dormouse::background::app_types as wit;

/// What the app was when it was activated: what to do about state that was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PreviousExecutionState {
    /// It was not there, and nothing that it saved last is to be trusted: it was never launched, or it crashed, or its
    /// host fell, or it was ended before it could save (for its memory, or with a task that had to be ended by force),
    /// or saving failed, or the user closed it a moment ago to begin anew (UWP-134, UWP-135).
    ///
    /// **Start fresh.** What the user's own work is (a document, a draft) is loaded as ever; where the user was in it
    /// is not.
    NotRunning,
    /// It is there. **Handle the activation, and nothing else.**
    Running,
    /// It was suspended, and its memory is as it was: [`resuming`](super::App::resuming) came before this.
    /// **Handle the activation, and nothing else.**
    Suspended,
    /// It was suspended, had saved its state, and its host took its memory for something else; or it asked to be
    /// restarted. The user does not know that it was gone (UWP-133).
    ///
    /// **Restore what was saved**, and refresh what may be stale.
    Terminated,
    /// The user closed it, a while ago. **Restore what was saved, or start fresh**, as the app likes.
    ClosedByUser,
}

impl PreviousExecutionState {
    /// Whether what was saved in [`suspending`](super::App::suspending) is worth restoring: after
    /// [`Terminated`](Self::Terminated) and [`ClosedByUser`](Self::ClosedByUser).
    #[must_use]
    pub fn restores(self) -> bool {
        matches!(self, Self::Terminated | Self::ClosedByUser)
    }

    /// The name as the contract spells it, the same in logs and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotRunning => "not-running",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Terminated => "terminated",
            Self::ClosedByUser => "closed-by-user",
        }
    }
}

/// As [`as_str`](Self::as_str).
impl fmt::Display for PreviousExecutionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<wit::PreviousExecutionState> for PreviousExecutionState {
    fn from(previous: wit::PreviousExecutionState) -> Self {
        match previous {
            wit::PreviousExecutionState::NotRunning => Self::NotRunning,
            wit::PreviousExecutionState::Running => Self::Running,
            wit::PreviousExecutionState::Suspended => Self::Suspended,
            wit::PreviousExecutionState::Terminated => Self::Terminated,
            wit::PreviousExecutionState::ClosedByUser => Self::ClosedByUser,
        }
    }
}
