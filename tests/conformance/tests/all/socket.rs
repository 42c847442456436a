//! Socket triggers (UWP-053). The host is on simulated time; the sockets are real, and so is the test's wait for
//! them: time stands still meanwhile.

mod closing;
mod listening;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{
    App, Asked, CONNECTIONS_PER_REGISTRATION, EventKind, Grants, HostError, IfExists, MemoryStore, Outcome,
    Overlap, Refusal, RegistrationId, RetryPolicy, SocketTrigger, Store, TaskBuilder, Trigger,
    UNSENT_LEN_MAX,
};
use dormouse_core::{RegistrationError, SimClock};
use test_artifacts as programs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Ids, SECOND, component};

/// An address at which nothing listened just now.
fn free() -> SocketAddr {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

fn at(listen: SocketAddr) -> TaskBuilder {
    TaskBuilder::new("t").entry_point("main").trigger(Trigger::Socket(SocketTrigger::tcp(listen)))
}

fn granted(listen: SocketAddr) -> Grants {
    Grants::none().with_listen(listen).unwrap()
}

/// Installs a program and registers it at a free address. Another process may be faster in taking it.
async fn listening(
    rig: &Rig,
    path: &str,
    task: impl Fn(SocketAddr) -> TaskBuilder,
) -> (RegistrationId, SocketAddr) {
    for _ in 0..8 {
        let listen = free();
        rig.install_with(&component(path), granted(listen));
        match rig.host.register(&Rig::app(), task(listen), IfExists::AllowDuplicate).await {
            Ok(registered) => return (registered.id, listen),
            Err(HostError::Listen { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("somebody takes every address")
}

async fn say(client: &mut TcpStream, text: &str) {
    client.write_all(text.as_bytes()).await.unwrap();
}

async fn hear(client: &mut TcpStream, text: &str) {
    let mut heard = vec![0; text.len()];
    client.read_exact(&mut heard).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&heard), text);
}

/// What comes until the connection ends, however it does.
async fn rest(client: &mut TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    // An error is that it was cut off.
    let _ = client.read_to_end(&mut heard).await;
    heard
}

fn count(rig: &Rig, is: impl Fn(&EventKind) -> bool) -> usize {
    rig.events.events().iter().filter(|event| is(&event.kind)).count()
}

fn fired(rig: &Rig) -> usize {
    count(rig, |kind| matches!(kind, EventKind::Fired { .. }))
}

fn succeeded(rig: &Rig) -> bool {
    rig.outcomes().iter().all(Outcome::is_success)
}

/// Waits until `n` firings were taken in.
async fn until_fired(rig: &Rig, n: usize) {
    while fired(rig) < n {
        rig.settle().await;
    }
}

/// Waits until `n` runs ended.
async fn until_ended(rig: &Rig, n: usize) {
    while rig.outcomes().len() < n {
        rig.settle().await;
    }
}

#[test]
pub(crate) fn socket_echo() {
    Rig::run(async |rig| {
        let (_, listen) = listening(rig, programs::SOCKET_ECHO, at).await;
        let mut client = TcpStream::connect(listen).await.unwrap();
        for word in ["acorn", "beech", "hazel"] {
            say(&mut client, word).await;
            hear(&mut client, word).await;
        }
        drop(client);
        until_ended(rig, 5).await;
        assert!(succeeded(rig), "{:#?}", rig.events.events());
        assert_eq!(
            rig.stdout(),
            "ConnectionAccepted \nSocketActivity acorn\nSocketActivity beech\nSocketActivity hazel\nSocketClosed \n"
        );
    });
}

#[test]
fn two_clients_are_served_and_neither_hears_the_other() {
    Rig::run(async |rig| {
        let (_, listen) =
            listening(rig, programs::SOCKET_ECHO, |listen| at(listen).overlap(Overlap::Parallel { max: 2 }))
                .await;
        let mut a = TcpStream::connect(listen).await.unwrap();
        let mut b = TcpStream::connect(listen).await.unwrap();
        say(&mut a, "from a").await;
        say(&mut b, "from b").await;
        hear(&mut b, "from b").await;
        hear(&mut a, "from a").await;
        assert!(succeeded(rig), "{:#?}", rig.events.events());
    });
}

#[test]
fn nothing_more_is_read_and_nothing_fires_before_the_run_hands_the_socket_back() {
    Rig::run(async |rig| {
        let (_, listen) = listening(rig, programs::SOCKET_ECHO, |listen| {
            at(listen).arg("slow").overlap(Overlap::Parallel { max: 4 })
        })
        .await;
        let mut client = TcpStream::connect(listen).await.unwrap();
        until_ended(rig, 1).await;
        say(&mut client, "one").await;
        until_fired(rig, 2).await;
        // Its run sleeps, and time stands still.
        say(&mut client, "two").await;
        rig.settle().await;
        say(&mut client, "three").await;
        rig.settle().await;
        assert_eq!(fired(rig), 2, "{:#?}", rig.events.events());
        rig.advance(SECOND).await;
        hear(&mut client, "one").await;
        until_fired(rig, 3).await;
        rig.advance(SECOND).await;
        hear(&mut client, "twothree").await;
        assert!(rig.stdout().ends_with("SocketActivity one\nSocketActivity twothree\n"), "{}", rig.stdout());
    });
}

#[test]
pub(crate) fn socket_forgets() {
    Rig::run(async |rig| {
        let (_, listen) = listening(rig, programs::SOCKET_FORGETS, at).await;
        // More than there is room for at once: each gives its place back.
        for n in 1..=CONNECTIONS_PER_REGISTRATION + 2 {
            let mut client = TcpStream::connect(listen).await.unwrap();
            // Never heard by anyone, and no reason for the greeting to be lost.
            say(&mut client, "unheard").await;
            assert_eq!(rest(&mut client).await, b"hello");
            drop(client);
            rig.settle().await;
            assert_eq!(fired(rig), n, "a socket that was not handed back fires no more");
        }
        assert!(succeeded(rig), "{:#?}", rig.events.events());
    });
}

#[test]
pub(crate) fn socket_full() {
    Rig::run(async |rig| {
        let (_, listen) = listening(rig, programs::SOCKET_FULL, at).await;
        let mut client = TcpStream::connect(listen).await.unwrap();
        let heard = rest(&mut client).await;
        assert!(succeeded(rig), "{:#?}", rig.events.events());
        assert_eq!(heard.len(), UNSENT_LEN_MAX, "what was kept is sent, also behind `close`");
        assert!(heard.ends_with(b"nend"));
    });
}

#[test]
pub(crate) fn socket_others() {
    let folders = cap_tempfile::TempDir::new(cap_tempfile::ambient_authority()).unwrap();
    let dir = folders.try_clone().unwrap();
    Rig::run_with(
        |builder| builder.app_folders(dir),
        async |rig| {
            let (_, listen) = listening(rig, programs::SOCKET_OTHERS, |listen| {
                at(listen).overlap(Overlap::Parallel { max: 2 })
            })
            .await;
            let mut first = TcpStream::connect(listen).await.unwrap();
            until_fired(rig, 1).await;
            while !folders.exists("test/local/socket") {
                rig.settle().await;
            }
            let mut second = TcpStream::connect(listen).await.unwrap();
            until_ended(rig, 1).await;
            assert_eq!(rest(&mut second).await, b"");
            rig.advance(2 * SECOND).await;
            assert_eq!(rest(&mut first).await, b"mine");
            assert!(succeeded(rig), "{:#?}", rig.events.events());
        },
    );
}

#[test]
pub(crate) fn socket_gone() {
    Rig::run(async |rig| {
        let retry = RetryPolicy::exponential(2).unwrap();
        let (id, listen) =
            listening(rig, programs::SOCKET_GONE, |listen| at(listen).arg("fail").retry(retry)).await;
        let mut client = TcpStream::connect(listen).await.unwrap();
        assert_eq!(rest(&mut client).await, b"here", "the end of the first attempt is the connection's");
        drop(client);
        let completed = |event: &dormouse::Event| {
            event.registration == id && matches!(event.kind, EventKind::Completed { .. })
        };
        rig.until("the second attempt to end", completed).await;
        assert_eq!(rig.outcomes().len(), 2);
        assert_eq!(rig.outcomes()[1], Outcome::Succeeded);
    });
}

#[test]
fn a_run_after_a_restart_is_told_that_its_connection_is_gone_and_the_host_listens_again() {
    let (store, clock): (Arc<dyn Store>, _) = (Arc::new(MemoryStore::new()), SimClock::new());
    let ids = Ids::default();
    let (listen, mut client) = Rig::run_on(
        store.clone(),
        clock.clone(),
        |builder| builder.ids(ids.clone()),
        async |rig| {
            let (_, listen) = listening(rig, programs::SOCKET_GONE, at).await;
            let mut client = TcpStream::connect(listen).await.unwrap();
            hear(&mut client, "here").await;
            (listen, client.into_std().unwrap())
        },
    );
    Rig::run_on(
        store,
        clock,
        |builder| builder.ids(ids.clone()),
        async |rig| {
            client.set_nonblocking(false).unwrap();
            let mut heard = Vec::new();
            let _ = std::io::Read::read_to_end(&mut client, &mut heard);
            assert_eq!(heard, b"", "a host that is dropped closes its connections");
            rig.install_with(&component(programs::SOCKET_GONE), granted(listen));
            rig.until("the second attempt to end", crate::is_ended).await;
            assert!(succeeded(rig), "{:#?}", rig.events.events());
            let mut client = TcpStream::connect(listen).await.unwrap();
            hear(&mut client, "here").await;
        },
    );
}

#[test]
fn silence_is_told_each_time_that_it_lasts_for_as_long_as_the_trigger_says() {
    Rig::run(async |rig| {
        let minute = 60 * SECOND;
        let (_, listen) = listening(rig, programs::SOCKET_ECHO, |listen| {
            at(listen).trigger(Trigger::Socket(SocketTrigger { listen, keep_alive: Some(minute) }))
        })
        .await;
        let mut client = TcpStream::connect(listen).await.unwrap();
        until_ended(rig, 1).await;
        rig.settle().await;
        rig.advance(minute - SECOND).await;
        assert_eq!(fired(rig), 1);
        say(&mut client, "awake").await;
        hear(&mut client, "awake").await;
        rig.settle().await;
        rig.advance(minute - SECOND).await;
        assert_eq!(fired(rig), 2, "what arrived began the silence anew");
        rig.advance(SECOND).await;
        hear(&mut client, "?").await;
        rig.settle().await;
        rig.advance(minute).await;
        hear(&mut client, "?").await;
        assert!(
            rig.stdout().ends_with("KeepAliveTimerExpired \nKeepAliveTimerExpired \n"),
            "{}",
            rig.stdout()
        );
    });
}

#[test]
fn a_flood_of_connections_is_accepted_no_further_than_the_limit() {
    Rig::run(async |rig| {
        let (id, listen) = listening(rig, programs::SOCKET_ECHO, at).await;
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS_PER_REGISTRATION + 16 {
            clients.push(TcpStream::connect(listen).await.unwrap());
        }
        until_ended(rig, CONNECTIONS_PER_REGISTRATION).await;
        rig.settle().await;
        assert_eq!(fired(rig), CONNECTIONS_PER_REGISTRATION, "those beyond it wait in the system's queue");
        // Sixteen leave, and are told to have left; the sixteen that wait come in.
        drop(clients.drain(..16));
        until_ended(rig, CONNECTIONS_PER_REGISTRATION + 32).await;
        rig.settle().await;
        assert_eq!(fired(rig), CONNECTIONS_PER_REGISTRATION + 32);
        assert!(succeeded(rig), "{:#?}", rig.log(id));
        for client in &mut clients {
            say(client, "still").await;
            hear(client, "still").await;
        }
    });
}

#[test]
fn a_connection_whose_firing_is_refused_is_closed() {
    Rig::run(async |rig| {
        let (_, listen) = listening(rig, programs::SOCKET_GONE, |listen| {
            at(listen).overlap(Overlap::Queue { max: 1 }).retry(RetryPolicy::none())
        })
        .await;
        let mut runs = TcpStream::connect(listen).await.unwrap();
        hear(&mut runs, "here").await;
        let _waits = TcpStream::connect(listen).await.unwrap();
        until_fired(rig, 2).await;
        let mut refused = TcpStream::connect(listen).await.unwrap();
        assert_eq!(rest(&mut refused).await, b"");
        let full = |kind: &EventKind| matches!(kind, EventKind::Refused { reason: Refusal::QueueFull });
        assert_eq!(count(rig, full), 1);
    });
}

#[test]
fn clients_are_served_side_by_side_on_a_host_with_threads_of_its_own() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let host = dormouse::Host::builder().start().await.unwrap();
        let app = Rig::app();
        let echo = dormouse::Component::compile(host.engine(), &component(programs::SOCKET_ECHO)).unwrap();
        let listen = loop {
            let listen = free();
            let grants = granted(listen);
            host.install(App::new(app.clone()).entry_point("main", echo.clone()).grants(grants)).unwrap();
            let task = at(listen).overlap(Overlap::Parallel { max: 4 });
            match host.register(&app, task, IfExists::AllowDuplicate).await {
                Ok(_) => break listen,
                Err(HostError::Listen { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        };
        let client = async |n: usize| {
            let mut client = TcpStream::connect(listen).await.unwrap();
            for exchange in 0..20 {
                let word = format!("{exchange} of {n}");
                say(&mut client, &word).await;
                hear(&mut client, &word).await;
            }
        };
        futures::future::join_all((0..8).map(client)).await;
        host.shutdown(false).await;
    });
}
