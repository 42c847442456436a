//! Why the task was woken, and what came with it.

use std::str::Utf8Error;
use std::time::SystemTime;

use crate::bindings::dormouse::background::types as wit;
use crate::millis::date;

/// Why the task was woken, and for the how-manieth time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activation {
    /// Fresh for each run (UWP-070).
    pub instance_id: String,
    /// Stable for the life of the registration.
    pub registration_id: String,
    /// The registration's name: a label, not a key.
    pub name: String,
    /// The app that owns the registration.
    pub app: String,
    /// 1 unless an earlier run of the same activation was interrupted or is being retried.
    pub attempt: u32,
    /// How many firings this activation stands for, at least 1.
    pub coalesced: u32,
    /// For time and cron triggers: the moment that the schedule names.
    pub scheduled_for: Option<SystemTime>,
    /// When the trigger fired, or first fired if firings were coalesced.
    pub fired_at: SystemTime,
}

impl From<wit::Activation> for Activation {
    fn from(a: wit::Activation) -> Self {
        Self {
            instance_id: a.instance_id,
            registration_id: a.registration_id,
            name: a.name,
            app: a.app,
            attempt: a.attempt,
            coalesced: a.coalesced,
            scheduled_for: a.scheduled_for_ms.map(date),
            fired_at: date(a.fired_at_ms),
        }
    }
}

/// What came with the trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TriggerDetails {
    /// System, time, cron and maintenance triggers carry nothing (UWP-042).
    None,
    /// The arguments of the application trigger's request, unchanged (UWP-043).
    Application(Vec<u8>),
    /// The changes of a filesystem trigger, oldest first.
    StorageChanges(Vec<StorageChange>),
    /// The payload of a custom signal or a message.
    Message(Message),
    /// What happened to a socket of the host's.
    Socket(SocketActivity),
}

impl TriggerDetails {
    /// The arguments of an application trigger, if it was one.
    #[must_use]
    pub fn arguments(&self) -> Option<&[u8]> {
        match self {
            Self::Application(arguments) => Some(arguments),
            _ => None,
        }
    }

    /// The arguments of an application trigger as text; empty if it was another trigger.
    ///
    /// # Errors
    ///
    /// The arguments are not UTF-8.
    pub fn arguments_str(&self) -> Result<&str, Utf8Error> {
        str::from_utf8(self.arguments().unwrap_or_default())
    }
}

impl From<wit::TriggerDetails> for TriggerDetails {
    fn from(details: wit::TriggerDetails) -> Self {
        match details {
            wit::TriggerDetails::None => Self::None,
            wit::TriggerDetails::Application(arguments) => Self::Application(arguments),
            wit::TriggerDetails::StorageChanges(changes) => {
                Self::StorageChanges(changes.into_iter().map(Into::into).collect())
            }
            wit::TriggerDetails::Message(message) => Self::Message(message.into()),
            wit::TriggerDetails::Socket(socket) => Self::Socket(socket.into()),
        }
    }
}

/// What happened to a socket. The run has it until it hands it back (UWP-053): see
/// [`sockets`](crate::sockets).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SocketActivity {
    /// What happened.
    pub reason: SocketReason,
    /// The connection's name.
    pub socket_id: String,
    /// The other side's address and port.
    pub peer: String,
    /// The bytes that arrived; empty unless the reason is [`SocketReason::SocketActivity`].
    pub payload: Vec<u8>,
}

impl From<wit::SocketActivity> for SocketActivity {
    fn from(socket: wit::SocketActivity) -> Self {
        let wit::SocketActivity { reason, socket_id, peer, payload } = socket;
        Self { reason: reason.into(), socket_id, peer, payload }
    }
}

/// Why a socket woke the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocketReason {
    /// Bytes arrived.
    SocketActivity,
    /// Somebody connected.
    ConnectionAccepted,
    /// The connection was silent for as long as the trigger says.
    KeepAliveTimerExpired,
    /// The other side closed the connection, or it was lost.
    SocketClosed,
}

impl From<wit::SocketReason> for SocketReason {
    fn from(reason: wit::SocketReason) -> Self {
        match reason {
            wit::SocketReason::SocketActivity => Self::SocketActivity,
            wit::SocketReason::ConnectionAccepted => Self::ConnectionAccepted,
            wit::SocketReason::KeepAliveTimerExpired => Self::KeepAliveTimerExpired,
            wit::SocketReason::SocketClosed => Self::SocketClosed,
        }
    }
}

/// One change in a watched folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorageChange {
    /// What happened.
    pub kind: StorageChangeKind,
    /// The path as the task sees it: the grant's guest path, then the path below it. Empty for
    /// [`ChangesLost`](StorageChangeKind::ChangesLost).
    pub path: String,
}

impl From<wit::StorageChange> for StorageChange {
    fn from(change: wit::StorageChange) -> Self {
        Self { kind: change.kind.into(), path: change.path }
    }
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageChangeKind {
    /// It came into being.
    Created,
    /// Its contents or attributes changed.
    Modified,
    /// It is gone.
    Removed,
    /// It came here under this name from another one.
    Renamed,
    /// Changes were lost before they could be told: look at the whole folder.
    ChangesLost,
}

impl From<wit::StorageChangeKind> for StorageChangeKind {
    fn from(kind: wit::StorageChangeKind) -> Self {
        match kind {
            wit::StorageChangeKind::Created => Self::Created,
            wit::StorageChangeKind::Modified => Self::Modified,
            wit::StorageChangeKind::Removed => Self::Removed,
            wit::StorageChangeKind::Renamed => Self::Renamed,
            wit::StorageChangeKind::ChangesLost => Self::ChangesLost,
        }
    }
}

/// A payload from a signal or a message, on a topic of the embedder's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The topic it came on.
    pub topic: String,
    /// Its media type, as its sender says.
    pub content_type: String,
    /// Its bytes, unchanged.
    pub body: Vec<u8>,
}

impl From<wit::Message> for Message {
    fn from(message: wit::Message) -> Self {
        Self { topic: message.topic, content_type: message.content_type, body: message.body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_as_text() {
        assert_eq!(TriggerDetails::Application(b"full".to_vec()).arguments_str(), Ok("full"));
        assert_eq!(TriggerDetails::None.arguments_str(), Ok(""));
        assert!(TriggerDetails::Application(vec![0xff]).arguments_str().is_err());
    }
}
