//! The network of one run: closed, but for what was granted.
//!
//! A guest may look up the names that were granted, connect and send to an address if that address was granted
//! or is what such a look-up answered in this run, with the port that was granted; and send HTTP requests to
//! granted hosts. It may not listen. Everything is judged before anything is sent, and a refusal is an error that
//! the guest can handle, a number in the receipt and an event for the operator.
//!
//! Who was granted a name was granted what it stands for in public. Whoever answers for the name can answer any
//! address, so one that leads to this machine, by any address that it has, or to a cloud's own services, is granted as
//! such or not at all.

mod judged;
mod sending;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dormouse_core::Limits;
use http::uri::Scheme;
use http::{HeaderName, Uri};
use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::grants::Grants;
use super::headers;
use super::port::{AppPort, Denial, DenialKind};
use super::usage::Usage;
use dormouse_core::host_port::Host;

/// The most addresses from look-ups that one run remembers. A guest that asks for more loses the oldest.
const LOOKED_UP_MAX: usize = 64;

/// How many sockets a run without a network grant may make, ever. Each is denied all use.
const SOCKETS_WITHOUT_GRANT_MAX: u32 = 16;

/// The longest text about a denial, in bytes.
const WHAT_LEN_MAX: usize = 256;

/// The most denials that wait to be told. They are of requests under way, so that more mean a flood of them.
const LATE_MAX: usize = 64;

/// Judges what a guest wants of the network.
pub(crate) struct Network {
    grants: Arc<Grants>,
    looked_up: Mutex<Vec<(Host, IpAddr)>>,
    sockets_without_grant: AtomicU32,
    /// What was denied beside the guest's turns.
    late: Mutex<Vec<Denial>>,
    usage: Arc<Usage>,
    port: Arc<dyn AppPort>,
}

impl Network {
    pub(super) fn new(grants: Arc<Grants>, usage: Arc<Usage>, port: Arc<dyn AppPort>) -> Self {
        let sockets_without_grant = AtomicU32::new(0);
        Self {
            grants,
            looked_up: Mutex::default(),
            sockets_without_grant,
            late: Mutex::default(),
            usage,
            port,
        }
    }

    /// Whether anything was granted at all.
    fn is_open(&self) -> bool {
        !self.grants.network().is_empty()
    }

    /// Whether the guest may have a socket. One without any grant may have a few, so that what it then tries
    /// to reach with them can be named to the operator; not many, as they are a resource of the host's.
    pub(crate) fn may_have_socket(&self) -> bool {
        self.is_open()
            || self.sockets_without_grant.fetch_add(1, Ordering::Relaxed) < SOCKETS_WITHOUT_GRANT_MAX
            || self.deny(DenialKind::Connect, "with another socket")
    }

    /// Whether the guest may look up `name`. If so, tell what was found with [`Network::found`].
    pub(crate) fn may_look_up(&self, name: &str) -> Option<Host> {
        let host = Host::parse(name);
        match host {
            Some(host) if self.grants.network().iter().any(|granted| *granted.host() == host) => Some(host),
            _ => {
                self.deny(DenialKind::Lookup, name);
                None
            }
        }
    }

    /// A look-up of `host` answered `ips`.
    pub(crate) fn found(&self, host: &Host, ips: impl IntoIterator<Item = IpAddr>) {
        let here = judged::ThisMachine::default();
        for ip in ips {
            if !judged::may_stand_for(host, ip, &here) {
                self.deny(DenialKind::Lookup, &judged::forbidden(host, ip));
                continue;
            }
            let mut looked_up = self.looked_up();
            let entry = (host.clone(), ip);
            if looked_up.contains(&entry) {
                continue;
            }
            if looked_up.len() >= LOOKED_UP_MAX {
                looked_up.remove(0);
            }
            looked_up.push(entry);
        }
    }

