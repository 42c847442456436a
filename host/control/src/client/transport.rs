//! How a request gets to a host, and an answer back.

use std::fmt;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use dormouse_core::Secret;
use http::header::{AUTHORIZATION, HOST, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::Handle;
use tokio_io_timeout::TimeoutStream;
use tokio_util::task::AbortOnDropHandle;
use tower::ServiceExt;

use super::{ClientError, Endpoint};

/// The longest answer that is read, in bytes. Streams have no end, and a bound for each event.
pub const ANSWER_LEN_MAX: usize = 16 * 1024 * 1024;

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long the host may take nothing of what is sent.
const STALLED: Duration = Duration::from_secs(30);

/// How long the host may say nothing: longer than it takes to answer anything, and than it is silent in a stream.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);

/// Asks a host. A handle: clones ask the same.
#[derive(Clone)]
pub struct Client {
    way: Way,
    token: Option<HeaderValue>,
}

#[derive(Clone)]
enum Way {
    Endpoint(Endpoint),
    InProcess(Router),
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("at", &self.at()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the host that is there. Nothing is sent yet.
    #[must_use]
    pub const fn connect(endpoint: Endpoint) -> Self {
        Self { way: Way::Endpoint(endpoint), token: None }
    }

    /// A client of a host in this process.
    #[must_use]
    pub const fn in_process(router: Router) -> Self {
        Self { way: Way::InProcess(router), token: None }
    }

    /// Shows `token` with each request: what a host that listens on TCP asks for.
    ///
    /// # Errors
    ///
    /// [`ClientError::Token`]
    pub fn with_token(mut self, token: &Secret) -> Result<Self, ClientError> {
        let header = format!("Bearer {}", token.reveal().trim());
        let mut header = HeaderValue::from_str(&header).map_err(|_| ClientError::Token)?;
        header.set_sensitive(true);
        self.token = Some(header);
        Ok(self)
    }

    /// Where the host is, for people.
    #[must_use]
    pub fn at(&self) -> String {
        match &self.way {
            Way::Endpoint(endpoint) => endpoint.to_string(),
            Way::InProcess(_) => "this process".to_owned(),
        }
    }

    /// Sends `request`; the host may be silent for `patience`.
    pub(super) async fn send(
        &self,
        mut request: Request<Body>,
        patience: Duration,
    ) -> Result<Response<Body>, ClientError> {
        match &self.way {
            Way::InProcess(router) => match router.clone().oneshot(request).await {
                Ok(response) => Ok(response),
                Err(never) => match never {},
            },
            Way::Endpoint(Endpoint::Unix(path)) => {
                request.headers_mut().insert(HOST, HeaderValue::from_static("dormouse"));
                let stream = UnixStream::connect(path).await.map_err(|error| self.unopened(error))?;
                self.over(stream, request, patience).await
            }
            Way::Endpoint(Endpoint::Tcp(authority)) => {
                let host = HeaderValue::from_str(authority).map_err(|error| self.strange(error))?;
                request.headers_mut().insert(HOST, host);
                if let Some(token) = &self.token {
                    request.headers_mut().insert(AUTHORIZATION, token.clone());
                }
                let stream = in_time(TcpStream::connect(authority)).await;
                self.over(stream.map_err(|error| self.unopened(error))?, request, patience).await
            }
        }
    }

    async fn over(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        request: Request<Body>,
        patience: Duration,
    ) -> Result<Response<Body>, ClientError> {
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(patience));
        stream.set_write_timeout(Some(STALLED));
        let made = http1::handshake(TokioIo::new(Box::pin(stream))).await;
        let (mut sender, connection) = made.map_err(|error| self.broken(&error))?;
        let driven = Handle::current().spawn(async move {
            // What goes wrong is told to whoever waits for the answer.
            let _ = connection.await;
        });
        let driven = AbortOnDropHandle::new(driven);
        let response = sender.send_request(request).await.map_err(|error| self.broken(&error))?;
        // The connection lives as long as what is read from it.
        Ok(response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _ = &driven;
                frame
            }))
        }))
    }

    /// All of an answer.
    pub(super) async fn whole(&self, body: Body) -> Result<Bytes, ClientError> {
        match Limited::new(body, ANSWER_LEN_MAX).collect().await {
            Ok(whole) => Ok(whole.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(ClientError::TooLarge { at: self.at(), max: ANSWER_LEN_MAX })
            }
            Err(error) => Err(self.broken(&*error)),
        }
    }

    fn unopened(&self, source: io::Error) -> ClientError {
        let at = self.at();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                ClientError::NotRunning { at, source }
            }
            io::ErrorKind::PermissionDenied => ClientError::Denied { at, source },
            _ => ClientError::Unreachable { at, source },
        }
    }

    /// What broke on the way: the connection, or what came over it.
    pub(super) fn broken(&self, error: &(dyn std::error::Error + 'static)) -> ClientError {
        let mut causes = std::iter::successors(Some(error), |error| error.source());
        match causes.find_map(|cause| cause.downcast_ref::<io::Error>()) {
            Some(io) => {
                let source = io::Error::new(io.kind(), io.to_string());
                ClientError::Unreachable { at: self.at(), source }
            }
            None if causes_end_of_message(error) => {
                let source =
                    io::Error::new(io::ErrorKind::UnexpectedEof, "it hung up before its answer was whole");
                ClientError::Unreachable { at: self.at(), source }
            }
            None => self.strange(error),
        }
    }

    pub(super) fn strange(&self, what: impl fmt::Display) -> ClientError {
        // What a library says may quote what it was given.
        let what = what.to_string().replace(|c: char| c.is_control(), "\u{fffd}");
        ClientError::Protocol { at: self.at(), what }
    }
}

/// Whether the other side hung up.
fn causes_end_of_message(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|cause| {
        cause
            .downcast_ref::<hyper::Error>()
            .is_some_and(|error| error.is_incomplete_message() || error.is_closed() || error.is_canceled())
    })
}

#[expect(clippy::disallowed_methods, reason = "how long another machine takes is real time")]
async fn in_time<T>(connecting: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match tokio::time::timeout(CONNECT, connecting).await {
        Ok(connected) => connected,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {CONNECT:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn a_socket_that_may_not_be_opened_is_told_from_one_that_nobody_listens_at() {
        let client = Client::connect(Endpoint::Unix("/run/x".into()));
        let of = |kind| client.unopened(io::Error::from(kind));
        assert!(matches!(of(io::ErrorKind::PermissionDenied), ClientError::Denied { .. }));
        assert!(matches!(of(io::ErrorKind::NotFound), ClientError::NotRunning { .. }));
        assert!(matches!(of(io::ErrorKind::ConnectionRefused), ClientError::NotRunning { .. }));
        assert!(matches!(of(io::ErrorKind::TimedOut), ClientError::Unreachable { .. }));
    }

    #[tokio::test]
    async fn a_host_that_says_nothing_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::connect(Endpoint::Tcp(listener.local_addr().unwrap().to_string()));
        let silent = client.get(&["host"]).patience(Duration::from_millis(20)).done();
        let (answer, _accepted) = tokio::join!(silent, listener.accept());
        match answer.unwrap_err() {
            ClientError::Unreachable { source, .. } => assert_eq!(source.kind(), io::ErrorKind::TimedOut),
            other => panic!("{other:?}"),
        }
    }
}
