//! Expects two connections at once. The first run leaves its socket's name in `/local` and sleeps; the second
//! tries that name, which is not its own.

use std::fs;
use std::time::Duration;

use dormouse_guest::sockets::{self, SocketError};
use dormouse_guest::{BackgroundTaskInstance, TaskError, TriggerDetails};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let TriggerDetails::Socket(socket) = instance.trigger_details() else {
        return Err(TaskError::failed("not woken by a socket"));
    };
    let Ok(other) = fs::read_to_string("/local/socket") else {
        fs::write("/local/socket", &socket.socket_id)?;
        assert_eq!(instance.sleep(Duration::from_secs(2)).await, None);
        sockets::send(&instance, &socket.socket_id, b"mine")?;
        return Ok(());
    };
    assert_ne!(other, socket.socket_id);
    assert_eq!(sockets::send(&instance, &other, b"yours"), Err(SocketError::NotOwned));
    assert_eq!(sockets::transfer_ownership(&instance, &other), Err(SocketError::NotOwned));
    assert_eq!(sockets::close(&instance, &other), Err(SocketError::NotOwned));
    Ok(())
}

fn main() {}
