//! What comes with a firing.

use serde::{Deserialize, Serialize};

/// The most bytes of arguments or message body that one firing carries.
///
/// They are copied into the store and into the guest, once for each attempt. Larger inputs belong in a
/// granted directory, with their name as the argument.
pub const PAYLOAD_LEN_MAX: usize = 256 * 1024;

/// The most changes that one activation of a filesystem trigger lists. Beyond it, they are replaced by one
/// [`StorageChangeKind::ChangesLost`]: look at the whole folder.
pub const STORAGE_CHANGES_MAX: usize = 1024;

/// The longest signal topic or content type, in bytes.
pub const TOPIC_LEN_MAX: usize = 256;

/// What came with a firing. System, time, cron and maintenance triggers carry nothing (UWP-042).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerDetails {
    /// Nothing.
    #[default]
    None,
    /// The arguments of an application trigger's request, unchanged (UWP-043).
    Application(Vec<u8>),
    /// What changed, oldest first.
    StorageChanges(Vec<StorageChange>),
    /// The payload of a signal or a message.
    Message(Message),
    /// What happened to a socket of the host's.
    Socket(SocketActivity),
}

/// Why a socket's registration was woken; UWP's `SocketActivityTriggerReason`, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// What happened to a socket. Until the run hands it back nothing more is read from it (UWP-053).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketActivity {
    /// What.
    pub reason: SocketReason,
    /// The connection's name: fresh for each.
    pub socket_id: String,
    /// The other side's address and port.
    pub peer: String,
    /// The bytes that arrived; empty unless the reason is [`SocketReason::SocketActivity`].
    pub payload: Vec<u8>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StorageChangeKind {
    /// It came into being.
    Created,
    /// Its contents or attributes changed.
    Modified,
    /// It is gone.
    Removed,
    /// It came here under this name from another one.
    Renamed,
    /// Changes were lost: look at the whole folder.
    ChangesLost,
}

/// One change in a watched folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageChange {
    /// What happened.
    pub kind: StorageChangeKind,
    /// The path as the guest sees it; empty for [`StorageChangeKind::ChangesLost`].
    pub path: String,
}

impl StorageChange {
    /// The mark that stands for changes that could not be told.
    #[must_use]
    pub const fn lost() -> Self {
        Self { kind: StorageChangeKind::ChangesLost, path: String::new() }
    }
}

/// The payload of a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The topic it came on.
    pub topic: String,
    /// Its media type, as its sender says.
    pub content_type: String,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// What came with a firing is larger than a firing may carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Arguments or body above [`PAYLOAD_LEN_MAX`].
    #[error(
        "the payload has {len} bytes, above the limit of {PAYLOAD_LEN_MAX}; put it in a granted directory and pass its name"
    )]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// Topic or content type above [`TOPIC_LEN_MAX`].
    #[error("the signal's {field} has {len} bytes, above the limit of {TOPIC_LEN_MAX}")]
    Header {
        /// `topic` or `content type`.
        field: &'static str,
        /// Its length in bytes.
        len: usize,
    },
}

impl TriggerDetails {
    /// Checks sizes, and replaces an over-long list of changes by the mark for lost changes.
    ///
    /// # Errors
    ///
    /// [`PayloadError`] names what is too large.
    pub fn bounded(self) -> Result<Self, PayloadError> {
        match &self {
            Self::Application(bytes) if bytes.len() > PAYLOAD_LEN_MAX => {
                Err(PayloadError::TooLong { len: bytes.len() })
            }
            Self::Socket(socket) if socket.payload.len() > PAYLOAD_LEN_MAX => {
                Err(PayloadError::TooLong { len: socket.payload.len() })
            }
            Self::Message(m) if m.body.len() > PAYLOAD_LEN_MAX => {
                Err(PayloadError::TooLong { len: m.body.len() })
            }
            Self::Message(m) if m.topic.len() > TOPIC_LEN_MAX => {
                Err(PayloadError::Header { field: "topic", len: m.topic.len() })
            }
            Self::Message(m) if m.content_type.len() > TOPIC_LEN_MAX => {
                Err(PayloadError::Header { field: "content type", len: m.content_type.len() })
            }
            Self::StorageChanges(changes) if changes.len() > STORAGE_CHANGES_MAX => {
                Ok(Self::StorageChanges(vec![StorageChange::lost()]))
            }
            _ => Ok(self),
        }
    }

    /// What one activation carries for an earlier firing, `self`, and a later one that is coalesced into
    /// it: the changes of both for a folder, the newest payload otherwise.
    #[must_use]
    pub fn coalesced_with(self, later: Self) -> Self {
        match (self, later) {
            (Self::StorageChanges(mut earlier), Self::StorageChanges(later)) => {
                if earlier.len() + later.len() > STORAGE_CHANGES_MAX
                    || earlier.first().is_some_and(|c| c.kind == StorageChangeKind::ChangesLost)
                {
                    return Self::StorageChanges(vec![StorageChange::lost()]);
                }
                earlier.extend(later);
                Self::StorageChanges(earlier)
            }
            (_, later) => later,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str) -> StorageChange {
        StorageChange { kind: StorageChangeKind::Created, path: path.to_owned() }
    }

    #[test]
    fn a_payload_at_the_limit_passes_and_one_above_does_not() {
        assert!(TriggerDetails::Application(vec![0; PAYLOAD_LEN_MAX]).bounded().is_ok());
        assert_eq!(
            TriggerDetails::Application(vec![0; PAYLOAD_LEN_MAX + 1]).bounded(),
            Err(PayloadError::TooLong { len: PAYLOAD_LEN_MAX + 1 })
        );
        let topic = "t".repeat(TOPIC_LEN_MAX + 1);
        let message = Message { topic, content_type: String::new(), body: vec![] };
        assert!(matches!(
            TriggerDetails::Message(message).bounded(),
            Err(PayloadError::Header { field: "topic", .. })
        ));
    }

    #[test]
    fn coalesced_changes_keep_their_order() {
        let both = TriggerDetails::StorageChanges(vec![change("a")])
            .coalesced_with(TriggerDetails::StorageChanges(vec![change("b")]));
        assert_eq!(both, TriggerDetails::StorageChanges(vec![change("a"), change("b")]));
    }

    #[test]
    fn too_many_changes_become_a_loss_that_is_told_and_stays_told() {
        let half = vec![change("x"); STORAGE_CHANGES_MAX / 2 + 1];
        let lost =
            TriggerDetails::StorageChanges(half.clone()).coalesced_with(TriggerDetails::StorageChanges(half));
        assert_eq!(lost, TriggerDetails::StorageChanges(vec![StorageChange::lost()]));
        let still = lost.coalesced_with(TriggerDetails::StorageChanges(vec![change("y")]));
        assert_eq!(still, TriggerDetails::StorageChanges(vec![StorageChange::lost()]));
    }

    #[test]
    fn a_later_message_replaces_an_earlier_one() {
        let newest =
            TriggerDetails::Application(vec![1]).coalesced_with(TriggerDetails::Application(vec![2]));
        assert_eq!(newest, TriggerDetails::Application(vec![2]));
    }
}
