//! Is woken by a connection, greets, and does not hand the socket back: the greeting arrives, the connection is
//! closed, and it wakes nobody any more (UWP-053).

use dormouse_guest::{BackgroundTaskInstance, SocketReason, TaskError, TriggerDetails, sockets};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let TriggerDetails::Socket(socket) = instance.trigger_details() else {
        return Err(TaskError::failed("not woken by a socket"));
    };
    assert_eq!(socket.reason, SocketReason::ConnectionAccepted);
    sockets::send(&instance, &socket.socket_id, b"hello")?;
    Ok(())
}

fn main() {}
