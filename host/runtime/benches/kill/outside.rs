//! What guests wait for in vain.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::thread;

use dormouse::{Access, Grants};
use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};

/// A directory with a file, a listener that accepts nothing, a server that does not end.
pub(crate) struct Outside {
    folder: tempfile::TempDir,
    full: SocketAddr,
    _full: (OwnedFd, Vec<TcpStream>),
    endless: SocketAddr,
}

impl Outside {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), vec![7; 1 << 20]).unwrap();
        let (full, held) = full();
        Self { folder, full, _full: held, endless: endless() }
    }

    /// What a guest in this state is told beside it.
    pub(crate) fn place(&self, state: &str) -> String {
        match state {
            "read" => "/outside/file".to_owned(),
            "connect" => self.full.to_string(),
            "body" => format!("http://{}/", self.endless),
            "lookup" => "dormouse.invalid".to_owned(),
            _ => String::new(),
        }
    }

    pub(crate) fn grants(&self, grants: Grants) -> Grants {
        let host = |address: SocketAddr| address.to_string().parse().unwrap();
        let grants = grants.with_path(self.folder.path(), "/outside", Access::ReadOnly).unwrap();
        grants
            .with_host(host(self.full))
            .with_host(host(self.endless))
            .with_host("dormouse.invalid:80".parse().unwrap())
    }
}

/// A listener whose queue is full: further connections are not refused, and not taken either.
fn full() -> (SocketAddr, (OwnedFd, Vec<TcpStream>)) {
    let listener = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&listener, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listen(&listener, 0).unwrap();
    let address = SocketAddr::try_from(getsockname(&listener).unwrap()).unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, std::time::Duration::from_millis(200)) {
        waiting.push(stream);
    }
    (address, (listener, waiting))
}

/// A server that begins an answer.
fn endless() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n");
                // Until the other side has gone.
                let _ = stream.read(&mut [0; 1024]);
            });
        }
    });
    address
}
