//! Connections: taken in, answered within limits, and ended.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::Request;
use http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use super::Server;
use super::listen::{Listener, TcpSocket, UnixSocket};
use super::peer::{Peer, Token, may};
use super::shared::Door;
use crate::api::{Code, Problem};

/// After an error of the system's that has nothing to do with a connection: too many files are open, say.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// What is held back of an answer whose client is slow, and of a request.
const BUFFER_LEN: usize = 64 * 1024;

/// What a connection is answered with.
enum Answers {
    /// The API, for who knows the token if there is one.
    Api { peer: Peer, token: Option<Token> },
    /// This, whatever is asked.
    Nothing(Box<Problem>),
}

impl Server {
    /// Answers whoever connects, until [`Server::stop`] is called and what went on then has ended.
    pub async fn serve(&self, listeners: Vec<Listener>) {
        let accepting = listeners.into_iter().map(|listener| async move {
            match listener {
                Listener::Unix(socket) => self.accept_unix(socket).await,
                Listener::Tcp(socket) => self.accept_tcp(socket).await,
            }
        });
        futures::future::join_all(accepting).await;
        self.shared.stop.cancelled().await;
        self.shared.tasks.close();
        // Each connection has its own bound.
        self.shared.tasks.wait().await;
    }

    async fn accept_unix(&self, socket: UnixSocket) {
        let own = rustix::process::geteuid().as_raw();
        loop {
            let accepted = tokio::select! {
                () = self.shared.stop.cancelled() => return,
                accepted = socket.listener.accept() => accepted,
            };
            let accepted = accepted.and_then(|(stream, _)| Ok((stream.peer_cred()?, stream)));
            match accepted {
                Ok((peer, stream)) if may(peer.uid(), own) => {
                    let peer = Peer::Unix { uid: peer.uid(), pid: peer.pid() };
                    self.take(&self.shared.unix, stream, Answers::Api { peer, token: None });
                }
                Ok((peer, stream)) => {
                    let detail = format!("user {} may not ask a host of user {own}", peer.uid());
                    let problem = Problem::new(Code::Forbidden, detail).help("ask as that user, or as root");
                    self.turn_away(&self.shared.unix, stream, problem);
                }
                Err(error) => self.not_accepted(&error).await,
            }
        }
    }

    async fn accept_tcp(&self, socket: TcpSocket) {
        loop {
            let accepted = tokio::select! {
                () = self.shared.stop.cancelled() => return,
                accepted = socket.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => {
                    // Else small answers wait for more of them. One without is only slower.
                    let _ = stream.set_nodelay(true);
                    let (peer, token) = (Peer::Tcp(address), Some(socket.token.clone()));
                    self.take(&self.shared.tcp, stream, Answers::Api { peer, token });
                }
                Err(error) => self.not_accepted(&error).await,
            }
        }
    }

    async fn not_accepted(&self, error: &io::Error) {
        tracing::warn!(%error, "a connection was not taken in");
        let clock = &self.shared.clock;
        clock.sleep_until(clock.now() + ACCEPT_AGAIN).await;
    }

    fn take<S>(&self, door: &Door, stream: S, answers: Answers)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        match door.connections.clone().try_acquire_owned() {
            Ok(place) => {
                self.shared.tally.connected(true);
                self.spawn(stream, answers, place);
            }
            Err(_) => {
                self.shared.tally.connected(false);
                let most = self.shared.limits.connections;
                let detail = format!("{most} connections are open, as many as may be");
                let problem = Problem::new(Code::Busy, detail).help("close one, and ask again");
                self.turn_away(door, stream, problem);
            }
        }
    }

    /// Says why, if there is room for that.
    fn turn_away<S>(&self, door: &Door, stream: S, problem: Problem)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        if let Ok(place) = door.turned_away.clone().try_acquire_owned() {
            self.spawn(stream, Answers::Nothing(Box::new(problem)), place);
        }
    }

    fn spawn<S>(&self, stream: S, answers: Answers, place: OwnedSemaphorePermit)
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let server = self.clone();
        self.shared.tasks.spawn(async move {
            if let Err(error) = server.connection(stream, answers).await {
                // Clients go when they like, and slow ones are cut off.
                tracing::debug!(%error, "a connection ended");
            }
            drop(place);
        });
    }

    async fn connection<S>(&self, stream: S, answers: Answers) -> hyper::Result<()>
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let limits = &self.shared.limits;
        let mut stream = TimeoutStream::new(stream);
        // Reading has no such limit: who follows a stream says nothing for as long as it lasts.
        stream.set_write_timeout(Some(limits.write_stall));
        let answers = Arc::new(answers);
        let once = matches!(*answers, Answers::Nothing(_));
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Incoming>| {
            let (server, answers) = (server.clone(), answers.clone());
            async move {
                let response = server.answer(&answers, request).await;
                server.shared.tally.answered(response.status());
                Ok::<_, Infallible>(response)
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.header_read)
            .max_header_size(limits.header_bytes)
            .max_buf_size(BUFFER_LEN.max(limits.header_bytes))
            .keep_alive(!once);
        let io = TokioIo::new(Box::pin(stream));
        let mut connection = std::pin::pin!(http.serve_connection(io, TowerToHyperService::new(service)));
        tokio::select! {
            ended = &mut connection => return ended,
            () = self.shared.stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        let clock = &self.shared.clock;
        tokio::select! {
            ended = connection => ended,
            () = clock.sleep_until(clock.now() + limits.stop) => Ok(()),
        }
    }

    async fn answer(&self, answers: &Answers, request: Request<Incoming>) -> Response {
        let (peer, token) = match answers {
            Answers::Nothing(problem) => return problem.clone().into_response(),
            Answers::Api { peer, token } => (*peer, token),
        };
        if token.as_ref().is_some_and(|token| !token.is_in(request.headers())) {
            let problem = Problem::new(Code::Unauthorized, "the request has no token, or a wrong one")
                .help("send `Authorization: Bearer` with what is in the host's token file");
            // Who knows no token holds no place any longer.
            return ([(CONNECTION, "close")], problem).into_response();
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
