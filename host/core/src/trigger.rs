//! Triggers: the kinds of cause that a registration names, and what comes with a firing.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::schedule::Misfire;

pub mod catalog;
mod details;
mod system;

pub use details::{
    Message, PAYLOAD_LEN_MAX, PayloadError, STORAGE_CHANGES_MAX, SocketActivity, SocketReason, StorageChange,
    StorageChangeKind, TOPIC_LEN_MAX, TriggerDetails,
};
pub use system::{SystemEvent, UnknownSystemEvent};

/// What wakes a registration. Exactly one for each (UWP-001).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Trigger {
    /// Fired by the embedding program or the command line, with arguments (UWP-043 to 047).
    Application,
    /// Fired by the passing of time (UWP-036 to 039).
    Time(TimeTrigger),
    /// Fired by the calendar.
    Cron(CronTrigger),
    /// Fired by the passing of time, and run only on external power (UWP-040, UWP-041).
    Maintenance(MaintenanceTrigger),
    /// Fired by something that happens to the machine or its session.
    System(SystemTrigger),
    /// Fired by changes in a folder.
    Filesystem(FilesystemTrigger),
    /// Fired by what arrives on a socket that the host owns (UWP-053).
    Socket(SocketTrigger),
    /// Fired by a fact on a topic of the embedder's own (UWP-052). The newest counts.
    Signal(SignalTrigger),
    /// Fired by a message on a topic: UWP's push notification. Each counts.
    Message(MessageTrigger),
}

/// The kind of a [`Trigger`], without its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TriggerKind {
    /// [`Trigger::Application`].
    Application,
    /// [`Trigger::Time`].
    Time,
    /// [`Trigger::Cron`].
    Cron,
    /// [`Trigger::Maintenance`].
    Maintenance,
    /// [`Trigger::System`].
    System,
    /// [`Trigger::Filesystem`].
    Filesystem,
    /// [`Trigger::Socket`].
    Socket,
    /// [`Trigger::Signal`].
    Signal,
    /// [`Trigger::Message`].
    Message,
}

impl TriggerKind {
    /// Every kind that this version knows.
    pub const ALL: [Self; 9] = [
        Self::Application,
        Self::Time,
        Self::Cron,
        Self::Maintenance,
        Self::System,
        Self::Filesystem,
        Self::Socket,
        Self::Signal,
        Self::Message,
    ];

    /// Its name in manifests, logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Time => "time",
            Self::Cron => "cron",
            Self::Maintenance => "maintenance",
            Self::System => "system",
            Self::Filesystem => "filesystem",
            Self::Socket => "socket",
            Self::Signal => "signal",
            Self::Message => "message",
        }
    }
}

impl fmt::Display for TriggerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no trigger kind. Unknown kinds are refused, never silently inert (UWP-060).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown trigger {0:?}: this version knows application, time, cron, maintenance, system, filesystem, socket, signal and message; anything else can be supplied as a signal of a topic of its own{advice}",
    advice = catalog::advice(.0)
)]
pub struct UnknownTrigger(String);

impl std::str::FromStr for TriggerKind {
    type Err = UnknownTrigger;

    fn from_str(name: &str) -> Result<Self, UnknownTrigger> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownTrigger(name.chars().take(64).collect()))
    }
}

impl Trigger {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> TriggerKind {
        match self {
            Self::Application => TriggerKind::Application,
            Self::Time(_) => TriggerKind::Time,
            Self::Cron(_) => TriggerKind::Cron,
            Self::Maintenance(_) => TriggerKind::Maintenance,
            Self::System(_) => TriggerKind::System,
            Self::Filesystem(_) => TriggerKind::Filesystem,
            Self::Socket(_) => TriggerKind::Socket,
            Self::Signal(_) => TriggerKind::Signal,
            Self::Message(_) => TriggerKind::Message,
        }
    }

    /// Whether the registration is spent after one firing (UWP-033).
    #[must_use]
    pub const fn one_shot(&self) -> bool {
        match self {
            Self::Time(t) | Self::Maintenance(t) => t.one_shot,
            Self::System(t) => t.one_shot,
            Self::Signal(t) => t.one_shot,
            Self::Application | Self::Cron(_) | Self::Filesystem(_) | Self::Socket(_) | Self::Message(_) => {
                false
            }
        }
    }

    /// What it does about occurrences that passed unseen; none if it has no schedule.
    #[must_use]
    pub const fn misfire(&self) -> Option<Misfire> {
        match self {
            Self::Time(t) | Self::Maintenance(t) => Some(t.misfire),
            Self::Cron(t) => Some(t.misfire),
            _ => None,
        }
    }

    /// The most by which its occurrences are put off, so that not all registrations fire at once.
    #[must_use]
    pub const fn jitter(&self) -> Duration {
        match self {
            Self::Time(t) | Self::Maintenance(t) => t.jitter,
            Self::Cron(t) => t.jitter,
            _ => Duration::ZERO,
        }
    }
}

/// Fires `every` after registration, and, unless one-shot, every `every` from then on, without drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeTrigger {
    /// The period; UWP's freshness time.
    pub every: Duration,
    /// Fire once only.
    pub one_shot: bool,
    /// What to do about occurrences that passed while the host was away.
    pub misfire: Misfire,
    /// Put each occurrence off by up to this: by a span that is the registration's own and stays the same,
    /// so that many of one period do not all fire at once.
    #[serde(default)]
    pub jitter: Duration,
}

