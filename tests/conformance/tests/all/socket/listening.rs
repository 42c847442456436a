//! Where a host listens, and where it does not.

use super::*;

#[test]
fn the_host_listens_only_where_it_was_both_asked_and_granted() {
    Rig::run(async |rig| {
        let (listen, other) = (free(), free());
        let not_granted = async |grants: Grants, asked: Asked| {
            let component = rig.component(&component(programs::SOCKET_ECHO));
            let app = App::new(Rig::app()).entry_point("main", component).grants(grants).asks(asked);
            rig.host.install(app).unwrap();
            let refused = rig.host.register(&Rig::app(), at(listen), IfExists::Error).await;
            let Err(HostError::Registration(RegistrationError::ListenNotGranted { listen: named, granted })) =
                refused
            else {
                panic!("{refused:?}")
            };
            assert_eq!(named, listen);
            assert!(rig.host.registrations().is_empty());
            assert!(TcpStream::connect(listen).await.is_err(), "nothing listens");
            granted
        };
        let asked = |at: &[SocketAddr]| Asked { listen: at.to_vec(), ..Asked::default() };
        assert_eq!(not_granted(Grants::none(), asked(&[listen])).await, []);
        assert_eq!(not_granted(granted(listen), asked(&[])).await, []);
        assert_eq!(not_granted(granted(other), asked(&[listen, other])).await, [other]);
    });
}

#[test]
fn an_address_that_is_taken_registers_nothing_and_says_so() {
    Rig::run(async |rig| {
        let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let listen = taken.local_addr().unwrap();
        rig.install_with(&component(programs::SOCKET_ECHO), granted(listen));
        let refused = rig.host.register(&Rig::app(), at(listen), IfExists::Error).await;
        let Err(HostError::Listen { listen: named, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(named, listen);
        assert!(rig.host.registrations().is_empty());
        assert!(rig.store.registrations().await.unwrap().is_empty());
    });
}
