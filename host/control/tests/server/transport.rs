//! Who may ask over which way.

use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use dormouse_control::server::{Listener, TcpSocket, Token, UnixSocket};
use rustix::process::Uid;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::machine::{Machine, soon, until};

async fn ask(address: std::net::SocketAddr, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let ask =
        format!("GET /v1/host HTTP/1.1\r\nHost: anything.example\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut told = String::new();
    soon("an answer", stream.read_to_string(&mut told)).await.unwrap();
    told
}

#[tokio::test]
async fn over_tcp_only_who_knows_the_token_is_answered() {
    let machine = Machine::built(|builder| builder.idle(), |_| {}).await;
    let text = Token::make().unwrap();
    let socket = TcpSocket::bind("127.0.0.1:0".parse().unwrap(), Token::new(&text).unwrap()).await.unwrap();
    let address = socket.address().unwrap();
    let serving = machine.serve_on(vec![Listener::Tcp(socket)]);
    let right = format!("Authorization: Bearer {text}\r\n");
    let told = ask(address, &right).await;
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    for wrong in [
        String::new(),
        format!("Authorization: Bearer {text}x\r\n"),
        format!("Authorization: Basic {text}\r\n"),
        format!("Authorization: {text}\r\n"),
        format!("{right}{right}"),
        format!("X-Token: {text}\r\n"),
    ] {
        let told = ask(address, &wrong).await;
        assert!(told.starts_with("HTTP/1.1 401") && told.contains("www-authenticate: Bearer"), "{told}");
        assert!(told.contains("\"code\":\"unauthorized\"") && !told.contains(&text), "{told}");
    }
    let told = ask(address, &format!("{right}Origin: https://example.org\r\n")).await;
    assert!(told.starts_with("HTTP/1.1 403"), "{told}");
    machine.server.stop();
    soon("the end of the server", serving).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn who_knows_no_token_keeps_neither_a_connection_nor_anybody_from_the_socket() {
    let machine = Machine::built(|builder| builder.idle(), |limits| limits.connections = 1).await;
    let token = Token::new(&Token::make().unwrap()).unwrap();
    let tcp = TcpSocket::bind("127.0.0.1:0".parse().unwrap(), token).await.unwrap();
    let address = tcp.address().unwrap();
    let path = machine.home.path().join("dormouse.sock");
    let unix = UnixSocket::bind(&path).await.unwrap();
    let _serving = machine.serve_on(vec![Listener::Tcp(tcp), Listener::Unix(unix)]);
    let ask = b"GET /v1/host HTTP/1.1\r\nHost: x\r\n\r\n";

    let mut unknown = TcpStream::connect(address).await.unwrap();
    unknown.write_all(ask).await.unwrap();
    let mut told = String::new();
    soon("an answer", unknown.read_to_string(&mut told)).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 401") && told.contains("connection: close"), "{told}");
    until("its place", async || (machine.server.stats().connections == 0).then_some(())).await;

    let _silent = TcpStream::connect(address).await.unwrap();
    until("all places over TCP to be taken", async || {
        (machine.server.stats().connections == 1).then_some(())
    })
    .await;
    let mut operator = tokio::net::UnixStream::connect(&path).await.unwrap();
    operator.write_all(ask).await.unwrap();
    let mut told = [0; 12];
    soon("an answer", operator.read_exact(&mut told)).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 200");
}

/// What a thread of user `uid` is told on the socket at `path`.
fn asked_by(uid: u32, path: &std::path::Path) -> std::thread::JoinHandle<std::io::Result<String>> {
    let path = path.to_owned();
    std::thread::spawn(move || {
        let user = Uid::from_raw(uid);
        // Of this thread alone, as Linux has it.
        rustix::thread::set_thread_res_uid(user, user, user)?;
        let mut stream = std::os::unix::net::UnixStream::connect(path)?;
        stream.write_all(b"GET /v1/host HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut told = String::new();
        stream.read_to_string(&mut told)?;
        Ok(told)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_is_turned_away_even_if_the_socket_lets_him_in() {
    const NOBODY: u32 = 65_534;
    let machine = Machine::built(|builder| builder.idle(), |_| {}).await;
    let path = machine.home.path().join("dormouse.sock");
    let socket = UnixSocket::bind(&path).await.unwrap();
    let _serving = machine.serve_on(vec![Listener::Unix(socket)]);
    let own = rustix::process::geteuid().as_raw();
    let asked = |uid| {
        let path = path.clone();
        tokio::task::spawn_blocking(move || asked_by(uid, &path).join().unwrap())
    };
    let told = soon("an answer", asked(own)).await.unwrap().unwrap();
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    if own != 0 {
        eprintln!("not root: what another user is told was not tested");
        return;
    }
    let closed = soon("an error", asked(NOBODY)).await.unwrap();
    assert!(closed.is_err(), "its permissions let nobody in");
    std::fs::set_permissions(machine.home.path(), Permissions::from_mode(0o711)).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
    let told = soon("an answer", asked(NOBODY)).await.unwrap().unwrap();
    assert!(told.starts_with("HTTP/1.1 403") && told.contains("\"code\":\"forbidden\""), "{told}");
}
