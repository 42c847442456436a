//! The first attempt does not come to its end, or fails with the argument `fail`; the connection does not
//! outlive it. The second attempt sees that it is gone.

use std::time::Duration;

use dormouse_guest::sockets::{self, SocketError};
use dormouse_guest::{BackgroundTaskInstance, TaskError, TriggerDetails};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let TriggerDetails::Socket(socket) = instance.trigger_details() else {
        return Err(TaskError::failed("not woken by a socket"));
    };
    if instance.activation().attempt > 1 {
        assert_eq!(sockets::send(&instance, &socket.socket_id, b"late"), Err(SocketError::Closed));
        assert_eq!(sockets::transfer_ownership(&instance, &socket.socket_id), Err(SocketError::Closed));
        return Ok(());
    }
    sockets::send(&instance, &socket.socket_id, b"here")?;
    if std::env::args().any(|arg| arg == "fail") {
        return Err(TaskError::failed("as told"));
    }
    let _ = instance.sleep(Duration::from_secs(20)).await;
    Err(TaskError::failed("it was to be cut off"))
}

fn main() {}
