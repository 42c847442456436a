//! The endpoint that Prometheus scrapes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use dormouse_core::Clock;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use crate::complaint::Complaint;
use crate::stats::Stats;
use crate::wait::within;

/// The longest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// The longest that one connection is open: a scraper that takes a byte from time to time is not waited for.
pub(crate) const CONNECTION_MAX: Duration = Duration::from_secs(60);

/// After the machine refuses a connection, as when no file handle is left.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Answers scrapes.
pub(crate) struct Scrape {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) listener: TcpListener,
    pub(crate) registry: Registry,
    pub(crate) stats: Arc<Stats>,
    pub(crate) connections_max: usize,
    /// For the head of a request, and for each piece of the answer.
    pub(crate) timeout: Duration,
}

impl Scrape {
    /// Never ends. Dropped, it closes every connection.
    pub(crate) async fn run(self) {
        let mut complaint =
            Complaint::new(&self.clock, "a connection for a scrape of metrics was not accepted");
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok(_) if connections.len() >= self.connections_max => self.stats.scrapes_refused.add(1),
                    Ok((stream, _)) => {
                        connections.spawn(self.connection(stream));
                    }
                    Err(error) => {
                        complaint.wrong(error);
                        self.clock.sleep_until(self.clock.now() + ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    fn connection(&self, stream: TcpStream) -> impl Future<Output = ()> + use<> {
        let (clock, registry, timeout) = (Arc::clone(&self.clock), self.registry.clone(), self.timeout);
        async move {
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(timeout));
            let service = service_fn(move |request| answer(registry.clone(), request));
            // One scrape for each connection, so that an idle one takes nobody's place.
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(timeout)
                .max_buf_size(HEAD_BYTES_MAX)
                .keep_alive(false)
                .serve_connection(TokioIo::new(Box::pin(stream)), service);
            if let Some(Err(error)) = within(&clock, CONNECTION_MAX, connection).await {
                tracing::debug!(%error, "a scrape of metrics was not answered to its end");
            }
        }
    }
}

async fn answer(registry: Registry, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() != "/metrics" {
        return Ok(plain(StatusCode::NOT_FOUND, "metrics are at /metrics\n"));
    }
    if request.method() != Method::GET {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered\n");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return Ok(refused);
    }
    // Observed values are asked for, and whoever knows them may have to take a lock.
    let text = tokio::task::spawn_blocking(move || TextEncoder::new().encode_to_string(&registry.gather()));
    let why = match text.await {
        Ok(Ok(text)) => {
            let mut scraped = plain(StatusCode::OK, text);
            scraped.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT));
            return Ok(scraped);
        }
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::warn!(why, "metrics could not be read");
    Ok(plain(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be read; the host's log says why\n"))
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
