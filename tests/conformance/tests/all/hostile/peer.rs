//! Whoever is at the other end of a socket, as bad as need be. On threads of their own, that end with their connections: a
//! little later, so that whoever counts threads and sockets waits until none of [`SERVES`] is left.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle};

use dormouse::Grants;

/// The name of the thread that accepts connections, while there is a peer.
const ACCEPTS: &str = "peer-accepts";

/// The name of each thread that has a connection. What it has open is closed before it ends.
pub(super) const SERVES: &str = "peer-serves";

/// Somebody who listens on the loopback.
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Peer {
    /// Does this with each connection.
    pub(super) fn new(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, over) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (counted, ended) = (Arc::clone(&connections), Arc::clone(&over));
        let accepts = move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Acquire) {
                    return;
                }
                counted.fetch_add(1, Ordering::AcqRel);
                let (serve, stream) = (serve.clone(), stream.unwrap());
                Builder::new().name(SERVES.to_owned()).spawn(move || serve(stream)).unwrap();
            }
        };
        let accepting = Builder::new().name(ACCEPTS.to_owned()).spawn(accepts).unwrap();
        Self { address, connections, over, accepting: Some(accepting) }
    }

    /// How many connections there were.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }

    /// To connect to it, and nowhere else.
    pub(super) fn grants(&self) -> Grants {
        Grants::none().with_host(self.address.to_string().parse().unwrap())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        // Whoever accepts wakes up once more.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
    }
}

/// Hears everything, until the other end is gone.
pub(super) fn says_nothing(mut stream: TcpStream) {
    let mut heard = [0; 4096];
    while stream.read(&mut heard).is_ok_and(|len| len > 0) {}
}

/// Says more and more, and hears nothing.
pub(super) fn says_all(mut stream: TcpStream) {
    while stream.write_all(&[b'x'; 64 * 1024]).is_ok() {}
}

/// A server that answers each path in another bad way.
pub(super) fn http(mut stream: TcpStream) {
    let Some(path) = path(&mut stream) else { return };
    let endless = |stream: &mut TcpStream, head: &[u8], piece: &[u8]| {
        let _ = stream.write_all(head);
        while stream.write_all(piece).is_ok() {}
    };
    let answer: &[u8] = match path.as_str() {
        "/plain" => b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nacorn",
        "/redirect" => {
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        }
        "/endless" => {
            let chunk = [b"8000\r\n".as_slice(), &[b'x'; 0x8000], b"\r\n"].concat();
            return endless(&mut stream, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", &chunk);
        }
        "/head-flood" => return endless(&mut stream, b"HTTP/1.1 200 OK\r\n", b"x-flood: flood\r\n"),
        "/long-line" => return endless(&mut stream, b"HTTP/1.1 200 ", &[b'O'; 4096]),
        "/silent" | "/sink" => return says_nothing(stream),
        "/garbage" => b"acorn acorn acorn\r\n\r\n",
        "/status" => b"HTTP/1.1 99999 OK\r\ncontent-length: 0\r\n\r\n",
        "/lengths" => b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nacorn",
        "/chunks" => b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nacorn\r\n",
        "/cut" => b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nacorn",
        "/nothing" => b"",
        other => panic!("a request that was not to be: {other:?}"),
    };
    let _ = stream.write_all(answer);
}

/// Of the one request that comes; none if it is no request. There is one host, and one header of the guest's at most.
fn path(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        // It may speak TLS, of which nothing is understood.
        if stream.read(&mut byte).ok()? == 0 || head.len() > 4096 || !byte[0].is_ascii() || byte[0] == 0x16 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let (line, rest) = head.split_once("\r\n")?;
    assert_eq!(rest.matches("host: 127.0.0.1:").count(), 1, "{head}");
    assert!(!head.contains("evil"), "{head}");
    let mut words = line.split(' ');
    assert!(matches!(words.next(), Some("GET" | "POST")), "{head}");
    Some(words.next()?.to_owned())
}
