//! As much of HTTP/1.1 as it takes to ask one thing.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;

use crate::PATIENCE;

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The fields of the head, their names in lower case.
    pub head: Vec<(String, String)>,
    /// All that came behind the head.
    pub body: String,
}

impl Answer {
    /// The value of a field of the head.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body, which is JSON.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks the status.
    ///
    /// # Panics
    ///
    /// If it is another one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// A request: `GET /v1/host`, with fields of the head and a body.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The method and the path.
    pub line: &'a str,
    /// Fields of the head, beside those that every request has.
    pub head: &'a [(&'a str, &'a str)],
    /// What follows the head; JSON, unless a field says otherwise.
    pub body: &'a [u8],
}

impl<'a> Ask<'a> {
    /// A request with nothing but its first line.
    #[must_use]
    pub const fn new(line: &'a str) -> Self {
        Self { line, head: &[], body: &[] }
    }

    /// Asks at a Unix socket.
    ///
    /// # Errors
    ///
    /// The operating system's; and if what comes back is no answer.
    pub fn at_socket(&self, path: &Path) -> io::Result<Answer> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        self.over(stream)
    }

    /// Asks at a TCP address.
    ///
    /// # Errors
    ///
    /// As [`Ask::at_socket`].
    pub fn at_address(&self, address: SocketAddr) -> io::Result<Answer> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        self.over(stream)
    }

    fn over(&self, mut stream: impl Read + Write) -> io::Result<Answer> {
        let mut text = format!("{} HTTP/1.1\r\nhost: dormouse\r\nconnection: close\r\n", self.line);
        if !self.body.is_empty() {
            text.push_str(&format!("content-length: {}\r\n", self.body.len()));
            if !self.head.iter().any(|(name, _)| *name == "content-type") {
                text.push_str("content-type: application/json\r\n");
            }
        }
        for (name, value) in self.head {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        stream.write_all(text.as_bytes())?;
        stream.write_all(self.body)?;
        read(&mut BufReader::new(stream))
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn read(from: &mut impl BufRead) -> io::Result<Answer> {
    let first = line(from)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| broken(&format!("no answer: {first:?}")))?;
    let mut head = Vec::new();
    loop {
        let field = line(from)?;
        if field.is_empty() {
            break;
        }
        let (name, value) = field.split_once(':').ok_or_else(|| broken("no field of a head"))?;
        head.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer { status, head, body: String::new() };
    if answer.field("transfer-encoding") == Some("chunked") {
        loop {
            let len = usize::from_str_radix(line(from)?.trim(), 16).map_err(|_| broken("no chunk"))?;
            let mut chunk = vec![0; len];
            from.read_exact(&mut chunk)?;
            line(from)?;
            if len == 0 {
                return Ok(answer);
            }
            answer.body.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
    let len: Option<u64> = answer.field("content-length").and_then(|len| len.parse().ok());
    let came = from.take(len.unwrap_or(u64::MAX)).read_to_string(&mut answer.body)?;
    // Who answered may have died meanwhile.
    if len.is_some_and(|len| len > came as u64) {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(answer)
    }
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
