//! Connections that the host owns and a run has for a while.
//!
//! A registration with a [socket trigger](crate::registration::SocketTrigger) is woken when somebody connects,
//! when bytes arrive, and when the connection is silent or gone. The run has the socket then: nothing more is
//! read from it until the run [hands it back](transfer_ownership). A socket that is not handed back is closed
//! when the run ends, and wakes nobody any more (UWP-053).
//!
//! ```no_run
//! use dormouse_guest::{BackgroundTaskInstance, SocketReason, TaskError, TriggerDetails, sockets};
//!
//! #[dormouse_guest::task]
//! async fn echo(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
//!     let TriggerDetails::Socket(socket) = instance.trigger_details() else {
//!         return Err(TaskError::failed("not woken by a socket"));
//!     };
//!     if socket.reason == SocketReason::SocketActivity {
//!         sockets::send(&instance, &socket.socket_id, &socket.payload)?;
//!     }
//!     if socket.reason != SocketReason::SocketClosed {
//!         sockets::transfer_ownership(&instance, &socket.socket_id)?;
//!     }
//!     Ok(())
//! }
//! ```

use std::fmt;

use crate::bindings::dormouse::background::sockets as wit;
use crate::instance::BackgroundTaskInstance;

/// Sends bytes to the other side. The host keeps them and sends them in order, also after the run has ended
/// if the socket was handed back.
///
/// # Errors
///
/// [`SocketError`]: nothing was sent.
pub fn send(instance: &BackgroundTaskInstance, socket_id: &str, bytes: &[u8]) -> Result<(), SocketError> {
    wit::send(instance.raw(), socket_id, bytes).map_err(Into::into)
}

/// Hands the socket back to the host: what arrives from now on wakes the task again, in a new run.
///
/// # Errors
///
/// [`SocketError::NotOwned`], [`SocketError::Closed`].
pub fn transfer_ownership(instance: &BackgroundTaskInstance, socket_id: &str) -> Result<(), SocketError> {
    wit::transfer_ownership(instance.raw(), socket_id).map_err(Into::into)
}

/// Sends what is waiting and closes the connection.
///
/// # Errors
///
/// [`SocketError::NotOwned`], [`SocketError::Closed`].
pub fn close(instance: &BackgroundTaskInstance, socket_id: &str) -> Result<(), SocketError> {
    wit::close(instance.raw(), socket_id).map_err(Into::into)
}

/// Why nothing was done with a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocketError {
    /// The run does not have that socket: it was never told of it, or handed it back, or closed it.
    NotOwned,
    /// The connection is gone.
    Closed,
    /// More bytes are waiting to be sent than the host keeps for one connection.
    Full,
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOwned => "the run does not have this socket: send before handing it back",
            Self::Closed => "the connection is gone",
            Self::Full => {
                "too many bytes are waiting to be sent: hand the socket back and go on in the next run"
            }
        })
    }
}

impl std::error::Error for SocketError {}

impl From<wit::SocketError> for SocketError {
    fn from(error: wit::SocketError) -> Self {
        match error {
            wit::SocketError::NotOwned => Self::NotOwned,
            wit::SocketError::Closed => Self::Closed,
            wit::SocketError::Full => Self::Full,
        }
    }
}
