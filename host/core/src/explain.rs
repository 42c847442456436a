//! Why is it not running? Why did it stop?
//!
//! Every firing either becomes an activation or leaves a [`RefusalRecord`] (UWP-146); every activation that
//! waits has a [`Why`]; every run has its record. An [`Explanation`] is all three, for one registration.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::access::AccessStatus;
use crate::admission::Shortage;
use crate::app::lifecycle::AppState;
use crate::completion::RunRecord;
use crate::condition::{Blocking, Condition, Holds, contradictions};
use crate::ids::{ActivationId, RunId};
use crate::overlap::Refusal;
use crate::registration::{Registration, RegistrationStatus};
use crate::time::Timestamp;

/// Firings that started nothing, for one reason, counted: however many there are, they take one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalRecord {
    /// Why.
    pub reason: Refusal,
    /// How many.
    pub count: u64,
    /// The first.
    pub first_at: Timestamp,
    /// The newest.
    pub last_at: Timestamp,
}

impl RefusalRecord {
    /// The record of one refusal.
    #[must_use]
    pub const fn new(reason: Refusal, at: Timestamp) -> Self {
        Self { reason, count: 1, first_at: at, last_at: at }
    }

    /// Counts one more.
    pub fn count(&mut self, at: Timestamp) {
        self.count = self.count.saturating_add(1);
        self.last_at = self.last_at.max(at);
    }
}

/// Why an activation waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "waits-for")]
#[non_exhaustive]
pub enum Why {
    /// Conditions that do not hold.
    Conditions {
        /// Which, at least one.
        blocking: Vec<Blocking>,
        /// Since when it has been held back by these.
        since: Timestamp,
    },
    /// A slot.
    Slot {
        /// Whose.
        shortage: Shortage,
        /// Since when.
        since: Timestamp,
    },
    /// The backoff before its next attempt.
    Backoff {
        /// Until when.
        until: Timestamp,
    },
    /// Its app is not installed here, or its access was taken away.
    Access {
        /// What the operator decided; none if the app is not installed.
        status: Option<AccessStatus>,
    },
    /// Its registration is in quarantine.
    Quarantined {
        /// How often in a row the host fell while a run of it was under way.
        crashes: u32,
    },
    /// Nothing: it will be looked at in a moment.
    Nothing,
}

/// What comes after "it fired and".
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conditions { blocking, since } => {
                let blocking: Vec<String> = blocking.iter().map(ToString::to_string).collect();
                write!(f, "is latched since {since}: {}", blocking.join(", "))
            }
            Self::Slot { shortage, since } => write!(f, "waits since {since} for {shortage}"),
            Self::Backoff { until } => write!(f, "waits until {until}: the backoff before its next attempt"),
            Self::Access { status: Some(status) } => write!(f, "waits: its app's access is {status}"),
            Self::Access { status: None } => f.write_str("waits: its app is not installed"),
            Self::Quarantined { crashes } => write!(f, "waits in {}", quarantined(*crashes)),
            Self::Nothing => f.write_str("is about to start"),
        }
    }
}

fn quarantined(crashes: u32) -> String {
    format!("quarantine: the host fell {crashes} times in a row while it ran; mend it and release it")
}

/// An activation that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Which.
    pub activation: ActivationId,
    /// When it fired first.
    pub fired_at: Timestamp,
    /// How many firings it stands for.
    pub coalesced: u32,
    /// What it waits for.
    #[serde(flatten)]
    pub why: Why,
}

/// A run that is going on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningNow {
    /// Which.
    pub run: RunId,
    /// Its activation.
    pub activation: ActivationId,
    /// Since when.
    pub since: Timestamp,
    /// Its app's CPU quota is spent: it is paused until the refill.
    pub paused: bool,
    /// What keeps it out of its app; none if it is in it, or does not run in it at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<AppWait>,
}

/// What a run waits for that is to go on in its app's own instance. It spends its time already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppWait {
    /// A place for the instance: there are as many apps as there may be.
    Place,
    /// The instance begins, or is about to be suspended, or resumes, or is busy with its launch.
    Ready,
}

/// What comes after "waits for".
impl fmt::Display for AppWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Place => "a place for its app",
            Self::Ready => "its app to be ready",
        })
    }
}

