use std::net::Ipv4Addr;

use dormouse_core::{EventKind, SocketTrigger, TaskBuilder, Trigger};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::*;
use crate::sandbox::port::{SocketAsk, SocketError};
use crate::sandbox::testing;
use crate::testing::Rig;

/// A task that returns at once, and hands nothing back.
const RETURNS: &str = r#"(core module $module
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32) (i32.const 0)))"#;

async fn listening(rig: &Rig) -> SocketAddr {
    for _ in 0..8 {
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let listen = free.local_addr().expect("an address");
        drop(free);
        rig.install_with(&testing::task(RETURNS), Grants::none().with_listen(listen).expect("a port"));
        let task =
            TaskBuilder::new("t").entry_point("main").trigger(Trigger::Socket(SocketTrigger::tcp(listen)));
        if rig.host.register(&Rig::app(), task, crate::IfExists::AllowDuplicate).await.is_ok() {
            return listen;
        }
    }
    panic!("somebody takes every address")
}

fn fired(rig: &Rig) -> usize {
    rig.events.events().iter().filter(|event| matches!(event.kind, EventKind::Fired { .. })).count()
}

#[test]
fn a_host_that_has_as_many_connections_as_it_may_have_hears_no_more() {
    Rig::run(async |rig| {
        let listen = listening(rig).await;
        let sockets = &rig.host.inner.shared.sockets;
        // As if others had them.
        let most = u32::try_from(CONNECTIONS_MAX - 1).expect("a small number");
        let others = sockets.slots.clone().acquire_many_owned(most).await.expect("nobody has any");
        let last = sockets.slots.clone().acquire_owned().await.expect("one is left");
        let mut client = TcpStream::connect(listen).await.expect("the system accepts it");
        rig.settle().await;
        rig.settle().await;
        assert_eq!(fired(rig), 0);
        drop(last);
        let ended = client.read(&mut [0]).await.expect("it is closed politely");
        assert_eq!((ended, fired(rig)), (0, 1));
        drop(others);
    });
}

#[test]
fn nothing_is_left_of_connections_that_ended_nor_of_a_host_that_stopped() {
    Rig::run(async |rig| {
        let listen = listening(rig).await;
        let sockets = &rig.host.inner.shared.sockets;
        for _ in 0..3 {
            let mut client = TcpStream::connect(listen).await.expect("it listens");
            assert_eq!(client.read(&mut [0]).await.expect("it is closed politely"), 0);
        }
        while !sockets.tables().connections.is_empty() {
            rig.settle().await;
        }
        assert_eq!(sockets.slots.available_permits(), CONNECTIONS_MAX);
        let lingers = TcpStream::connect(listen).await.expect("it listens");
        while fired(rig) < 4 {
            rig.settle().await;
        }
        rig.host.shutdown(false).await;
        assert!(sockets.tables().listening.is_empty());
        assert_eq!(
            sockets.slots.available_permits(),
            CONNECTIONS_MAX,
            "a peer that does not close holds nothing"
        );
        while !sockets.tables().connections.is_empty() {
            rig.settle().await;
        }
        drop(lingers);
    });
}

#[test]
fn no_more_is_kept_for_a_peer_that_does_not_read_than_the_limit() {
    let connection = Connection::new("acorn".to_owned(), RegistrationId::from_uuid(uuid::Uuid::nil()));
    assert_eq!(connection.send(&vec![0; UNSENT_LEN_MAX + 1]), Err(SocketError::Full));
    assert_eq!(connection.send(&vec![0; UNSENT_LEN_MAX - 1]), Ok(()));
    assert_eq!(connection.send(&[0; 2]), Err(SocketError::Full));
    assert_eq!(connection.send(&[0]), Ok(()));
    assert_eq!(connection.send(&[0]), Err(SocketError::Full));
    assert_eq!(connection.send(&[]), Ok(()));
}

#[test]
fn only_the_run_of_the_newest_firing_gets_the_socket_and_only_once() {
    let sockets = Sockets::default();
    let connection =
        Arc::new(Connection::new("acorn".to_owned(), RegistrationId::from_uuid(uuid::Uuid::nil())));
    sockets.tables().connections.insert("acorn".to_owned(), connection.clone());
    let activity = |socket_id: &str| SocketActivity {
        reason: dormouse_core::SocketReason::ConnectionAccepted,
        socket_id: socket_id.to_owned(),
        peer: String::new(),
        payload: Vec::new(),
    };
    let take = |key: &str| sockets.take(&activity("acorn"), key);
    let send = |held: &Held| held.ask(&sockets, "acorn", SocketAsk::Send(vec![1]));

    let first = connection.offer();
    let run = take(&first);
    assert_eq!(send(&run), Ok(()));
    assert_eq!(send(&take(&first)), Err(SocketError::NotOwned), "another attempt at the same activation");
    assert_eq!(run.ask(&sockets, "acorn", SocketAsk::Transfer), Ok(()));
    assert_eq!(send(&run), Err(SocketError::NotOwned), "it was handed back");

    let second = connection.offer();
    assert_eq!(send(&take(&first)), Err(SocketError::NotOwned), "a run of the firing before");
    assert_eq!(send(&take("acorn")), Err(SocketError::NotOwned), "no firing of a socket");
    drop(run);
    let run = take(&second);
    assert_eq!(send(&run), Ok(()));
    drop(run);
    assert_eq!(send(&take(&second)), Err(SocketError::Closed), "it was not handed back");
    let unknown = sockets.take(&activity("beech"), "beech/1");
    assert_eq!(unknown.ask(&sockets, "beech", SocketAsk::Close), Err(SocketError::Closed));
}
