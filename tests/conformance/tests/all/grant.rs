//! Grants: a guest has what was asked for and granted, and nothing else.
//!
//! Sockets are real, so the tests of the network run on a host with the machine's clock: simulated time
//! would pass while a packet is under way.

use std::sync::{Arc, Mutex};

use cap_tempfile::{TempDir, ambient_authority};
use dormouse::testing::Rig;
use dormouse::{
    Access, App, AppId, Asked, Completion, Component, Event, EventKind, Grants, Host, IfExists, Observer,
    Outcome,
};
use test_artifacts as programs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::{application, component};

/// Runs a program on a rig whose apps have folders; answers its completion and what it printed.
fn with_folders(
    path: &str,
    folders: &TempDir,
    grants: Grants,
    arguments: &'static str,
) -> (Completion, String) {
    let dir = folders.try_clone().unwrap();
    Rig::run_with(
        |builder| builder.app_folders(dir),
        async |rig| {
            rig.install_with(&component(path), grants);
            let id = rig.register(application()).await;
            let completion = rig.fire(id, arguments).await;
            assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.events.events());
            (completion, rig.stdout())
        },
    )
}

fn temp() -> TempDir {
    TempDir::new(ambient_authority()).unwrap()
}

#[test]
pub(crate) fn grant_local_rw() {
    with_folders(programs::GRANT_LOCAL_RW, &temp(), Grants::none(), "");
}

#[test]
pub(crate) fn grant_local_persists() {
    let folders = temp();
    for run in 1..=3 {
        let (_, stdout) = with_folders(programs::GRANT_LOCAL_PERSISTS, &folders, Grants::none(), "");
        assert_eq!(stdout.trim(), run.to_string());
    }
}

#[test]
fn what_an_app_leaves_in_temp_is_gone_when_the_host_starts_again() {
    let folders = temp();
    with_folders(programs::RUN_RETURNS_OK, &folders, Grants::none(), "");
    folders.write("test/temp/left", "over").unwrap();
    folders.write("test/local/kept", "on purpose").unwrap();
    with_folders(programs::RUN_RETURNS_OK, &folders, Grants::none(), "");
    assert!(!folders.exists("test/temp/left"));
    assert!(folders.exists("test/local/kept"));
}

#[test]
pub(crate) fn grant_no_other_files() {
    let folders = temp();
    // What it must not reach: its neighbour's folder, and the file beside its own.
    folders.create_dir_all("neighbour/local").unwrap();
    folders.write("secret", "a").unwrap();
    with_folders(programs::GRANT_NO_OTHER_FILES, &folders, Grants::none(), "");
}

fn data() -> TempDir {
    let data = temp();
    data.write("acorn", "oak").unwrap();
    data
}

#[test]
pub(crate) fn grant_dir_read_only() {
    let data = data();
    let grants = Grants::none().with_directory(data.try_clone().unwrap(), "/data", Access::ReadOnly).unwrap();
    let (_, stdout) = with_folders(programs::GRANT_DIR_READ_ONLY, &temp(), grants, "");
    assert_eq!(stdout.trim(), "oak");
    assert_eq!(data.read_to_string("acorn").unwrap(), "oak");
    assert_eq!(data.entries().unwrap().count(), 1, "nothing was made beside it");
}

#[test]
pub(crate) fn grant_dir_rw() {
    let data = data();
    let grants =
        Grants::none().with_directory(data.try_clone().unwrap(), "/data", Access::ReadWrite).unwrap();
    with_folders(programs::GRANT_DIR_RW, &temp(), grants, "");
    assert_eq!(data.read_to_string("acorn").unwrap(), "oakoak");
}

#[test]
fn a_directory_that_is_granted_for_writing_but_asked_for_reading_is_read_only() {
    let data = data();
    Rig::run(async |rig| {
        let granted =
            Grants::none().with_directory(data.try_clone().unwrap(), "/data", Access::ReadWrite).unwrap();
        let asked = Asked {
            directories: [("/data".to_owned(), Access::ReadOnly)].into_iter().collect(),
            ..Asked::default()
        };
        let component = rig.component(&component(programs::GRANT_DIR_READ_ONLY));
        let app = App::new(Rig::app()).entry_point("main", component).grants(granted).asks(asked);
        rig.host.install(app).unwrap();
        let id = rig.register(application()).await;
        assert_eq!(rig.fire(id, "").await.run.outcome, Outcome::Succeeded);
    });
}