/// All that is known of a registration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The registration.
    pub registration: Registration,
    /// Whether it still fires.
    pub status: RegistrationStatus,
    /// It fires once in each life of the host, and has fired in this one (UWP-052).
    pub spent_this_session: bool,
    /// It is in quarantine: nothing of it starts until it is released. How often in a row the host fell while a run
    /// of it was under way.
    pub quarantined: Option<u32>,
    /// What the operator decided about its app; none if the app is not installed.
    pub access: Option<AccessStatus>,
    /// Where in its life its app is, in whose instance it runs; none if it has a sandbox of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppState>,
    /// When its schedule fires next; none if it has none.
    pub next: Option<Timestamp>,
    /// Its conditions, those of its trigger and of its app's access among them, as they are now.
    pub conditions: Vec<(Condition, Holds)>,
    /// What waits, oldest first; no more than [`WAITING_LISTED_MAX`].
    pub waiting: Vec<Waiting>,
    /// What runs here.
    pub running: Vec<RunningNow>,
    /// How many have a lease and are not among [`Explanation::running`]: they run elsewhere, or did when their host
    /// fell, or have just ended here and are not recorded yet.
    pub elsewhere: u32,
    /// Firings that started nothing, the newest reason first.
    pub refusals: Vec<RefusalRecord>,
    /// Runs that ended, the newest first; no more than [`HISTORY_LISTED_MAX`].
    pub history: Vec<RunRecord>,
}

/// The most activations that an [`Explanation`] lists.
pub const WAITING_LISTED_MAX: usize = 64;

/// The most runs that ended that an [`Explanation`] lists.
pub const HISTORY_LISTED_MAX: usize = 20;

impl Explanation {
    /// One sentence: why it is not running, or that it is.
    #[must_use]
    pub fn verdict(&self) -> String {
        let app = self.app.map_or("", |state| match state {
            AppState::NotRunning => "; its app, in which it runs, is not running",
            AppState::Background => "; its app, in which it runs, is in the background",
            AppState::Foreground => "; its app, in which it runs, is in the foreground",
            AppState::Suspending => "; its app, in which it runs, is about to be suspended",
            AppState::Suspended => "; its app, in which it runs, is suspended",
        });
        format!("{}{app}", self.of_it())
    }

    /// The sentence, but for what its app does.
    fn of_it(&self) -> String {
        if let Some(running) = self.running.first() {
            let paused = if running.paused { ", paused: its app's CPU quota is spent" } else { "" };
            let waits = running.waits.map_or_else(String::new, |waits| format!(", and waits for {waits}"));
            return format!("it runs since {}{paused}{waits}", running.since);
        }
        if let Some(waiting) = self.waiting.first() {
            return format!("it fired at {} and {}{}", waiting.fired_at, waiting.why, self.never());
        }
        if let Some(crashes) = self.quarantined {
            return format!("it is in {}", quarantined(crashes));
        }
        if self.elsewhere > 0 {
            return "its end is being written, or it runs on another host, or was cut off with its own and runs again when that is started".to_owned();
        }
        match (self.access, self.status) {
            (None, _) => return "its app is not installed: install it".to_owned(),
            (Some(access), _) if access.refusal().is_some() => {
                return format!("its app's access is {access}: firings start nothing");
            }
            (_, RegistrationStatus::Spent) => {
                return "it was to fire once, and did: register it again to have it fire again".to_owned();
            }
            _ if self.spent_this_session => {
                return "it fires once in each life of the host, and did in this one".to_owned();
            }
            _ => {}
        }
        let trigger = &self.registration.trigger;
        let (kind, never) = (trigger.kind(), self.never());
        let refused = self.refusals.first();
        let why = refused.map_or_else(String::new, |refused| format!(": {}", refused.reason));
        match (self.next, refused) {
            (Some(next), _) => format!("it waits for its {kind} trigger, next at {next}{never}"),
            // It has a schedule, and that names no moment any more.
            (None, _) if trigger.misfire().is_some() && trigger.one_shot() => {
                format!("it was to fire once, and that started nothing{why}; register it again")
            }
            (None, _) if trigger.misfire().is_some() => {
                format!("its {kind} trigger names no moment that is still to come")
            }
            (None, Some(refused)) => format!(
                "it waits for its {kind} trigger; the last firing, at {}, started nothing{why}{never}",
                refused.last_at
            ),
            (None, None) => format!("it waits for its {kind} trigger{never}"),
        }
    }

    /// What is to be said of conditions that can never hold together (UWP-064).
    fn never(&self) -> String {
        match contradictions(&self.registration.conditions).first() {
            Some((one, other)) => format!("; it never starts, since {one} and {other} never hold together"),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
