//! Tries to reach what it was not granted in the ways that its arguments name, after which comes an address where
//! somebody listens. All of it must be refused, and nothing may arrive there.

use std::net::{IpAddr, SocketAddr};

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::net::{connect, family, wasi};
use test_programs::{attack_and_address, no_such_attack, say};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::{ErrorCode, IpAddressFamily};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp::OutgoingDatagram;
use wasip2::sockets::udp_create_socket::create_udp_socket;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let (attacks, address) = attack_and_address(&instance)?;
    let there: SocketAddr = address.parse()?;
    for attack in attacks.split(',') {
        match attack {
            "address" => address_of(there),
            "spellings" => spellings(there),
            "names" => names(),
            "udp" => udp(there),
            "listen" => listen(there),
            "ports" => ports(there),
            "options" => options(there),
            "sockets" => sockets(),
            other => return Err(no_such_attack(other)),
        }
        say(attack);
    }
    Ok(())
}

fn denied(address: SocketAddr) {
    assert_eq!(connect(address).err(), Some(ErrorCode::AccessDenied), "{address}");
}

fn address_of(there: SocketAddr) {
    for _ in 0..4 {
        denied(there);
    }
    // A socket that was denied once is not good for another try.
    let socket = create_tcp_socket(family(there)).expect("one may be had");
    let network = instance_network();
    for _ in 0..4 {
        let _ = socket.start_connect(&network, wasi(there));
        assert!(socket.finish_connect().is_err());
    }
}

/// The same place, written otherwise.
fn spellings(there: SocketAddr) {
    let IpAddr::V4(v4) = there.ip() else { panic!("an address of IPv4") };
    let [a, b, c, d] = v4.octets();
    let low = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
    for head in [[0, 0, 0, 0, 0, 0xffff], [0, 0, 0, 0, 0, 0], [0x64, 0xff9b, 0, 0, 0, 0]] {
        let [s, t, u, v, w, x] = head;
        let [y, z] = low;
        let ip = IpAddr::from([s, t, u, v, w, x, y, z]);
        assert!(connect(SocketAddr::new(ip, there.port())).is_err(), "{ip}");
    }
    for ip in ["0.0.0.0", "127.0.0.2", "127.255.255.254", "::", "::1", "255.255.255.255", "224.0.0.1"] {
        let ip: IpAddr = ip.parse().expect("an address");
        assert!(connect(SocketAddr::new(ip, there.port())).is_err(), "{ip}");
    }
    // The right host, and not its port; no port at all.
    for port in [there.port() ^ 1, there.port().wrapping_add(256), 0] {
        assert!(connect(SocketAddr::new(there.ip(), port)).is_err(), "{port}");
    }
}

/// Names that lead there, none of which was granted.
fn names() {
    let long = "a".repeat(100_000);
    let network = instance_network();
    for name in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "localhost\0.example",
        " localhost",
        "localhost ",
        "a.localhost",
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "[::1]",
        "::1",
        "::ffff:127.0.0.1",
        "127.0.0.1:80",
        "user@localhost",
        "localhost/",
        "localhost#",
        "%6cocalhost",
        "",
        ".",
        "..",
        "*",
        "\n",
        "\u{1b}[2J",
        "ⓛocalhost",
        "loc\u{ad}alhost",
        &long,
    ] {
        assert!(resolve_addresses(&network, name).is_err(), "{:?} is looked up", name.get(..16));
    }
}

fn udp(there: SocketAddr) {
    let network = instance_network();
    let socket = || create_udp_socket(family(there)).expect("one may be had");
    // To hear what comes to an address of its choice.
    let listener = socket();
    assert_eq!(listener.start_bind(&network, wasi(there)).err(), Some(ErrorCode::AccessDenied));
    let any = SocketAddr::new(IpAddr::from([0, 0, 0, 0]), there.port() ^ 1);
    assert_eq!(listener.start_bind(&network, wasi(any)).err(), Some(ErrorCode::AccessDenied));
    // To send, connected and not.
    let bound = || {
        let socket = socket();
        socket
            .start_bind(&network, wasi(SocketAddr::from(([0, 0, 0, 0], 0))))
            .expect("to no port of its choice");
        socket.finish_bind().expect("to no port of its choice");
        socket
    };
    let connected = bound();
    assert_eq!(connected.stream(Some(wasi(there))).err(), Some(ErrorCode::AccessDenied));
    let loose = bound();
    let (_incoming, outgoing) = loose.stream(None).expect("to nobody in particular");
    while outgoing.check_send().expect("it may ask") == 0 {
        outgoing.subscribe().block();
    }
    let datagram = OutgoingDatagram { data: b"acorn".to_vec(), remote_address: Some(wasi(there)) };
    assert_eq!(outgoing.send(&[datagram]).err(), Some(ErrorCode::AccessDenied));
}

fn listen(there: SocketAddr) {
    let network = instance_network();
    for bind in [SocketAddr::from(([0, 0, 0, 0], 0)), SocketAddr::new(there.ip(), 0), there] {
        let socket = create_tcp_socket(IpAddressFamily::Ipv4).expect("one may be had");
        let bound = socket.start_bind(&network, wasi(bind)).and_then(|()| socket.finish_bind());
        let listens = bound.and_then(|()| socket.start_listen()).and_then(|()| socket.finish_listen());
        assert_eq!(listens.err(), Some(ErrorCode::AccessDenied), "{bind}");
        assert!(socket.accept().is_err());
        assert!(!socket.is_listening());
    }
    // Without a word of binding.
    let socket = create_tcp_socket(IpAddressFamily::Ipv6).expect("one may be had");
    assert!(socket.start_listen().is_err());
}

/// Knocks at two thousand doors.
fn ports(there: SocketAddr) {
    for port in 1..=2_000 {
        denied(SocketAddr::new(there.ip(), port));
    }
}

/// Options with values that are none.
fn options(there: SocketAddr) {
    let socket = create_tcp_socket(family(there)).expect("one may be had");
    for value in [0, 1, u64::MAX / 2, u64::MAX] {
        let _ = socket.set_receive_buffer_size(value);
        let _ = socket.set_send_buffer_size(value);
        let _ = socket.set_listen_backlog_size(value);
        let _ = socket.set_keep_alive_idle_time(value);
        let _ = socket.set_keep_alive_interval(value);
    }
    for value in [0, u32::MAX] {
        let _ = socket.set_keep_alive_count(value);
    }
    assert!(socket.set_hop_limit(0).is_err());
    assert!(socket.local_address().is_err() && socket.remote_address().is_err());
    assert!(socket.finish_bind().is_err() && socket.finish_connect().is_err() && socket.accept().is_err());
    drop(socket);
    let socket = create_udp_socket(family(there)).expect("one may be had");
    for value in [0, 1, u64::MAX] {
        let _ = socket.set_receive_buffer_size(value);
        let _ = socket.set_send_buffer_size(value);
    }
    assert!(socket.set_unicast_hop_limit(0).is_err());
    assert!(socket.finish_bind().is_err() && socket.stream(None).is_err());
    assert!(socket.local_address().is_err() && socket.remote_address().is_err());
}

/// As many sockets as there are; more than that is a trap, or no grant to have them for.
fn sockets() {
    let mut held = Vec::new();
    let refused = loop {
        match create_tcp_socket(IpAddressFamily::Ipv4) {
            Ok(socket) => held.push(socket),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, ErrorCode::AccessDenied);
    assert!(held.len() <= 16, "{} sockets for nothing", held.len());
    assert!(create_udp_socket(IpAddressFamily::Ipv4).is_err(), "of the other kind");
}

fn main() {}
