//! What a granted name may stand for, and where a request to it goes.

use std::net::{IpAddr, SocketAddr};

use dormouse_core::host_port::Host;
use dormouse_core::reach::Reach;
use http::Uri;
use http::uri::{Authority, Scheme};
use tokio::net::TcpStream;
use wasmtime_wasi_http::{Error, WasiBody};

use super::{DenialKind, Network};

/// Whether a look-up of `host` may answer `ip`: this machine is only where a name says so.
pub(super) fn may_stand_for(host: &Host, ip: IpAddr) -> bool {
    let Host::Name(name) = host else { return true };
    match Reach::of(ip) {
        Reach::Public | Reach::Private => true,
        Reach::Loopback => name == "localhost" || name.ends_with(".localhost"),
        Reach::Never => false,
    }
}

/// What an operator is told of an answer that may not be.
pub(super) fn forbidden(host: &Host, ip: IpAddr) -> String {
    format!("{host} at {ip}")
}

/// The request, going to an address that was judged.
///
/// One over TLS goes on by its name, which the server proves to have: whoever makes that name lead elsewhere proves
/// nothing there. One without is sent to the very address that was judged, as a second look-up could answer another.
pub(super) async fn directed(
    network: &Network,
    mut request: http::Request<WasiBody>,
) -> Result<http::Request<WasiBody>, Error> {
    let Some(authority) = request.uri().authority() else { return Err(Error::HttpRequestUriInvalid) };
    let tls = request.uri().scheme() == Some(&Scheme::HTTPS);
    let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let host = Host::parse(authority.host());
    let Some(host @ Host::Name(_)) = host else { return Ok(request) };
    let found = tokio::net::lookup_host((authority.host(), port)).await.map_err(Error::Connect)?;
    let allowed = network.allowed(&host, found)?;
    if tls {
        return Ok(request);
    }
    let address = match *allowed {
        [only] => only,
        // As a connection by name: the first that answers.
        _ => TcpStream::connect(&*allowed)
            .await
            .and_then(|stream| stream.peer_addr())
            .map_err(Error::Connect)?,
    };
    *request.uri_mut() = at(request.uri().clone(), address)?;
    Ok(request)
}

/// The same at `address`. The header `host` has the name: it is made before.
fn at(uri: Uri, address: SocketAddr) -> Result<Uri, Error> {
    let mut parts = uri.into_parts();
    let authority = Authority::try_from(address.to_string()).map_err(|_| Error::HttpRequestUriInvalid)?;
    parts.authority = Some(authority);
    Uri::from_parts(parts).map_err(|_| Error::HttpRequestUriInvalid)
}

impl Network {
    /// Of what was found for `host`, what it may stand for.
    fn allowed(
        &self,
        host: &Host,
        found: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Error> {
        let mut denied = false;
        let mut allowed = Vec::new();
        for address in found {
            // An address that was granted as such is one by any name.
            if may_stand_for(host, address.ip()) || self.is_granted(address) {
                allowed.push(address);
            } else {
                self.deny(DenialKind::Http, &forbidden(host, address.ip()));
                denied = true;
            }
        }
        match (allowed.is_empty(), denied) {
            (false, _) => Ok(allowed),
            (true, true) => Err(Error::HttpRequestDenied),
            (true, false) => Err(Error::Connect(std::io::ErrorKind::NotFound.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::network;
    use super::*;

    fn name(text: &str) -> Host {
        Host::parse(text).expect("a host")
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_name_stands_for_public_and_private_addresses_and_for_this_machine_if_it_says_so() {
        for (host, ip, may) in [
            ("api.example", "192.0.2.1", true),
            ("api.example", "10.0.0.1", true),
            ("api.example", "127.0.0.1", false),
            ("api.example", "::1", false),
            ("api.example", "::ffff:127.0.0.1", false),
            ("api.example", "169.254.169.254", false),
            ("api.example", "0.0.0.0", false),
            ("localhost", "127.0.0.1", true),
            ("a.localhost", "::1", true),
            ("notlocalhost", "127.0.0.1", false),
            ("localhost", "169.254.169.254", false),
            ("127.0.0.1", "127.0.0.1", true),
        ] {
            assert_eq!(may_stand_for(&name(host), ip.parse().expect("an address")), may, "{host} {ip}");
        }
    }

    #[test]
    fn of_several_answers_only_the_good_ones_are_connected_to() {
        let (network, port) = network(&["api.example:80", "127.0.0.7:80"]);
        let found = ["127.0.0.1:80", "192.0.2.1:80", "127.0.0.7:80"].map(address);
        let allowed = network.allowed(&name("api.example"), found.into_iter()).expect("two of them");
        assert_eq!(allowed, [address("192.0.2.1:80"), address("127.0.0.7:80")]);
        assert_eq!(port.denials()[0].what, "api.example at 127.0.0.1");
        let rebound = network.allowed(&name("api.example"), [address("127.0.0.1:80")].into_iter());
        assert!(matches!(rebound, Err(Error::HttpRequestDenied)));
        assert!(matches!(network.allowed(&name("api.example"), std::iter::empty()), Err(Error::Connect(_))));
    }

    #[test]
    fn a_request_goes_to_the_address_with_the_path_that_it_had() {
        for (to, expected) in [
            ("192.0.2.1:8080", "http://192.0.2.1:8080/path?query"),
            ("[2001:db8::1]:80", "http://[2001:db8::1]:80/path?query"),
        ] {
            let uri = "http://api.example:8080/path?query".parse().expect("a uri");
            assert_eq!(at(uri, address(to)).expect("a uri").to_string(), expected);
        }
    }

    #[tokio::test]
    async fn over_http_the_address_that_was_judged_is_the_one_that_is_used() {
        let (network, _) = network(&["localhost:1"]);
        // Whatever it answers: an answer that is connected to is an address.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let uri = |scheme: &str| format!("{scheme}://localhost:{port}/a").parse::<Uri>().expect("a uri");
        let request = |scheme| {
            let mut request = http::Request::new(WasiBody::default());
            *request.uri_mut() = uri(scheme);
            request
        };
        let directed_plain = directed(&network, request("http")).await.expect("found");
        assert_eq!(directed_plain.uri().to_string(), format!("http://127.0.0.1:{port}/a"));
        let directed_tls = directed(&network, request("https")).await.expect("found");
        assert_eq!(*directed_tls.uri(), uri("https"), "the server proves its name");
    }
}
