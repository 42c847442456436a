//! A web server of a page: answers by path, one request for each connection.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;

/// What it answers to a path.
pub(crate) enum Answer {
    /// Status, one header line or none, and the body.
    Now(u16, &'static str, Vec<u8>),
    /// A redirect to there.
    To(String),
    /// Nothing, ever.
    Never,
}

/// Listens on a port of the loopback interface, for as long as the test takes.
pub(crate) struct Server {
    address: SocketAddr,
    pages: Arc<Mutex<HashMap<&'static str, Answer>>>,
    asked: mpsc::UnboundedReceiver<String>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let pages = Arc::new(Mutex::new(HashMap::new()));
        let (tell, asked) = mpsc::unbounded_channel();
        std::thread::spawn({
            let pages = pages.clone();
            move || {
                // Held until the end: closing one would be an answer.
                let mut waiting = Vec::new();
                for stream in listener.incoming() {
                    let mut stream = stream.expect("a connection");
                    let Some(path) = path(&stream) else { continue };
                    let answered =
                        answer(&mut stream, pages.lock().expect("no test panics here").get(&*path));
                    if !answered {
                        waiting.push(stream);
                    }
                    // The test may have ended.
                    let _ = tell.send(path);
                }
            }
        });
        Self { address, pages, asked }
    }

    pub(crate) fn page(&self, path: &'static str, answer: Answer) {
        self.pages.lock().expect("no thread panics here").insert(path, answer);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// As a grant names it.
    pub(crate) fn host_port(&self) -> String {
        self.address.to_string()
    }

    /// The path that was asked for next.
    pub(crate) async fn asked(&mut self) -> String {
        self.asked.recv().await.expect("the server goes on")
    }

    /// Every path that was asked for since.
    pub(crate) fn all_asked(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.asked.try_recv().ok()).collect()
    }
}

/// The path of a request, which is read to the end of its headers.
fn path(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    lines.find(String::is_empty)?;
    Some(path)
}

/// Answers whether it answered.
fn answer(stream: &mut TcpStream, page: Option<&Answer>) -> bool {
    let (status, header, body) = match page {
        None => (404, String::new(), &[][..]),
        Some(Answer::Now(status, header, body)) => (*status, (*header).to_owned(), body.as_slice()),
        Some(Answer::To(location)) => (302, format!("Location: {location}"), &[][..]),
        Some(Answer::Never) => return false,
    };
    let header = if header.is_empty() { header } else { format!("{header}\r\n") };
    let head =
        format!("HTTP/1.1 {status} x\r\n{header}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // A client that has gone, because the body is too long for it, is no fault of ours.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    true
}
