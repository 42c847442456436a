use super::*;

#[test]
fn only_what_was_asked_for_and_granted_is_given_and_of_two_accesses_the_lesser() {
    use Access::{ReadOnly as Ro, ReadWrite as Rw};
    let table = [
        (None, None, None),
        (None, Some(Ro), None),
        (None, Some(Rw), None),
        (Some(Ro), None, None),
        (Some(Ro), Some(Ro), Some(Ro)),
        (Some(Ro), Some(Rw), Some(Ro)),
        (Some(Rw), None, None),
        (Some(Rw), Some(Ro), Some(Ro)),
        (Some(Rw), Some(Rw), Some(Rw)),
    ];
    for (asked, granted, given) in table {
        assert_eq!(both(asked, granted), given, "asked {asked:?}, granted {granted:?}");
    }
}

fn host(text: &str) -> HostPort {
    text.parse().expect("a valid host and port")
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

#[test]
fn the_rule_holds_for_directories_hosts_addresses_and_variables_alike() {
    let root = tempfile::tempdir().expect("a folder");
    let granted = Grants::none()
        .with_path(root.path(), "/asked-and-granted", Access::ReadWrite)
        .and_then(|g| g.with_path(root.path(), "/only-granted", Access::ReadOnly))
        .and_then(|g| g.with_env("ASKED", "1")?.with_env("ONLY_GRANTED", "2"))
        .and_then(|g| g.with_listen(address(1))?.with_listen(address(2)))
        .expect("valid grants")
        .with_host(host("a.example:443"))
        .with_host(host("b.example:443"));
    let asked = Asked {
        directories: [
            ("/asked-and-granted".to_owned(), Access::ReadOnly),
            ("/only-asked".to_owned(), Access::ReadWrite),
        ]
        .into(),
        network: vec![host("a.example:443"), host("a.example:80"), host("c.example:443")],
        listen: vec![address(1), address(3)],
        env: vec!["ASKED".to_owned(), "ONLY_ASKED".to_owned()],
    };
    let given = granted.effective(&asked);
    assert_eq!(given.directories().collect::<Vec<_>>(), [("/asked-and-granted", Access::ReadOnly)]);
    assert_eq!(given.network(), [host("a.example:443")]);
    assert_eq!(given.listen(), [address(1)]);
    assert_eq!(given.env(), [("ASKED".to_owned(), "1".to_owned())]);
    let nothing = Grants::none().effective(&asked);
    assert_eq!(nothing.directories().count() + nothing.network().len() + nothing.env().len(), 0);
    assert_eq!(nothing.listen(), []);
}

#[test]
fn an_address_without_a_port_is_not_granted_and_one_that_is_not_granted_is_not_bound() {
    let refused = Grants::none().with_listen(address(0)).expect_err("port 0");
    assert!(matches!(refused, GrantError::ListenPort { address } if address.port() == 0), "{refused}");
    let grants = Grants::none().with_listen(address(1)).expect("a port");
    assert!(grants.bind(address(2)).is_none());
    assert!(grants.effective(&Asked::default()).bind(address(1)).is_none());
}

#[test]
fn read_only_is_what_a_handle_is_unless_more_was_granted() {
    let root = tempfile::tempdir().expect("a folder");
    let grants = Grants::none()
        .with_path(root.path(), "/ro", Access::ReadOnly)
        .and_then(|g| g.with_path(root.path(), "/rw", Access::ReadWrite))
        .expect("valid grants");
    for inline in [false, true] {
        let preopens = grants.preopens(inline).collect::<io::Result<Vec<_>>>().expect("handles");
        let perms: Vec<_> = preopens.iter().map(|(dir, path)| (*path, dir.perms)).collect();
        assert_eq!(perms, [("/ro", FsPerms::ReadOnly), ("/rw", FsPerms::ReadWrite)]);
    }
}

#[test]
fn a_guest_path_is_absolute_and_goes_nowhere_else() {
    for bad in ["", "/", "data", "/a//b", "/a/", "/a/../b", "/./a", "/a\0b", &format!("/{}", "a".repeat(256))]
    {
        assert!(!is_guest_path(bad), "{bad:?} was accepted");
    }
    for good in ["/data", "/data/more", "/...", "/ä b"] {
        assert!(is_guest_path(good), "{good:?} was refused");
    }
}

#[test]
fn what_cannot_be_granted_is_refused_by_name() {
    let root = tempfile::tempdir().expect("a folder");
    let twice = Grants::none()
        .with_path(root.path(), "/data", Access::ReadOnly)
        .and_then(|g| g.with_path(root.path(), "/data", Access::ReadWrite));
    assert!(matches!(twice, Err(GrantError::Twice { path }) if path == "/data"));
    let missing = Grants::none().with_path(root.path().join("missing"), "/data", Access::ReadOnly);
    assert!(matches!(missing, Err(GrantError::Open { .. })));
    assert!(matches!(Grants::none().with_env("A=B", "1"), Err(GrantError::Variable { .. })));
    assert!(matches!(Grants::none().with_env("A", "1\0"), Err(GrantError::Variable { .. })));
}
