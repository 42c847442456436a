//! What the receiver of a webhook answers: the input, as it is, and then it hangs up.

use std::sync::Arc;
use std::time::Duration;

use dormouse::{Host, TokioClock};
use dormouse_control::webhook::{Deliverer, NewWebhook, WebhookConfig, WebhookError};
use dormouse_core::RetryPolicy;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Handle, Runtime};

use super::host::{engine, runtime};
use super::within;
use crate::answer::{Answer, Target, Wrong, inputs, refused, taken};

const NAME: &str = "pager";

pub(super) struct Receiver {
    runtime: Runtime,
    deliverer: Deliverer,
    listener: TcpListener,
    _host: Host,
}

impl Receiver {
    pub(super) fn new() -> Self {
        let runtime = runtime();
        let (deliverer, listener, host) = runtime.block_on(async {
            let host = Host::builder().idle().engine(engine()).start().await.expect("a host");
            let config = WebhookConfig {
                follow: false,
                retry: RetryPolicy::none(),
                request_timeout: Duration::from_secs(20),
                ..WebhookConfig::default()
            };
            let clock = Arc::new(TokioClock::new(Handle::current()));
            let deliverer = Deliverer::start(host.clone(), clock, config).await.expect("webhooks");
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let url = format!("http://{}/", listener.local_addr().expect("an address"));
            let hook = NewWebhook { name: NAME.to_owned(), url, secret: None, app: None, registration: None };
            deliverer.save(hook).await.expect("a webhook");
            (deliverer, listener, host)
        });
        Self { runtime, deliverer, listener, _host: host }
    }

    /// Answers everybody so.
    async fn answer_all(&self, input: &[u8]) -> std::io::Error {
        loop {
            let answered = async {
                let (mut stream, _) = self.listener.accept().await?;
                request(&mut stream).await?;
                stream.write_all(input).await?;
                stream.shutdown().await
            };
            match answered.await {
                Ok(()) => {}
                // Who sends has seen enough.
                Err(error)
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::ConnectionReset
                    ) => {}
                Err(error) => return error,
            }
        }
    }
}

/// Reads a request to its end.
async fn request(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut read = Vec::new();
    loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(head_len)) = head.parse(&read) else { continue };
        let len = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let len = len.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
        if read.len() >= head_len + len.unwrap_or_default() {
            return Ok(());
        }
    }
}

impl Target for Receiver {
    fn examples(&self) -> Vec<Vec<u8>> {
        inputs([
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 8\r\n\r\nno\x1b[2J\x07\n",
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 410 Gone\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngone\r\n0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        ])
    }

    fn words(&self) -> Vec<Vec<u8>> {
        inputs([
            "\r\n",
            "\r\n\r\n",
            "\n",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.0 ",
            "HTTP/2 200\r\n",
            "Content-Length: ",
            "Retry-After: ",
            "Location: ",
            "Transfer-Encoding: chunked\r\n",
            "Content-Encoding: gzip\r\n",
            "Set-Cookie: a=b\r\n",
            "fffffffff\r\n",
            "0\r\n\r\n",
            "\0",
            "\u{1b}]8;;http://x\u{7}",
            "Mon, 29 Feb 1900 25:61:61 +9999",
        ])
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let delivered = self.runtime.block_on(within("a delivery", async {
            tokio::select! {
                delivered = self.deliverer.test(NAME) => Ok(delivered),
                error = self.answer_all(input) => Err(Wrong(format!("the receiver: {error}"))),
            }
        }))??;
        match delivered {
            Ok(()) => {
                Wrong::unless(says_yes(input), || "it was delivered, and nobody said so".to_owned())?;
                Ok(taken("delivered"))
            }
            Err(WebhookError::NotDelivered(why)) => refused(why),
            Err(error) => Err(Wrong(format!("{error:?}"))),
        }
    }
}

/// Whether the first answer in `input` that is not preliminary is a good one.
fn says_yes(mut input: &[u8]) -> bool {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut head = httparse::Response::new(&mut headers);
        match (httparse::ParserConfig::default().parse_response(&mut head, input), head.code) {
            (Ok(httparse::Status::Complete(len)), Some(100..=199)) => {
                input = input.get(len..).unwrap_or_default()
            }
            (Ok(httparse::Status::Complete(_)), Some(code)) => return (200..300).contains(&code),
            _ => return false,
        }
    }
}
