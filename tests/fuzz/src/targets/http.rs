//! Bytes on the control API's socket, as a client sends them, and then nothing more.

use dormouse_control::api::Problem;
use dormouse_control::server::{Listener, UnixSocket};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::host::{APP, Served, runtime};
use super::within;
use crate::answer::{Answer, Target, Wrong, inputs, refused, taken};

/// As much is read of what is answered.
const READ_MAX: u64 = 256 * 1024;

const GOOD: &[u8] = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

pub(super) struct Socket {
    runtime: Runtime,
    served: Served,
    folder: TempDir,
    _serving: JoinHandle<()>,
}

impl Socket {
    pub(super) fn new() -> Self {
        let runtime = runtime();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (served, serving) = runtime.block_on(async {
            let served = Served::start().await;
            let socket = UnixSocket::bind(&folder.path().join("socket")).await.expect("a socket");
            let server = served.server.clone();
            let serving = tokio::runtime::Handle::current()
                .spawn(async move { server.serve(vec![Listener::Unix(socket)]).await });
            (served, serving)
        });
        Self { runtime, served, folder, _serving: serving }
    }

    /// What is answered to `input` until the end of the connection.
    async fn answered(&self, input: &[u8]) -> Result<Vec<u8>, Wrong> {
        let failed = |error: std::io::Error| Wrong(format!("the socket: {error}"));
        let stream = UnixStream::connect(self.folder.path().join("socket")).await.map_err(failed)?;
        let (from, mut to) = stream.into_split();
        let mut answer = Vec::new();
        let ask = async {
            // Who was refused is not read any further.
            let _ = to.write_all(input).await;
            let _ = to.shutdown().await;
        };
        let listen = async {
            let mut from = from.take(READ_MAX);
            // A connection that is closed with something unread is a reset: what came before is what was answered. And
            // a stream of events has no end for who only sends no more.
            while from.read_buf(&mut answer).await.is_ok_and(|len| len > 0) && !is_stream(&answer) {}
        };
        within("the end of a connection", async { tokio::join!(listen, ask) }).await?;
        Ok(answer)
    }
}

impl Target for Socket {
    fn examples(&self) -> Vec<Vec<u8>> {
        let id = &self.served.registration;
        let json = |method: &str, path: &str, body: &str| {
            let len = body.len();
            format!(
                "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len}\r\n\r\n{body}"
            )
        };
        let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        [
            get("/v1/host"),
            get("/v1/runs?limit=5&outcome=failed&since=2026-01-01T00:00:00Z"),
            get(&format!("/v1/registrations/{id}/explain?history=3")),
            get("/v1/completions?subscriber=s") + &get("/v1/apps"),
            get("/v1/events?kinds=started,ended"),
            json("POST", "/v1/signals", r#"{"topic":"a","body":"b"}"#),
            json("PUT", &format!("/v1/apps/{APP}/access"), r#"{"access":"denied-by-user"}"#),
            json("POST", &format!("/v1/registrations/{id}/fire"), r#"{"argument":"x"}"#),
            "POST /v1/signals HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
             d\r\n{\"topic\":\"a\"}\r\n0\r\n\r\n"
                .to_owned(),
            "POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody".to_owned(),
            "DELETE /v1/webhooks/none HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".to_owned(),
        ]
        .map(String::into_bytes)
        .into()
    }

    fn words(&self) -> Vec<Vec<u8>> {
        inputs([
            "\r\n",
            "\r\n\r\n",
            "\n",
            "\r",
            " HTTP/1.1",
            "HTTP/2.0",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET ",
            "HEAD ",
            "OPTIONS ",
            "CONNECT ",
            "TRACE ",
            "Content-Length: ",
            "Transfer-Encoding: chunked\r\n",
            "Origin: null\r\n",
            "Upgrade: h2c\r\nConnection: upgrade\r\n",
            "Host: y\r\n",
            "Last-Event-ID: 3\r\n",
            "Expect: 100-continue\r\n",
            "%00",
            "%2e%2e",
            "//",
            "?",
            "&",
            "#",
            "\0",
            "ffffffffffffffff\r\n",
            "0\r\n\r\n",
            "http://evil/",
        ])
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        self.runtime.block_on(async {
            let answer = self.answered(input).await?;
            let kind = judge(&answer)?;
            let health = self.answered(GOOD).await?;
            Wrong::unless(health.starts_with(b"HTTP/1.1 200"), || {
                format!("and then all is not well: {}", health.escape_ascii())
            })?;
            Ok(kind)
        })
    }
}

/// Whether the head of a stream has come.
fn is_stream(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    text.split_once("content-type: text/event-stream").is_some_and(|(_, rest)| rest.contains("\r\n\r\n"))
}

/// Looks at the first of the answers.
fn judge(answer: &[u8]) -> Result<Answer, Wrong> {
    if answer.is_empty() {
        return refused("without a word");
    }
    let strange = |why: &str| Wrong(format!("{why}: {}", answer.escape_ascii()));
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let len = match head.parse(answer) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Err(strange("an answer without an end")),
        Err(error) => return Err(strange(&error.to_string())),
    };
    let status = head.code.unwrap_or_default();
    // The library's own: what is no HTTP at all is told so without a body.
    let body = answer.get(len..).unwrap_or_default();
    Wrong::unless(status != 500, || format!("a fault of the host: {}", answer.escape_ascii()))?;
    if status < 400 {
        // In words: a kind of answer has no numbers.
        let status = http::StatusCode::from_u16(status).ok();
        return Ok(taken(status.and_then(|status| status.canonical_reason()).unwrap_or("?")));
    }
    if body.is_empty() {
        return refused(status);
    }
    let of = |name: &str| {
        head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    };
    Wrong::unless(of("content-type") == Some(b"application/problem+json"), || {
        format!("{status}, and no problem says why: {}", answer.escape_ascii())
    })?;
    let len = of("content-length").and_then(|len| std::str::from_utf8(len).ok()?.parse().ok());
    let body = len.and_then(|len: usize| body.get(..len)).ok_or_else(|| strange("a body that is cut"))?;
    let problem: Problem = serde_json::from_slice(body).map_err(|error| strange(&error.to_string()))?;
    refused(format!("{status} {:?}", problem.code))
}
