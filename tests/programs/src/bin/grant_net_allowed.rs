//! Is granted one address, its argument, such as `127.0.0.1:8080`, behind which an echo server listens.
//! The port beside it is not granted.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::arguments;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let granted: SocketAddr = arguments(&instance)?.parse()?;
    let mut stream = TcpStream::connect(granted)?;
    stream.write_all(b"ping")?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer)?;
    assert_eq!(&answer, b"ping");

    let beside = SocketAddr::new(granted.ip(), granted.port() ^ 1);
    let refused = TcpStream::connect(beside).map(drop).map_err(|e| e.kind());
    assert_eq!(refused, Err(ErrorKind::PermissionDenied), "TCP to {beside}");
    Ok(())
}

fn main() {}
