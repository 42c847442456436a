//! The endpoint, against whoever connects.

use std::time::Duration;

use dormouse_core::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::{Rig, lines, until};
use crate::metrics::{CONNECTION_MAX, Observed};

/// Waits until the other side closes `stream`; less long than a server waits that nobody told how long.
#[expect(clippy::disallowed_methods, reason = "only to tell a wait for a real socket from a wait for ever")]
async fn closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    // A connection that is closed with something unread in it is reset, which is an error, and closed as well.
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "it was not closed");
}

/// Waits until a further connection is answered.
async fn a_place_is_free(rig: &Rig) {
    until(async || {
        let mut next = rig.connect().await;
        let asked = next.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
        let mut answer = String::new();
        asked.is_ok() && next.read_to_string(&mut answer).await.is_ok() && answer.starts_with("HTTP/1.1 404 ")
    })
    .await;
}

#[tokio::test]
async fn only_metrics_are_answered_and_only_to_get() {
    let rig = Rig::new(|_| {}).await;
    let (head, body) = rig.ask("GET /metrics?name=any").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(body.contains("dormouse_telemetry_events_dropped_total 0\n"), "{body}");
    for path in ["GET /", "GET /metrics/", "POST /other"] {
        assert!(rig.ask(path).await.0.starts_with("HTTP/1.1 404 "), "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let (head, _) = rig.ask(&format!("{method} /metrics")).await;
        assert!(head.starts_with("HTTP/1.1 405 ") && head.contains("allow: GET"), "{head}");
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_and_counted() {
    let rig = Rig::new(|config| config.connections_max = 2).await;
    let mut held = [rig.connect().await, rig.connect().await];
    // Each has a place once it is answered to what it has sent.
    let mut third = rig.connect().await;
    closed(&mut third).await;
    let [first, _] = &mut held;
    first.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
    let mut text = String::new();
    first.read_to_string(&mut text).await.unwrap();
    assert_eq!(
        lines(&text, &["dormouse_telemetry_scrapes_refused_total"]),
        ["dormouse_telemetry_scrapes_refused_total 1"]
    );
    // And its place is free again.
    a_place_is_free(&rig).await;
}

#[tokio::test]
async fn who_does_not_send_a_head_is_not_waited_for() {
    let rig = Rig::new(|config| config.scrape_timeout = Duration::from_millis(50)).await;
    for begun in ["", "GET /metr", "GET /metrics HTTP/1.1\r\nHost: here\r\n"] {
        let mut slow = rig.connect().await;
        slow.write_all(begun.as_bytes()).await.unwrap();
        closed(&mut slow).await;
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_refused() {
    let rig = Rig::new(|config| config.scrape_timeout = Duration::from_secs(3_600)).await;
    let mut long = rig.connect().await;
    // It may close before it has read all of this.
    let _ = long.write_all(format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(64 * 1024)).as_bytes()).await;
    closed(&mut long).await;
}

#[tokio::test]
async fn no_connection_outlives_its_time() {
    let rig = Rig::new(|config| config.scrape_timeout = Duration::from_secs(3_600)).await;
    let mut held = rig.connect().await;
    held.write_all(b"GET /metr").await.unwrap();
    until(async || rig.clock.next_deadline().is_some()).await;
    rig.clock.advance(CONNECTION_MAX);
    closed(&mut held).await;
    assert_eq!(rig.clock.now().since_origin(), CONNECTION_MAX);
}

#[tokio::test]
async fn who_does_not_read_the_answer_is_not_waited_for() {
    // Far more than the machine's buffers take.
    let wide = (0..80).map(|n| {
        Observed::gauge(format!("dormouse.wide{n}"), "{thing}", "Wide.", |now| {
            for n in 0..1_000 {
                now.put(n, &[("name", &format!("{n:0>128}"))]);
            }
        })
    });
    let rig = Rig::observing(wide.collect(), |config| {
        config.connections_max = 1;
        config.scrape_timeout = Duration::from_millis(200);
    })
    .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut deaf = socket.connect(rig.telemetry.scraped_at().unwrap()).await.unwrap();
    deaf.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
    // Its place is free once it was given up.
    a_place_is_free(&rig).await;
    let mut taken = Vec::new();
    let _ = deaf.read_to_end(&mut taken).await;
    let promised: usize = String::from_utf8_lossy(&taken)
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok())
        .unwrap();
    assert!(taken.len() < promised, "all {promised} bytes were taken");
}
