//! How a request gets to the address that was judged.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use dormouse_core::host_port::Host;
use http::Uri;
use http::request::Parts;
use http::uri::{Authority, Scheme};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, timeout_at};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, default_hooks};

use super::{Network, SendResult};

/// How long a connection may take whose request says nothing of that: as WASI has it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(600);

/// Sends a request, of which the host was granted, to an address that was judged.
///
/// One over TLS goes by its name, which the server proves to have: whoever makes that name lead elsewhere proves
/// nothing there. One without is sent to the very addresses that were judged, as a second look-up could answer others.
pub(super) async fn send(
    network: &Network,
    request: http::Request<WasiBody>,
    options: Option<RequestOptions>,
) -> SendResult {
    let mut way = Way::new(options);
    let Some(authority) = request.uri().authority() else { return Err(Error::HttpRequestUriInvalid) };
    let tls = request.uri().scheme() == Some(&Scheme::HTTPS);
    let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
    // What is an address was judged as such.
    let Some(host @ Host::Name(_)) = Host::parse(authority.host()) else { return way.go(request).await };
    let found = timeout_at(way.by, tokio::net::lookup_host((authority.host(), port))).await;
    let found = found.map_err(|_| Error::ConnectionTimeout)?.map_err(Error::Connect)?;
    let allowed = network.allowed(&host, found)?;
    if tls { way.go(request).await } else { way.go_to_first(request, &allowed).await }
}

/// What a request may take to its connection: one span for the look-up and all attempts.
struct Way {
    by: Instant,
    options: RequestOptions,
}

impl Way {
    fn new(options: Option<RequestOptions>) -> Self {
        let options = options.unwrap_or_default();
        let span = options.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
        let now = Instant::now();
        // More than there are moments is no limit that could be reached.
        let by = now.checked_add(span).or_else(|| now.checked_add(CONNECT_TIMEOUT)).unwrap_or(now);
        Self { by, options }
    }

    async fn go(&mut self, request: http::Request<WasiBody>) -> SendResult {
        let left = self.by.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::ConnectionTimeout);
        }
        self.options.connect_timeout = Some(left);
        let unheard = Box::new(std::future::ready(Ok(())));
        Box::into_pin(default_hooks().send_request(request, Some(self.options), unheard)).await
    }

    /// To the first of `addresses` that can be connected to.
    async fn go_to_first(
        &mut self,
        request: http::Request<WasiBody>,
        addresses: &[SocketAddr],
    ) -> SendResult {
        let (parts, body) = request.into_parts();
        let body = Arc::new(Mutex::new(body));
        let mut failed = Error::Connect(io::ErrorKind::NotFound.into());
        for address in addresses {
            let request = http::Request::from_parts(at(parts.clone(), *address)?, Lent::of(&body));
            match self.go(request).await {
                // Nothing was sent, and the body is as it was.
                Err(error @ Error::Connect(_)) => failed = error,
                went => return went,
            }
        }
        Err(failed)
    }
}

/// The same at `address`. The header `host` has the name: it is made before.
fn at(mut request: Parts, address: SocketAddr) -> Result<Parts, Error> {
    let mut uri = request.uri.into_parts();
    let authority = Authority::try_from(address.to_string()).map_err(|_| Error::HttpRequestUriInvalid)?;
    uri.authority = Some(authority);
    request.uri = Uri::from_parts(uri).map_err(|_| Error::HttpRequestUriInvalid)?;
    Ok(request)
}

/// The body of a request, for one attempt to send it. There is one attempt at a time.
struct Lent(Arc<Mutex<WasiBody>>);

impl Lent {
    fn of(body: &Arc<Mutex<WasiBody>>) -> WasiBody {
        WasiBody::new(Self(Arc::clone(body)))
    }

    fn with<R>(&self, work: impl FnOnce(&mut WasiBody) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Body for Lent {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.with(|body| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|body| body.size_hint())
    }
}

#[cfg(test)]
mod tests {
    use dormouse_core::{Class, Limits};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use wasmtime_wasi_http::WasiHttpHooks as _;

    use super::super::HttpHooks;
    use super::super::tests::network;
    use super::*;

    fn request(uri: &str, body: &'static str) -> http::Request<WasiBody> {
        let body = Mutex::new(Some(Bytes::from_static(body.as_bytes())));
        http::Request::put(uri).body(WasiBody::new(Said(body))).expect("a request")
    }

    /// A body of one piece.
    struct Said(Mutex<Option<Bytes>>);

    impl Body for Said {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            let said = self.0.lock().expect("no panic under the lock").take();
            Poll::Ready(said.map(|said| Ok(Frame::data(said))))
        }
    }

