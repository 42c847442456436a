//! What an app was before it was activated: kept so that it is right whenever the host is killed.
//!
//! An app that is launched is kept as [`Kept::Running`] before any of it runs, and as something else only when its end is
//! known. So a host that falls leaves `Running` behind, whatever the app was doing, and that is read as a crash. What is
//! better than that, that the app saved what it had and was ended in good order, is kept *before* its memory goes.
//!
//! An instance that nobody activated, in which only background tasks run, leaves what is kept as it is, at its start and at
//! its end: it has heard nothing of saved state, and a task that runs every quarter of an hour must not have a user lose what
//! the app saved for him. Activated later, such an instance is told what was kept, and is kept from then on.
//!
//! | the app ends by | kept | when | the next launch is told |
//! | --- | --- | --- | --- |
//! | a crash of its host | `running` | at its start | `not-running` (UWP-134) |
//! | a trap, a handler that hangs, a task that had to be killed | `not-running` | after | `not-running` |
//! | missing the deadline of `suspending` | `not-running` | after | `not-running` (UWP-129) |
//! | pressure, while it was not suspended | `not-running` | after | `not-running`: it had no chance to save |
//! | pressure, while it was suspended; a host that stops; a restart | `terminated` | before | `terminated` (UWP-133, UWP-143) |
//! | its user, who closes it | `closed-by-user` | before | `not-running` within 10 s, then `closed-by-user` (UWP-135) |
//! | the end of the session | `not-running` | after | `not-running` |
//! | its removal | nothing | - | `not-running`, if it is installed again |
//! | whatever, and nobody activated this instance | as before | - | what it would have been told without it |

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::AppId;
use crate::time::Timestamp;

/// What an app was when it was activated: UWP's five, in its order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PreviousExecutionState {
    /// It was not there, and what it saved last is not to be trusted.
    #[default]
    NotRunning,
    /// It is there.
    Running,
    /// It was suspended, and its memory is as it was.
    Suspended,
    /// It was suspended and had saved its state, and its host ended it.
    Terminated,
    /// Its user closed it.
    ClosedByUser,
}

impl PreviousExecutionState {
    /// Its name in the contract, logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRunning => "not-running",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Terminated => "terminated",
            Self::ClosedByUser => "closed-by-user",
        }
    }
}

impl fmt::Display for PreviousExecutionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is kept of an app's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// It is there. Read by another host than the one that wrote it: that host fell.
    Running,
    /// It ended, and what it saved is not to be trusted.
    NotRunning,
    /// It ended in good order, and not because its user wanted that.
    Terminated,
    /// Its user closed it.
    ClosedByUser,
}

/// The state of an app, as a store keeps it. One for each app that was ever launched, or said anything of prelaunch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppStateRecord {
    /// Whose.
    pub app: AppId,
    /// What it is, or was; none if it was never launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// Since when.
    pub at: Timestamp,
    /// What the app said of prelaunch; none if nothing, and its manifest decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prelaunch: Option<bool>,
}

impl AppStateRecord {
    /// Of an app that was never launched.
    #[must_use]
    pub const fn new(app: AppId, at: Timestamp) -> Self {
        Self { app, kept: None, at, prelaunch: None }
    }

    /// What an app that is not there is told when it is launched at `now`. `closed` is
    /// [`AppPolicy::closed`](super::policy::AppPolicy::closed).
    #[must_use]
    pub fn previous(&self, now: Timestamp, closed: Duration) -> PreviousExecutionState {
        match self.kept {
            None | Some(Kept::Running | Kept::NotRunning) => PreviousExecutionState::NotRunning,
            Some(Kept::Terminated) => PreviousExecutionState::Terminated,
            Some(Kept::ClosedByUser) if now.since(self.at) <= closed => PreviousExecutionState::NotRunning,
            Some(Kept::ClosedByUser) => PreviousExecutionState::ClosedByUser,
        }
    }

    /// Whether it may be launched before anybody asks for it; `manifest` decides if it said nothing (UWP-139).
    #[must_use]
    pub fn may_prelaunch(&self, manifest: bool) -> bool {
        self.prelaunch.unwrap_or(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: Duration = Duration::from_secs(10);

    fn told(kept: Option<Kept>, after_secs: i64) -> PreviousExecutionState {
        let app = AppId::new("org.example.notes").expect("a name");
        let at = Timestamp::from_millis(1_000_000);
        let record = AppStateRecord { kept, ..AppStateRecord::new(app, at) };
        record.previous(Timestamp::from_millis(1_000_000 + after_secs * 1_000), CLOSED)
    }

    #[test]
    fn uwp_134_what_a_host_that_fell_left_running_was_not_running() {
        assert_eq!(told(Some(Kept::Running), 0), PreviousExecutionState::NotRunning);
        assert_eq!(told(Some(Kept::Running), 1_000_000), PreviousExecutionState::NotRunning);
        assert_eq!(told(Some(Kept::NotRunning), 20), PreviousExecutionState::NotRunning);
        assert_eq!(told(None, 20), PreviousExecutionState::NotRunning);
    }

    #[test]
    fn uwp_133_what_was_reclaimed_was_terminated() {
        assert_eq!(told(Some(Kept::Terminated), 0), PreviousExecutionState::Terminated);
    }

    #[test]
    fn uwp_135_who_closes_an_app_and_launches_it_at_once_begins_anew() {
        assert_eq!(told(Some(Kept::ClosedByUser), 0), PreviousExecutionState::NotRunning);
        assert_eq!(told(Some(Kept::ClosedByUser), 10), PreviousExecutionState::NotRunning);
        assert_eq!(told(Some(Kept::ClosedByUser), 11), PreviousExecutionState::ClosedByUser);
        // A clock that was set back says nothing of how long ago it was.
        assert_eq!(told(Some(Kept::ClosedByUser), -60), PreviousExecutionState::NotRunning);
    }

    #[test]
    fn uwp_139_the_app_is_heard_before_its_manifest() {
        let mut record = AppStateRecord::new(AppId::new("a").expect("a name"), Timestamp::EPOCH);
        assert!(record.may_prelaunch(true) && !record.may_prelaunch(false));
        record.prelaunch = Some(false);
        assert!(!record.may_prelaunch(true));
        record.prelaunch = Some(true);
        assert!(record.may_prelaunch(false));
    }
}
