//! Has no network. Its arguments are the address of a listener that would answer, such as
//! `127.0.0.1:8080`. Each refusal must say that it is one: `PermissionDenied`, not a failure to connect.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket};

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::arguments;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let address = arguments(&instance)?;
    let tcp = TcpStream::connect(&address).map(drop).map_err(|e| e.kind());
    assert_eq!(tcp, Err(ErrorKind::PermissionDenied), "TCP to {address}");
    let listener = TcpListener::bind("127.0.0.1:0").map(drop).map_err(|e| e.kind());
    assert_eq!(listener, Err(ErrorKind::PermissionDenied), "a TCP listener");
    let udp = UdpSocket::bind("127.0.0.1:0").map(drop).map_err(|e| e.kind());
    assert_eq!(udp, Err(ErrorKind::PermissionDenied), "a UDP socket");
    assert!("localhost:80".to_socket_addrs().is_err(), "names can be looked up");
    Ok(())
}

fn main() {}