    async fn listener() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").await.expect("a port")
    }

    /// Answers one request, and gives what was sent.
    async fn serve(listener: &TcpListener) -> String {
        let (mut stream, _) = listener.accept().await.expect("somebody connects");
        let mut got = Vec::new();
        while !got.ends_with(b"0\r\n\r\n") {
            let read = stream.read_buf(&mut got).await.expect("it is read");
            assert!(read > 0, "it ended early: {}", String::from_utf8_lossy(&got));
        }
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(answer).await.expect("it is written");
        String::from_utf8(got).expect("text")
    }

    fn nobody_waits(listener: TcpListener) -> bool {
        let accepted = listener.into_std().expect("it is whole").accept();
        accepted.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// An address at which nobody listens.
    async fn closed() -> SocketAddr {
        listener().await.local_addr().expect("bound")
    }

    #[tokio::test]
    async fn over_http_the_address_that_was_judged_is_the_one_that_is_used() {
        let listener = listener().await;
        let addresses = [closed().await, listener.local_addr().expect("bound")];
        // No look-up answers this name.
        let request = request("http://api.invalid:8080/path?query", "acorns");
        let mut way = Way::new(None);
        let (sent, got) = tokio::join!(way.go_to_first(request, &addresses), serve(&listener));
        assert_eq!(sent.expect("sent").0.status(), 200);
        assert!(got.starts_with("PUT /path?query HTTP/1.1\r\n") && got.contains("acorns"), "{got}");
        assert!(nobody_waits(listener), "it was connected to for the request, and for nothing else");
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_and_what_it_leads_to_is_judged() {
        let (network, port) = network(&["localhost:1", "api.invalid:1"]);
        let listener = listener().await;
        let at = listener.local_addr().expect("bound").port();
        let request = request(&format!("http://localhost:{at}/a"), "beechnuts");
        let (sent, got) = tokio::join!(send(&network, request, None), serve(&listener));
        assert_eq!(sent.expect("sent").0.status(), 200);
        assert!(got.contains("beechnuts"), "{got}");
        assert!(port.denials().is_empty());
    }

    #[tokio::test]
    async fn one_span_is_for_the_whole_way_to_a_connection() {
        let listener = listener().await;
        let addresses = [listener.local_addr().expect("bound")];
        let options = RequestOptions { connect_timeout: Some(Duration::ZERO), ..RequestOptions::default() };
        let mut way = Way::new(Some(options));
        let late = way.go_to_first(request("http://api.invalid/", ""), &addresses).await;
        assert!(matches!(late, Err(Error::ConnectionTimeout)));
        let (network, _) = network(&[]);
        let named = request(&format!("http://localhost:{}/", addresses[0].port()), "");
        assert!(matches!(send(&network, named, Some(options)).await, Err(Error::ConnectionTimeout)));
        assert!(nobody_waits(listener), "it was not even tried");
        // A span without end ends later.
        let endless = RequestOptions { connect_timeout: Some(Duration::MAX), ..options };
        assert!(Way::new(Some(endless)).by > Instant::now());
    }

    #[tokio::test]
    async fn where_nobody_listens_the_last_failure_is_told() {
        let addresses = [closed().await, closed().await];
        let sent = Way::new(None).go_to_first(request("http://api.invalid/", ""), &addresses).await;
        assert!(matches!(sent, Err(Error::Connect(_))));
    }

    #[tokio::test]
    async fn an_answer_has_no_more_headers_than_a_set_may_have() {
        let listener = listener().await;
        let address = listener.local_addr().expect("bound").to_string();
        let network = Arc::new(network(&[&address]).0);
        let answered = async |http_fields_bytes| {
            let limits = Limits { http_fields_bytes, ..Class::Long.limits() };
            let request = request(&format!("http://{address}/"), "acorns");
            let unheard = Box::new(std::future::ready(Ok(())));
            let sending = HttpHooks::new(&network, &limits).send_request(request, None, unheard);
            tokio::join!(Box::into_pin(sending), serve(&listener)).0.map(|(response, _)| response.status())
        };
        assert_eq!(answered(1000).await.expect("few headers"), 200);
        assert!(
            matches!(answered(100).await, Err(Error::HttpResponseHeaderSectionSize(Some(len))) if len > 100)
        );
    }

    #[test]
    fn a_request_goes_to_the_address_with_the_path_that_it_had() {
        for (to, expected) in [
            ("192.0.2.1:8080", "http://192.0.2.1:8080/path?query"),
            ("[2001:db8::1]:80", "http://[2001:db8::1]:80/path?query"),
        ] {
            let (parts, _) = request("http://api.example:8080/path?query", "").into_parts();
            let parts = at(parts, to.parse().expect("an address")).expect("a uri");
            assert_eq!(parts.uri.to_string(), expected);
        }
    }
}
