//! Sends more than the host keeps for one connection, then as much as it keeps, 256 KiB; then closes it.

use dormouse_guest::sockets::{self, SocketError};
use dormouse_guest::{BackgroundTaskInstance, TaskError, TriggerDetails};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let TriggerDetails::Socket(socket) = instance.trigger_details() else {
        return Err(TaskError::failed("not woken by a socket"));
    };
    let id = socket.socket_id.as_str();
    assert_eq!(sockets::send(&instance, id, &[b'n'; 256 * 1024 + 1]), Err(SocketError::Full));
    sockets::send(&instance, id, &[b'n'; 256 * 1024 - 3])?;
    sockets::send(&instance, id, b"end")?;
    sockets::close(&instance, id)?;
    assert_eq!(sockets::send(&instance, id, b"n"), Err(SocketError::NotOwned), "it was closed");
    Ok(())
}

fn main() {}
