//! What ends listeners and connections.

use super::*;

#[test]
fn unregistering_closes_the_listener_and_its_connections_and_the_address_is_free_at_once() {
    Rig::run(async |rig| {
        let (id, listen) = listening(rig, programs::SOCKET_ECHO, at).await;
        let mut client = TcpStream::connect(listen).await.unwrap();
        say(&mut client, "acorn").await;
        hear(&mut client, "acorn").await;
        rig.host.unregister(id, false).await.unwrap();
        assert_eq!(rest(&mut client).await, b"");
        assert!(TcpStream::connect(listen).await.is_err());
        rig.host.register(&Rig::app(), at(listen), IfExists::Error).await.unwrap();
        let mut client = TcpStream::connect(listen).await.unwrap();
        say(&mut client, "beech").await;
        hear(&mut client, "beech").await;
    });
}

#[test]
fn a_connection_that_a_run_has_is_closed_under_it_when_its_registration_goes() {
    Rig::run(async |rig| {
        let (id, listen) = listening(rig, programs::SOCKET_GONE, at).await;
        let mut client = TcpStream::connect(listen).await.unwrap();
        hear(&mut client, "here").await;
        rig.host.unregister(id, false).await.unwrap();
        assert_eq!(rest(&mut client).await, b"");
    });
}

#[test]
fn shutdown_closes_the_listener_and_its_connections() {
    Rig::run(async |rig| {
        let (_, listen) = listening(rig, programs::SOCKET_ECHO, at).await;
        let mut client = TcpStream::connect(listen).await.unwrap();
        say(&mut client, "acorn").await;
        hear(&mut client, "acorn").await;
        until_ended(rig, 2).await;
        rig.host.shutdown(false).await;
        assert_eq!(rest(&mut client).await, b"");
        assert!(TcpStream::connect(listen).await.is_err());
    });
}

#[test]
fn what_is_registered_anew_at_the_same_address_keeps_its_connections() {
    Rig::run(async |rig| {
        let (id, listen) = listening(rig, programs::SOCKET_ECHO, at).await;
        let mut client = TcpStream::connect(listen).await.unwrap();
        say(&mut client, "acorn").await;
        hear(&mut client, "acorn").await;
        let replaced = at(listen).overlap(Overlap::Parallel { max: 2 });
        let replaced = rig.host.register(&Rig::app(), replaced, IfExists::ReplaceIfDifferent).await.unwrap();
        assert_eq!(replaced.id, id);
        // An app that is installed anew, as well.
        rig.install_with(&component(programs::SOCKET_ECHO), granted(listen));
        say(&mut client, "beech").await;
        hear(&mut client, "beech").await;
    });
}

#[test]
fn an_app_that_is_installed_without_the_grant_listens_no_more() {
    Rig::run(async |rig| {
        let (_, listen) = listening(rig, programs::SOCKET_ECHO, at).await;
        let mut client = TcpStream::connect(listen).await.unwrap();
        say(&mut client, "acorn").await;
        hear(&mut client, "acorn").await;
        let component = rig.component(&component(programs::SOCKET_ECHO));
        let refused = rig.host.install(App::new(Rig::app()).entry_point("main", component));
        assert!(
            matches!(refused, Err(HostError::Registration(RegistrationError::ListenNotGranted { .. }))),
            "{refused:?}"
        );
        assert_eq!(rest(&mut client).await, b"");
        assert!(TcpStream::connect(listen).await.is_err());
    });
}

/// A peer that never says that it is done is not waited for longer than this.
const LINGERS: Duration = Duration::from_secs(5);

#[test]
fn a_peer_that_does_not_close_does_not_keep_its_place() {
    Rig::run(async |rig| {
        let (_, listen) = listening(rig, programs::SOCKET_FORGETS, at).await;
        let mut clients = Vec::new();
        for _ in 0..=CONNECTIONS_PER_REGISTRATION {
            clients.push(TcpStream::connect(listen).await.unwrap());
        }
        until_ended(rig, CONNECTIONS_PER_REGISTRATION).await;
        rig.settle().await;
        assert_eq!(fired(rig), CONNECTIONS_PER_REGISTRATION);
        rig.advance(LINGERS).await;
        until_ended(rig, CONNECTIONS_PER_REGISTRATION + 1).await;
        assert!(succeeded(rig), "{:#?}", rig.events.events());
    });
}
