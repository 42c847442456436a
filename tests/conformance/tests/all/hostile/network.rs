//! Attacks on the network: to reach what was not granted, to be a server, to smuggle, and to wait for ever.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use dormouse::Grants;
use test_artifacts as programs;

use super::harness::{Attack, End, Seen};
use super::peer::{Peer, http, says_all, says_nothing};

/// Tries these, one after the other, with nothing granted but the port beside; nothing arrives.
fn reaches_nothing(attacks: &str, grants: Grants) -> Seen {
    let peer = Peer::new(|_| panic!("a guest reached a server that it was not granted"));
    let attack = Attack::program(programs::HOSTILE_NET_REACH).grants(grants).times(3);
    let seen = attack.arguments(format!("{attacks} {}", peer.address)).ends(End::Succeeded);
    assert_eq!(peer.connections(), 0, "somebody connected");
    let said = String::from_utf8(seen.output.stdout.clone()).unwrap();
    assert!(said.lines().eq(attacks.split(',')), "{said}");
    seen
}

/// A host and port that exist for nobody: with a grant, so that sockets may be had.
fn elsewhere() -> Grants {
    Grants::none().with_host("192.0.2.1:9".parse().unwrap())
}

#[test]
pub(crate) fn hostile_net_reach() {
    let seen = reaches_nothing("address,spellings,names", elsewhere());
    assert!(seen.denied.iter().any(|what| what.contains("127.0.0.1")), "{:?}", seen.denied);
}

#[test]
fn a_guest_is_no_server_and_sends_no_datagrams() {
    reaches_nothing("udp,listen,options", elsewhere());
}

#[test]
fn two_thousand_doors_are_closed_and_the_operator_hears_of_some() {
    let seen = reaches_nothing("ports", elsewhere());
    for completion in &seen.completions {
        assert!(completion.run.receipt.denials >= 2_000, "{:?}", completion.run.receipt);
    }
    assert!(seen.denied.len() <= 100 * seen.completions.len(), "{} lines in a log", seen.denied.len());
}

#[test]
fn without_any_grant_there_are_few_sockets() {
    reaches_nothing("sockets", Grants::none());
}

#[test]
pub(crate) fn hostile_net_http() {
    let peer = Peer::new(http);
    let attack = Attack::program(programs::HOSTILE_NET_HTTP).grants(peer.grants()).times(3);
    let attacks = format!("headers,lines,elsewhere,lengths {}", peer.address);
    attack.arguments(attacks).ends(End::Succeeded);
    assert!(peer.connections() > 0, "it reached what it was granted");
}

#[test]
fn no_redirect_is_followed_and_no_bad_answer_believed() {
    let peer = Peer::new(http);
    let attack = Attack::program(programs::HOSTILE_NET_HTTP).grants(peer.grants()).times(3);
    attack.arguments(format!("redirect,answer {}", peer.address)).ends(End::Succeeded);
}

#[test]
fn headers_without_end_are_a_trap() {
    let attack = Attack::program(programs::HOSTILE_NET_HTTP).times(3);
    attack.arguments("fields 127.0.0.1:1").runs(|completion| {
        assert_eq!(completion.run.outcome.as_str(), "trapped", "{}", completion.run.outcome);
    });
}

#[test]
fn bodies_without_end_and_servers_without_an_answer_are_left() {
    for attack in ["endless-in", "endless-out", "silent"] {
        let peer = Peer::new(http);
        let attack = format!("{attack} {}", peer.address);
        let program = Attack::program(programs::HOSTILE_NET_HTTP).grants(peer.grants()).times(3);
        program.arguments(attack).little_wall().ends(End::Killed("wall"));
    }
}

fn waits_in_vain(attack: &str, peer: SocketAddr) {
    let grants = Grants::none().with_host(peer.to_string().parse().unwrap());
    let program = Attack::program(programs::HOSTILE_NET_SLOW).grants(grants).times(3);
    program.arguments(format!("{attack} {peer}")).little_wall().ends(End::Killed("wall"));
}

#[test]
pub(crate) fn hostile_net_slow() {
    waits_in_vain("read", Peer::new(says_nothing).address);
}

#[test]
fn a_peer_that_does_not_read_or_reads_out_everything_holds_nobody() {
    for attack in ["write", "flood"] {
        waits_in_vain(attack, Peer::new(says_all).address);
    }
}

#[test]
fn a_connection_into_a_black_hole_is_given_up() {
    let (hole, _full) = black_hole();
    waits_in_vain("connect", hole.local_addr().unwrap());
    waits_in_vain("many", hole.local_addr().unwrap());
}

/// A listener whose queue is full: the machine answers no further connection.
fn black_hole() -> (TcpListener, Vec<std::net::TcpStream>) {
    use rustix::net::{AddressFamily, SocketType, bind, listen, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    listen(&socket, 0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let mut full = Vec::new();
    while let Ok(stream) =
        std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_millis(200))
    {
        full.push(stream);
    }
    (listener, full)
}