impl TimeTrigger {
    /// Fires every `every`.
    #[must_use]
    pub fn periodic(every: Duration) -> Self {
        Self { every, one_shot: false, misfire: Misfire::Coalesce, jitter: Duration::ZERO }
    }

    /// Fires once, `after` the registration.
    #[must_use]
    pub fn once(after: Duration) -> Self {
        Self { every: after, one_shot: true, misfire: Misfire::Coalesce, jitter: Duration::ZERO }
    }
}

/// Fires at the times that a cron expression names in a time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronTrigger {
    /// Five fields: minute, hour, day of month, month, day of week.
    pub expression: String,
    /// An IANA time zone: `Europe/Berlin`. Daylight saving rules are on [`crate::schedule::CronSchedule`].
    pub time_zone: String,
    /// What to do about occurrences that passed while the host was away.
    pub misfire: Misfire,
    /// See [`TimeTrigger::jitter`].
    #[serde(default)]
    pub jitter: Duration,
}

impl CronTrigger {
    /// Fires at the times of `expression`, in UTC.
    #[must_use]
    pub fn new(expression: impl Into<String>) -> Self {
        let (time_zone, misfire) = ("UTC".to_owned(), Misfire::Coalesce);
        Self { expression: expression.into(), time_zone, misfire, jitter: Duration::ZERO }
    }

    /// The same times, in another time zone.
    #[must_use]
    pub fn in_time_zone(mut self, name: impl Into<String>) -> Self {
        self.time_zone = name.into();
        self
    }
}

/// As a [`TimeTrigger`]: what differs is said by [`Trigger::Maintenance`]. Its runs start only on external power, and are
/// cancelled when it is lost (UWP-040, UWP-041); they may take long (UWP-101).
pub type MaintenanceTrigger = TimeTrigger;

/// Fires when something happens to the machine or its session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemTrigger {
    /// What.
    pub event: SystemEvent,
    /// Fire once only.
    pub one_shot: bool,
}

impl SystemTrigger {
    /// Fires whenever `event` happens.
    #[must_use]
    pub const fn new(event: SystemEvent) -> Self {
        Self { event, one_shot: false }
    }

    /// Fires the first time that `event` happens.
    #[must_use]
    pub const fn once(event: SystemEvent) -> Self {
        Self { event, one_shot: true }
    }
}

/// What arrives on a socket that the host owns: a listener that outlives every run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketTrigger {
    /// Where to listen: an address that the app asked for and was granted.
    pub listen: std::net::SocketAddr,
    /// Fire, with reason [`SocketReason::KeepAliveTimerExpired`], when a connection was silent for so long.
    pub keep_alive: Option<Duration>,
}

impl SocketTrigger {
    /// Listens for TCP connections at `listen`.
    #[must_use]
    pub const fn tcp(listen: std::net::SocketAddr) -> Self {
        Self { listen, keep_alive: None }
    }
}

/// Fires on each message of `topic`: each is an activation of its own unless the overlap policy says
/// otherwise. UWP's push notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageTrigger {
    /// The topic, compared as it stands.
    pub topic: String,
}

impl MessageTrigger {
    /// Fires on each message of `topic`.
    #[must_use]
    pub fn new(topic: impl Into<String>) -> Self {
        Self { topic: topic.into() }
    }
}

/// Fires when something changes in a granted directory.
///
/// Changes that come within `settle` of each other make one firing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesystemTrigger {
    /// The guest path of a directory that the app asked for and was granted: `/pictures`.
    pub directory: String,
    /// Watch the folders below it as well.
    pub recursive: bool,
    /// How long the folder must be quiet before the firing.
    pub settle: Duration,
}

impl FilesystemTrigger {
    /// Watches the directory granted as `directory`, without the folders below it.
    #[must_use]
    pub fn new(directory: impl Into<String>) -> Self {
        Self { directory: directory.into(), recursive: false, settle: Duration::from_millis(200) }
    }
}

/// Fires when the embedder raises a signal on `topic`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalTrigger {
    /// The topic, compared as it stands.
    pub topic: String,
    /// Fire once only.
    pub one_shot: bool,
    /// How often it fires within one life of the host.
    #[serde(default)]
    pub recurrence: Recurrence,
}

impl SignalTrigger {
    /// Fires whenever there is a signal on `topic`.
    #[must_use]
    pub fn new(topic: impl Into<String>) -> Self {
        Self { topic: topic.into(), one_shot: false, recurrence: Recurrence::Always }
    }
}

/// How often a custom signal fires its registration within one session: here, one life of the host
/// (UWP-052; UWP's `CustomSystemEventTriggerRecurrence`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recurrence {
    /// The first time only, and again after the host was started again.
    Once,
    /// Every time.
    #[default]
    Always,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name_and_no_other_is() {
        for kind in TriggerKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("Time".parse::<TriggerKind>().is_err());
        assert!("bluetooth".parse::<TriggerKind>().unwrap_err().to_string().contains("bluetooth"));
    }
}