    /// Whether the guest may use `address` in this way.
    pub(crate) fn may_use(&self, address: SocketAddr, usage: SocketAddrUse) -> bool {
        match usage {
            // What connecting and sending do to a socket that was not bound before. Bound to a port of the
            // guest's choice it would be a listener for datagrams.
            SocketAddrUse::TcpBind | SocketAddrUse::UdpBind
                if address.ip().is_unspecified() && address.port() == 0 =>
            {
                true
            }
            SocketAddrUse::TcpConnect | SocketAddrUse::UdpSend => {
                self.is_granted(address) || self.deny(DenialKind::Connect, &address.to_string())
            }
            // Comes from outside, and is dropped without a word: not the guest's doing.
            SocketAddrUse::UdpReceive => self.is_granted(address),
            SocketAddrUse::TcpBind
            | SocketAddrUse::UdpBind
            | SocketAddrUse::TcpListen
            | SocketAddrUse::TcpAccept => self.deny(DenialKind::Listen, &address.to_string()),
        }
    }

    /// Whether the guest may send an HTTP request to `uri`.
    fn may_request(&self, uri: &Uri) -> bool {
        let Some(authority) = uri.authority() else { return self.deny(DenialKind::Http, "no host") };
        let default_port = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
        let (name, port) = (authority.host(), authority.port_u16());
        // What is connected to is the authority as it stands. If it is more than the host and port that were
        // read from it (a user's name, a port that is not one), it is not what was judged.
        let read_back = match authority.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        let port = port.unwrap_or(default_port);
        let granted = read_back == authority.as_str()
            && Host::parse(name).is_some_and(|host| {
                self.grants.network().iter().any(|g| g.port() == port && *g.host() == host)
            });
        granted || self.deny(DenialKind::Http, authority.as_str())
    }

    fn is_granted(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        let looked_up = self.looked_up();
        self.grants.network().iter().filter(|granted| granted.port() == address.port()).any(|granted| {
            *granted.host() == Host::Ip(ip)
                || looked_up.iter().any(|(host, found)| host == granted.host() && *found == ip)
        })
    }

    /// Counts and tells. Always false, for the ends of conditions.
    fn deny(&self, kind: DenialKind, what: &str) -> bool {
        self.tell(Denial { kind, what: bounded(what) });
        false
    }

    fn tell(&self, denial: Denial) {
        self.usage.count_denial();
        self.port.denied(denial);
    }

    /// To be told in the guest's next turn.
    fn deny_later(&self, denial: Denial) {
        let mut late = self.late();
        if late.len() < LATE_MAX {
            late.push(denial);
        }
    }

    /// Tells what was denied beside the guest's turns. Only in a poll of the sandbox.
    pub(crate) fn tell_late(&self) {
        let late = std::mem::take(&mut *self.late());
        late.into_iter().for_each(|denial| self.tell(denial));
    }

    fn late(&self) -> MutexGuard<'_, Vec<Denial>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn looked_up(&self) -> MutexGuard<'_, Vec<(Host, IpAddr)>> {
        self.looked_up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an operator is told, cut.
fn bounded(what: &str) -> String {
    what.get(..what.floor_char_boundary(WHAT_LEN_MAX)).unwrap_or_default().to_owned()
}

/// Judges HTTP requests before anything is sent. `wasi:http` follows no redirects: the guest must ask again.
pub(crate) struct HttpHooks {
    network: Arc<Network>,
    /// Bytes of the headers of an answer.
    headers_max: u64,
    /// The run has no memory for more headers: none can be added, and answers come without theirs.
    pub(super) is_full: bool,
}

impl HttpHooks {
    pub(super) fn new(network: &Arc<Network>, limits: &Limits) -> Self {
        Self { network: Arc::clone(network), headers_max: limits.http_fields_bytes, is_full: false }
    }
}

type SendResult =
    Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for HttpHooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        self.is_full || DEFAULT_FORBIDDEN_HEADERS.contains(name)
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        // WASI's own sending has no use for it either.
        _body_sent: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = SendResult> + Send> {
        if !self.network.may_request(request.uri()) {
            return Box::new(std::future::ready(Err(Error::HttpRequestDenied)));
        }
        let (network, headers_max) = (Arc::clone(&self.network), self.headers_max);
        Box::new(async move {
            let (response, rest) = sending::send(&network, request, options).await?;
            let len = headers::bytes(response.headers());
            if len > headers_max {
                return Err(Error::HttpResponseHeaderSectionSize(u32::try_from(len).ok()));
            }
            Ok((response, rest))
        })
    }
}

#[cfg(test)]
mod tests;
