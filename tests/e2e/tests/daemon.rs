//! The host as a daemon: who may talk to it, and what it refuses to run on.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use dormouse_e2e::{Ask, Daemon, Package, Signal, dormouse, ended};
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_remount, unmount};
use test_artifacts as programs;

const NO_MORE: [&str; 0] = [];

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What `dormouse serve` says that cannot start on `state`.
fn refused(state: &Path, args: &[&str], code: i32) -> dormouse_e2e::Ended {
    ended(Daemon::command(state, args)).expect_code(code)
}

#[test]
fn the_socket_is_private_says_who_answers_and_goes_with_the_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let daemon = Daemon::start(&state, NO_MORE);
    assert_eq!((mode(&state), mode(&daemon.socket())), (0o700, 0o600));
    let host = daemon.get("/v1/host").expect(200).json();
    assert_eq!(host["pid"], daemon.id());
    assert_eq!(host["state_directory"].as_str(), state.to_str());
    assert_eq!((&host["stopping"], &host["read_only"]), (&false.into(), &false.into()));
    daemon.get("/v1/health").expect(200);
    let socket = daemon.socket();
    daemon.signal(Signal::TERM);
    daemon.finish().expect_code(143);
    assert!(!socket.exists());
    // The last handle of the database is gone, and its log is in it.
    let rest: Vec<_> = fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!rest.iter().any(|name| name.to_string_lossy().ends_with("-wal")), "{rest:?}");
}

#[test]
fn a_second_daemon_is_told_who_has_the_directory_and_the_first_goes_on() {
    let state = dormouse_e2e::state_dir();
    let daemon = Daemon::start(state.path(), NO_MORE);
    refused(state.path(), &[], 5)
        .expect_error(&format!("in use by process {}", daemon.id()))
        .expect_stderr("serve --state")
        .expect_stderr("has had it since 20");
    assert_eq!(daemon.get("/v1/host").expect(200).json()["pid"], daemon.id());
}

#[test]
fn what_a_killed_daemon_left_is_in_nobodys_way() {
    let state = dormouse_e2e::state_dir();
    let daemon = Daemon::start(state.path(), NO_MORE);
    let socket = daemon.socket();
    daemon.kill();
    assert!(socket.exists());
    let daemon = Daemon::start(state.path(), NO_MORE);
    assert_eq!(daemon.get("/v1/host").expect(200).json()["pid"], daemon.id());
}

#[test]
fn a_state_directory_that_others_may_enter_is_refused() {
    for open in [0o750, 0o701, 0o770] {
        let state = dormouse_e2e::state_dir();
        fs::set_permissions(state.path(), Permissions::from_mode(open)).unwrap();
        let ended = refused(state.path(), &[], 5);
        ended.expect_error("is open to others").expect_stderr("chmod go-rwx");
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_path_that_no_socket_can_have_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let long = |len: usize| {
        let rest = len - dir.path().as_os_str().len() - "//dormouse.sock".len();
        dir.path().join("x".repeat(rest))
    };
    refused(&long(104), &[], 5).expect_error("103 bytes").expect_stderr("--state");
    let daemon = Daemon::start(&long(103), NO_MORE);
    daemon.get("/v1/host").expect(200);
}

#[test]
fn over_tcp_the_token_is_asked_for() {
    let state = dormouse_e2e::state_dir();
    let mut daemon = Daemon::start(state.path(), ["--listen", "127.0.0.1:0"]);
    let address = daemon.logged_address("control API at http://");
    let file = state.path().join("token");
    assert_eq!(mode(&file), 0o600);
    let token = fs::read_to_string(&file).unwrap();
    let ask =
        |head: &[(&str, &str)]| Ask { line: "GET /v1/host", head, body: &[] }.at_address(address).unwrap();
    let bearer = format!("Bearer {}", token.trim());
    let host = ask(&[("authorization", &bearer)]).expect(200).json();
    assert_eq!(host["pid"], daemon.id());
    for head in [&[][..], &[("authorization", "Bearer x")], &[("authorization", &bearer[..20])]] {
        let refusal = ask(head).expect(401);
        assert!(
            refusal.field("www-authenticate").is_some_and(|how| how.starts_with("Bearer")),
            "{refusal:?}"
        );
    }
    // What is at the socket needs none; a browser gets nothing anywhere.
    daemon.get("/v1/host").expect(200);
    let origin = ("origin", "http://example.org");
    ask(&[("authorization", &bearer), origin]).expect(403);

    // The same token opens the next one.
    daemon.signal(Signal::TERM);
    daemon.finish().expect_code(143);
    let own = state.path().join("own");
    fs::write(&own, "0123456789abcdef0123456789abcdef\n").unwrap();
    fs::set_permissions(&own, Permissions::from_mode(0o600)).unwrap();
    let mut daemon =
        Daemon::start(state.path(), ["--listen", "127.0.0.1:0", "--token-file", own.to_str().unwrap()]);
    let address = daemon.logged_address("control API at http://");
    let with = |token: &str| {
        let head = [("authorization", token)];
        Ask { line: "GET /v1/host", head: &head, body: &[] }.at_address(address).unwrap()
    };
    with("Bearer 0123456789abcdef0123456789abcdef").expect(200);
    with(&bearer).expect(401);
}

#[test]
fn addresses_that_other_machines_reach_need_a_word_more() {
    for flag in ["--listen", "--metrics"] {
        let state = dormouse_e2e::state_dir();
        refused(state.path(), &[flag, "0.0.0.0:0"], 2)
            .expect_error("0.0.0.0:0")
            .expect_stderr("--listen-anywhere");
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
        let daemon = Daemon::start(state.path(), [flag, "0.0.0.0:0", "--listen-anywhere"]);
        daemon.get("/v1/host").expect(200);
    }
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_runs() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen", "--metrics"] {
        let state = dormouse_e2e::state_dir();
        let ended = refused(state.path(), &[flag, &address], 2);
        assert!(ended.stderr.contains(&address), "{}", ended.stderr);
    }
}

/// A file system that is mounted and cannot be written to.
struct ReadOnly(tempfile::TempDir);

impl ReadOnly {
    /// None if it may not be mounted.
    #[expect(clippy::print_stderr, reason = "whoever runs the tests shall know that one was skipped")]
    fn mount(fill: impl FnOnce(&Path)) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        if let Err(error) = mount("tmpfs", dir.path(), "tmpfs", MountFlags::empty(), c"mode=0700") {
            eprintln!("skipped: a file system cannot be mounted here: {error}");
            return None;
        }
        let disk = Self(dir);
        fill(disk.0.path());
        mount_remount(disk.0.path(), MountFlags::RDONLY, c"mode=0700").unwrap();
        Some(disk)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        unmount(self.0.path(), UnmountFlags::DETACH).unwrap();
    }
}

#[test]
fn a_state_directory_that_cannot_be_written_is_one_clear_error() {
    let installed = |state: &Path| {
        let package = Package::new("1.0.0", programs::RUN_NO_DETAILS, "", "");
        dormouse(["install", package.arg(), "--state", state.to_str().unwrap()]).expect_code(0);
    };
    for (filled, place) in [(false, "."), (false, "below/it"), (true, ".")] {
        let fill = |state: &Path| {
            if filled {
                installed(state)
            }
        };
        let Some(disk) = ReadOnly::mount(fill) else { return };
        let state: PathBuf = disk.0.path().join(place);
        let ended = refused(&state, &[], 5).expect_error("cannot be");
        assert_eq!(ended.stderr.matches("error: ").count(), 1, "{}", ended.stderr);
    }
}