#[test]
pub(crate) fn grant_env() {
    Rig::run(async |rig| {
        let grants = Grants::none().with_env("NEST", "hazel").unwrap();
        rig.install_with(&component(programs::GRANT_ENV), grants);
        let id = rig.register(application().env("FOOD", "acorns")).await;
        let completion = rig.fire(id, "NEST=hazel\nFOOD=acorns").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.events.events());
    });
    crate::succeeds(programs::GRANT_ENV, "");
}

/// What guests were denied.
#[derive(Default)]
struct Denials(Mutex<Vec<String>>);

impl Observer for Denials {
    fn observe(&self, event: &Event) {
        if let EventKind::Denied { what, .. } = &event.kind {
            self.0.lock().unwrap().push(what.clone());
        }
    }
}

/// Runs a program on a host with the machine's clock.
pub(crate) fn for_real(
    path: &str,
    serve: impl AsyncFn(tokio::net::TcpStream) + Send + Sync + 'static,
    grant: impl Fn(&str) -> Grants,
    arguments: impl Fn(&str) -> String,
) -> (Completion, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let denials = Arc::new(Denials::default());
        let host = Host::builder().observer(denials.clone()).start().await.unwrap();
        let app = AppId::new("test").unwrap();
        let component = Component::compile(host.engine(), &component(path)).unwrap();
        host.install(App::new(app.clone()).entry_point("main", component).grants(grant(&address))).unwrap();
        let id = host.register(&app, application(), IfExists::Error).await.unwrap().id;
        let run = async {
            let fired = host.request(id, arguments(&address)).await.unwrap();
            host.completed(fired.activation().unwrap()).await.unwrap()
        };
        let server = async {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serve(stream).await;
            }
        };
        let completion = tokio::select! {
            completion = run => completion,
            () = server => unreachable!("it serves for ever"),
        };
        host.shutdown(false).await;
        let denials = denials.0.lock().unwrap().clone();
        (completion, denials)
    })
}

pub(crate) async fn nobody(_: tokio::net::TcpStream) {
    panic!("a guest without a grant reached a server");
}

async fn echo(mut stream: tokio::net::TcpStream) {
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
}

async fn acorn(mut stream: tokio::net::TcpStream) {
    let mut request = vec![0; 4096];
    let len = stream.read(&mut request).await.unwrap();
    assert!(request[..len].starts_with(b"GET /acorn HTTP/1.1\r\n"));
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\noak";
    stream.write_all(answer.as_bytes()).await.unwrap();
}

fn granted(address: &str) -> Grants {
    Grants::none().with_host(address.parse().unwrap())
}

#[test]
pub(crate) fn grant_net_denied() {
    let (completion, denials) =
        for_real(programs::GRANT_NET_DENIED, nobody, |_| Grants::none(), |address| address.to_owned());
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "{denials:?}");
    assert!(completion.run.receipt.denials > 0);
    assert!(denials.iter().any(|what| what.contains("127.0.0.1")), "the event names it: {denials:?}");
}

#[test]
pub(crate) fn grant_net_allowed() {
    let (completion, denials) =
        for_real(programs::GRANT_NET_ALLOWED, echo, granted, |address| address.to_owned());
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "{denials:?}");
    assert!(!denials.is_empty(), "the port beside it is not granted");
}

#[test]
pub(crate) fn grant_http_denied() {
    let (completion, denials) = for_real(
        programs::GRANT_HTTP_DENIED,
        nobody,
        |_| Grants::none(),
        |address| format!("http://{address}/acorn"),
    );
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "{denials:?}");
    assert!(denials.iter().any(|what| what.contains("127.0.0.1")), "the event names it: {denials:?}");
}

#[test]
pub(crate) fn grant_http_allowed() {
    let (completion, denials) =
        for_real(programs::GRANT_HTTP_ALLOWED, acorn, granted, |address| format!("http://{address}/acorn"));
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "{denials:?}");
    assert_eq!(completion.run.receipt.stdout_bytes, "200\noak\n".len() as u64);
    assert_eq!(denials, [""; 0]);
}
