//! What a granted name may stand for.

use std::cell::OnceCell;
use std::net::{IpAddr, SocketAddr};

use dormouse_core::host_port::Host;
use dormouse_core::reach::Reach;
use nix::ifaddrs::getifaddrs;
use wasmtime_wasi_http::Error;

use super::{Denial, DenialKind, Network, bounded};

/// Whether a look-up of `host` may answer `ip`: this machine is only where a name says so, by whichever of its
/// addresses.
pub(super) fn may_stand_for(host: &Host, ip: IpAddr, here: &ThisMachine) -> bool {
    let Host::Name(name) = host else { return true };
    let says_here = name == "localhost" || name.ends_with(".localhost");
    match Reach::of(ip) {
        Reach::Never => false,
        Reach::Loopback => says_here,
        Reach::Public | Reach::Private => says_here || !here.has(ip),
    }
}

/// The addresses of this machine's interfaces, as they were when they were first asked for: for one look-up.
#[derive(Debug, Default)]
pub(super) struct ThisMachine(OnceCell<Option<Vec<IpAddr>>>);

impl ThisMachine {
    /// Whether it has this address. Where its interfaces cannot be read, it has each.
    fn has(&self, ip: IpAddr) -> bool {
        let own = self.0.get_or_init(|| {
            let addresses = getifaddrs().ok()?.filter_map(|interface| {
                let address = interface.address?;
                let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
                v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
            });
            Some(addresses.collect())
        });
        own.as_ref().is_none_or(|own| own.contains(&ip.to_canonical()))
    }
}

/// What an operator is told of an answer that may not be.
pub(super) fn forbidden(host: &Host, ip: IpAddr) -> String {
    format!("{host} at {ip}")
}

impl Network {
    /// Of what was found for `host`, what it may stand for. A denial is told in the guest's next turn, as this is not one.
    pub(super) fn allowed(
        &self,
        host: &Host,
        found: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Error> {
        let here = ThisMachine::default();
        let mut denied = None;
        let mut allowed = Vec::new();
        for address in found {
            // An address that was granted as such is one by any name.
            if may_stand_for(host, address.ip(), &here) || self.is_granted(address) {
                allowed.push(address);
            } else {
                denied.get_or_insert(address.ip());
            }
        }
        if let Some(ip) = denied {
            self.deny_later(Denial { kind: DenialKind::Http, what: bounded(&forbidden(host, ip)) });
        }
        match (allowed.is_empty(), denied) {
            (false, _) => Ok(allowed),
            (true, Some(_)) => Err(Error::HttpRequestDenied),
            (true, None) => Err(Error::Connect(std::io::ErrorKind::NotFound.into())),
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
        let own = ["192.168.1.5", "2001:db8::5"].map(|ip| ip.parse().expect("an address"));
        let here = ThisMachine(OnceCell::from(Some(own.to_vec())));
        for (host, ip, may) in [
            ("api.example", "192.0.2.1", true),
            ("api.example", "10.0.0.1", true),
            ("api.example", "127.0.0.1", false),
            ("api.example", "::1", false),
            ("api.example", "::ffff:127.0.0.1", false),
            ("api.example", "169.254.169.254", false),
            ("api.example", "0.0.0.0", false),
            ("api.example", "192.168.1.5", false),
            ("api.example", "2001:db8::5", false),
            ("api.example", "192.168.1.6", true),
            ("localhost", "127.0.0.1", true),
            ("localhost", "192.168.1.5", true),
            ("a.localhost", "::1", true),
            ("notlocalhost", "127.0.0.1", false),
            ("notlocalhost", "192.168.1.5", false),
            ("localhost", "169.254.169.254", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("192.168.1.5", "192.168.1.5", true),
        ] {
            let ip = ip.parse().expect("an address");
            assert_eq!(may_stand_for(&name(host), ip, &here), may, "{host} {ip}");
        }
        let unknown = ThisMachine(OnceCell::from(None));
        assert!(!may_stand_for(&name("api.example"), "192.0.2.1".parse().expect("an address"), &unknown));
    }

    #[test]
    fn the_addresses_of_this_machine_are_known_however_they_are_written() {
        let here = ThisMachine::default();
        for (ip, is_here) in
            [("127.0.0.1", true), ("::ffff:127.0.0.1", true), ("192.0.2.1", false), ("2001:db8::1", false)]
        {
            assert_eq!(here.has(ip.parse().expect("an address")), is_here, "{ip}");
        }
        // From where it would send into the internet, if it has a way there.
        let socket = std::net::UdpSocket::bind("0.0.0.0:0").expect("a port");
        if socket.connect("192.0.2.1:9").is_ok() {
            let from = socket.local_addr().expect("it has one").ip();
            assert!(here.has(from), "{from}");
        }
    }

    #[test]
    fn of_several_answers_only_the_good_ones_are_connected_to() {
        let (network, port) = network(&["api.example:80", "127.0.0.7:80"]);
        let found = ["127.0.0.1:80", "192.0.2.1:80", "127.0.0.7:80"].map(address);
        let allowed = network.allowed(&name("api.example"), found.into_iter()).expect("two of them");
        assert_eq!(allowed, [address("192.0.2.1:80"), address("127.0.0.7:80")]);
        let rebound = network.allowed(&name("api.example"), [address("127.0.0.1:80")].into_iter());
        assert!(matches!(rebound, Err(Error::HttpRequestDenied)));
        assert!(matches!(network.allowed(&name("api.example"), std::iter::empty()), Err(Error::Connect(_))));
        assert!(port.denials().is_empty() && network.usage.denials() == 0, "this was no turn of the guest's");
        network.tell_late();
        let told: Vec<_> = port.denials().into_iter().map(|denial| denial.what).collect();
        assert_eq!(told, ["api.example at 127.0.0.1", "api.example at 127.0.0.1"]);
        network.tell_late();
        assert_eq!((port.denials().len(), network.usage.denials()), (2, 2), "each once");
    }
}
