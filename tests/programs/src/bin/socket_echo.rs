//! Sends back what arrives and hands the socket back each time (UWP-053); asks `?` when it is silent. With the
//! argument `slow` it thinks about each piece for a second first. Prints why it was woken, and with what.

use std::time::Duration;

use dormouse_guest::sockets::{self, SocketError};
use dormouse_guest::{BackgroundTaskInstance, SocketReason, TaskError, TriggerDetails};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let TriggerDetails::Socket(socket) = instance.trigger_details() else {
        return Err(TaskError::failed("not woken by a socket"));
    };
    let id = socket.socket_id.as_str();
    assert_eq!(socket.payload.is_empty(), socket.reason != SocketReason::SocketActivity, "{socket:?}");
    assert!(socket.peer.starts_with("127.0.0.1:"), "{socket:?}");
    say(format_args!("{:?} {}", socket.reason, String::from_utf8_lossy(&socket.payload)));
    if std::env::args().any(|arg| arg == "slow") && socket.reason == SocketReason::SocketActivity {
        assert_eq!(instance.sleep(Duration::from_secs(1)).await, None);
    }

    assert_eq!(sockets::send(&instance, "another", b"x"), Err(SocketError::NotOwned));
    assert_eq!(sockets::transfer_ownership(&instance, "another"), Err(SocketError::NotOwned));
    assert_eq!(sockets::close(&instance, "another"), Err(SocketError::NotOwned));
    if socket.reason == SocketReason::SocketClosed {
        assert_eq!(sockets::send(&instance, id, b"x"), Err(SocketError::Closed));
        assert_eq!(sockets::transfer_ownership(&instance, id), Err(SocketError::Closed));
        return Ok(());
    }
    if socket.reason == SocketReason::KeepAliveTimerExpired {
        sockets::send(&instance, id, b"?")?;
    }
    sockets::send(&instance, id, &socket.payload)?;
    sockets::transfer_ownership(&instance, id)?;
    assert_eq!(sockets::send(&instance, id, b"x"), Err(SocketError::NotOwned), "it was handed back");
    assert_eq!(sockets::transfer_ownership(&instance, id), Err(SocketError::NotOwned));
    assert_eq!(sockets::close(&instance, id), Err(SocketError::NotOwned));
    Ok(())
}

fn main() {}
