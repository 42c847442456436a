//! Connections: too many of them, slow ones, and how they end.

use std::path::Path;
use std::time::Duration;

use dormouse::RegistrationId;
use dormouse_control::server::{ServerLimits, ServerStats};
use dormouse_core::event::{Event, EventKind, Stream};
use dormouse_core::{Observer as _, RunId, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::machine::{Machine, soon, until};

const TINY: Duration = Duration::from_millis(20);

async fn idle(change: impl FnOnce(&mut ServerLimits)) -> Machine {
    Machine::built(|builder| builder.idle(), change).await
}

async fn connect(path: &Path) -> UnixStream {
    UnixStream::connect(path).await.unwrap()
}

/// Everything that comes until the other side closes.
async fn rest(stream: &mut UnixStream) -> String {
    let mut all = Vec::new();
    // What was closed with something of ours unread is a reset.
    let _ = soon("the end of a connection", stream.read_to_end(&mut all)).await;
    String::from_utf8_lossy(&all).into_owned()
}

/// The head of an answer, and as much of its body as comes with it.
async fn answer(stream: &mut UnixStream) -> String {
    let mut some = vec![0; 64 * 1024];
    let len = soon("an answer", stream.read(&mut some)).await.unwrap();
    String::from_utf8_lossy(&some[..len]).into_owned()
}

const ASK: &[u8] = b"GET /v1/host HTTP/1.1\r\nHost: anything.example\r\n\r\n";

#[tokio::test]
async fn one_connection_more_than_may_be_is_told_and_closed() {
    let machine = idle(|limits| limits.connections = 2).await;
    let (path, _serving) = machine.serve().await;
    let (mut one, mut two) = (connect(&path).await, connect(&path).await);
    for stream in [&mut one, &mut two] {
        stream.write_all(ASK).await.unwrap();
        assert!(answer(stream).await.starts_with("HTTP/1.1 200"));
    }
    let mut third = connect(&path).await;
    third.write_all(ASK).await.unwrap();
    let told = rest(&mut third).await;
    assert!(told.starts_with("HTTP/1.1 503") && told.contains("retry-after: 1"), "{told}");
    assert!(told.contains("\"code\":\"busy\""), "{told}");
    drop(one);
    let answered = until("a place", async || {
        let mut next = connect(&path).await;
        next.write_all(ASK).await.unwrap();
        Some(answer(&mut next).await).filter(|told| told.starts_with("HTTP/1.1 200"))
    });
    answered.await;
    two.write_all(ASK).await.unwrap();
    assert!(answer(&mut two).await.starts_with("HTTP/1.1 200"), "who was there before goes on");
}

#[tokio::test]
async fn connections_streams_answers_and_uploads_are_counted() {
    let machine = idle(|limits| (limits.connections, limits.streams) = (2, 1)).await;
    let (path, _serving) = machine.serve().await;
    let stats = || machine.server.stats();
    assert_eq!(stats(), ServerStats::default());
    let (mut asking, mut streaming) = (connect(&path).await, connect(&path).await);
    let events = b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n";
    streaming.write_all(events).await.unwrap();
    assert!(answer(&mut streaming).await.starts_with("HTTP/1.1 200"));
    for (ask, status) in [
        (ASK, "HTTP/1.1 200"),
        (events, "HTTP/1.1 503"),
        (b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"),
        (b"POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 200"),
    ] {
        asking.write_all(ask).await.unwrap();
        assert!(answer(&mut asking).await.starts_with(status), "{status}");
    }
    let mut third = connect(&path).await;
    third.write_all(ASK).await.unwrap();
    rest(&mut third).await;

    let seen = stats();
    assert_eq!((seen.connections, seen.connections_accepted, seen.connections_turned_away), (2, 2, 1));
    assert_eq!((seen.streams, seen.streams_turned_away, seen.uploads), (1, 1, 1));
    let answered = seen.answered;
    assert_eq!((answered.success, answered.client_error, answered.server_error), (3, 1, 2));
    drop((asking, streaming));
    let ended = until("the connections to end", async || {
        Some(stats()).filter(|stats| (stats.connections, stats.streams) == (0, 0))
    });
    let ended = ended.await;
    assert_eq!((ended.connections_accepted, ended.answered), (2, answered), "what only grows stays");
}

#[tokio::test]
async fn headers_that_are_too_large_are_not_read() {
    let machine = idle(|_| {}).await;
    let (path, _serving) = machine.serve().await;
    for (len, status) in [(15 * 1024, "HTTP/1.1 200"), (17 * 1024, "HTTP/1.1 431")] {
        let mut stream = connect(&path).await;
        let ask = format!("GET /v1/host HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(len));
        let _ = stream.write_all(ask.as_bytes()).await;
        assert!(answer(&mut stream).await.starts_with(status), "{len}");
    }
}

#[tokio::test]
async fn who_says_nothing_or_says_it_slowly_is_cut_off() {
    let machine = idle(|limits| limits.header_read = TINY).await;
    let (path, _serving) = machine.serve().await;
    for begun in [&b""[..], b"GET /v1/ho", b"GET /v1/host HTTP/1.1\r\nHost: x\r\n"] {
        let mut stream = connect(&path).await;
        stream.write_all(begun).await.unwrap();
        let told = rest(&mut stream).await;
        assert!(!told.contains("200"), "{told}");
    }
    // One that was answered may not stay for ever either.
    let mut stream = connect(&path).await;
    stream.write_all(ASK).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn who_asks_for_a_stream_and_does_not_read_it_is_cut_off() {
    let machine = idle(|limits| limits.write_stall = TINY).await;
    let (path, _serving) = machine.serve().await;
    let mut stream = connect(&path).await;
    stream.write_all(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    until("the stream", async || (machine.events.listening() == 1).then_some(())).await;
    let id = uuid::Uuid::nil();
    let kind =
        EventKind::Output { run: RunId::from_uuid(id), stream: Stream::Stdout, text: "x".repeat(64 * 1024) };
    let event = Event { at: Timestamp::EPOCH, registration: RegistrationId::from_uuid(id), kind };
    until("it to be cut off", async || {
        machine.events.observe(&event);
        (machine.events.listening() == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_stop_lets_what_is_under_way_end_and_leaves_no_socket() {
    let machine = idle(|_| {}).await;
    let (path, serving) = machine.serve().await;
    let mut kept = connect(&path).await;
    kept.write_all(ASK).await.unwrap();
    assert!(answer(&mut kept).await.starts_with("HTTP/1.1 200"));
    let mut streamed = connect(&path).await;
    streamed.write_all(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut streamed).await.starts_with("HTTP/1.1 200"));
    let mut sending = connect(&path).await;
    let head = "POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    sending.write_all(head.as_bytes()).await.unwrap();
    // Its handler waits for the body: it is under way.
    assert!(answer(&mut sending).await.starts_with("HTTP/1.1 100"));

    machine.server.stop();
    assert_eq!(rest(&mut kept).await, "", "it asked for nothing");
    assert!(rest(&mut streamed).await.contains("event: end"));
    sending.write_all(b"body").await.unwrap();
    assert!(rest(&mut sending).await.starts_with("HTTP/1.1 200"));
    soon("the end of the server", serving).await.unwrap();
    assert!(!path.exists());
    assert!(UnixStream::connect(&path).await.is_err());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let machine = idle(|limits| limits.stop = TINY).await;
    let (path, serving) = machine.serve().await;
    let mut sending = connect(&path).await;
    let head = "POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    sending.write_all(head.as_bytes()).await.unwrap();
    assert!(answer(&mut sending).await.starts_with("HTTP/1.1 100"));
    machine.server.stop();
    soon("the end of the server", serving).await.unwrap();
    assert_eq!(rest(&mut sending).await, "", "it was cut off");
}
