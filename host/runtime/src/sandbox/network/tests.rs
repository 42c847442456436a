use super::*;
use crate::sandbox::testing::FakePort;

pub(super) fn network(granted: &[&str]) -> (Network, Arc<FakePort>) {
    let grants = granted
        .iter()
        .fold(Grants::none(), |grants, host| grants.with_host(host.parse().expect("a valid host and port")));
    let port = Arc::new(FakePort::default());
    (Network::new(Arc::new(grants), Usage::new(0), Arc::clone(&port) as Arc<dyn AppPort>), port)
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn request(network: &Network, uri: &str) -> bool {
    network.may_request(&uri.parse().expect("a uri"))
}

#[test]
fn without_a_grant_nothing_is_allowed_and_everything_is_told() {
    let (network, port) = network(&[]);
    assert!(!network.is_open());
    for _ in 0..SOCKETS_WITHOUT_GRANT_MAX {
        assert!(network.may_have_socket(), "to be denied by the name of what it is used for");
    }
    assert!(!network.may_have_socket(), "but not without end");
    assert!(network.may_look_up("example.org").is_none());
    assert!(!network.may_use(address("192.0.2.1:80"), SocketAddrUse::TcpConnect));
    assert!(!network.may_use(address("192.0.2.1:53"), SocketAddrUse::UdpSend));
    assert!(!network.may_use(address("0.0.0.0:0"), SocketAddrUse::TcpListen));
    assert!(!request(&network, "https://example.org/"));
    let kinds: Vec<_> = port.denials().into_iter().map(|denial| denial.kind).collect();
    use DenialKind::{Connect, Http, Listen, Lookup};
    assert_eq!(kinds, [Connect, Lookup, Connect, Connect, Listen, Http]);
    assert_eq!(network.usage.denials(), 6);
}

#[test]
fn an_address_is_granted_as_such_with_its_port() {
    let (network, _) = network(&["192.0.2.1:80", "[2001:db8::1]:443"]);
    for usage in [SocketAddrUse::TcpConnect, SocketAddrUse::UdpSend, SocketAddrUse::UdpReceive] {
        assert!(network.may_use(address("192.0.2.1:80"), usage));
        assert!(network.may_use(address("[::ffff:192.0.2.1]:80"), usage), "the same host, written as IPv6");
        assert!(network.may_use(address("[2001:db8::1]:443"), usage));
        assert!(!network.may_use(address("192.0.2.1:81"), usage));
        assert!(!network.may_use(address("192.0.2.2:80"), usage));
    }
}

#[test]
fn an_address_is_granted_after_a_granted_name_was_looked_up_and_answered_it() {
    let (network, _) = network(&["a.example:443", "b.example:80"]);
    let (ip, other) = (address("192.0.2.7:443"), address("192.0.2.7:80"));
    assert!(!network.may_use(ip, SocketAddrUse::TcpConnect), "before the look-up");
    let host = network.may_look_up("A.example.").expect("granted, however it is written");
    network.found(&host, [ip.ip()]);
    assert!(network.may_use(ip, SocketAddrUse::TcpConnect));
    assert!(!network.may_use(other, SocketAddrUse::TcpConnect), "port 80 was granted for another name");
    assert!(network.may_look_up("c.example").is_none());
}

#[test]
fn a_name_that_is_made_to_answer_this_machine_or_a_clouds_own_service_leads_nowhere() {
    let (network, port) = network(&["a.example:80"]);
    let host = network.may_look_up("a.example").expect("granted");
    for ip in ["127.0.0.1", "::1", "169.254.169.254", "0.0.0.0"] {
        let ip: IpAddr = ip.parse().expect("an address");
        network.found(&host, [ip]);
        assert!(!network.may_use(SocketAddr::new(ip, 80), SocketAddrUse::TcpConnect), "{ip}");
    }
    assert_eq!(port.denials()[0].what, "a.example at 127.0.0.1");
}

#[test]
fn what_is_remembered_of_look_ups_is_bounded() {
    let (network, _) = network(&["a.example:443"]);
    for n in 0..=255 {
        let host = network.may_look_up("a.example").expect("granted");
        network.found(&host, [IpAddr::from([192, 0, 2, n])]);
    }
    assert_eq!(network.looked_up().len(), LOOKED_UP_MAX);
    assert!(network.may_use(address("192.0.2.255:443"), SocketAddrUse::TcpConnect));
    assert!(!network.may_use(address("192.0.2.1:443"), SocketAddrUse::TcpConnect));
}

#[test]
fn a_guest_never_listens_but_may_be_bound_by_connecting() {
    let (network, _) = network(&["192.0.2.1:80"]);
    for implicit in ["0.0.0.0:0", "[::]:0"] {
        assert!(network.may_use(address(implicit), SocketAddrUse::TcpBind));
        assert!(network.may_use(address(implicit), SocketAddrUse::UdpBind));
    }
    for chosen in ["0.0.0.0:8080", "127.0.0.1:0", "192.0.2.1:80"] {
        assert!(!network.may_use(address(chosen), SocketAddrUse::TcpBind));
        assert!(!network.may_use(address(chosen), SocketAddrUse::UdpBind));
    }
    assert!(!network.may_use(address("0.0.0.0:0"), SocketAddrUse::TcpListen));
    assert!(!network.may_use(address("192.0.2.1:80"), SocketAddrUse::TcpAccept));
}

#[test]
fn a_request_goes_to_a_granted_host_and_port_and_its_authority_holds_nothing_else() {
    let (network, _) = network(&["api.example:443", "plain.example:80", "other.example:8080", "[::1]:80"]);
    for good in [
        "https://api.example/path?query",
        "https://API.example:443/",
        "http://plain.example/",
        "http://other.example:8080/",
        "https://other.example:8080/",
        "http://[::1]/",
    ] {
        assert!(request(&network, good), "{good}");
    }
    for bad in [
        "http://api.example/",
        "https://plain.example/",
        "https://api.example:444/",
        "https://api.example.evil.example/",
        "https://user@api.example/",
        "https://api.example:443@evil.example/",
        "https://evil.example/https://api.example/",
        "http://127.0.0.1/",
    ] {
        assert!(!request(&network, bad), "{bad}");
    }
}

#[test]
fn what_is_told_of_a_denial_is_cut() {
    let (network, port) = network(&[]);
    assert!(network.may_look_up(&"é".repeat(1000)).is_none());
    let denials = port.denials();
    assert_eq!(denials[0].what, "é".repeat(WHAT_LEN_MAX / 2));
}
