//! What is bounded, and counted when it is not enough.

use dormouse_core::event::EventKind;
use dormouse_core::{AppEvent, AppEventKind, AppId, Outcome, Stream, Timestamp};

use super::collector::Mood;
use super::story::{completed, ended, fired, run, started};
use super::{Rig, app_of, event, lines, prepare, until};
use crate::config::Sources;
use crate::worker::SPANS_WAITING_MAX;

#[tokio::test]
async fn events_that_find_the_queue_full_are_counted() {
    let (clock, prepared) = prepare(|config| config.events_max = 2).await.unwrap();
    let observer = prepared.observer().unwrap();
    // Nobody takes them out yet.
    for n in 0..5 {
        observer.observe(&event(0, 1, fired(n)));
    }
    let telemetry = prepared.start(Sources::new(app_of)).unwrap();
    let rig = Rig { clock, telemetry, observer };
    let text = rig.scrape().await;
    assert_eq!(
        lines(&text, &["dormouse_firings_accepted_total{", "dormouse_telemetry_events_dropped_total"]),
        [
            r#"dormouse_firings_accepted_total{app="app1",coalesced="false"} 2"#,
            "dormouse_telemetry_events_dropped_total 3",
        ]
    );
}

#[tokio::test]
async fn what_a_guest_does_without_end_takes_no_place_in_the_queue() {
    let (clock, prepared) = prepare(|config| config.events_max = 1).await.unwrap();
    let observer = prepared.observer().unwrap();
    for _ in 0..5 {
        let output = EventKind::Output { run: run(1), stream: Stream::Stdout, text: "again\n".to_owned() };
        observer.observe(&event(0, 1, output));
        observer.observe(&event(0, 1, EventKind::Progress { run: run(1), value: 1 }));
        let app = AppId::new("notes").unwrap();
        let kind = AppEventKind::Output { stream: Stream::Stdout, text: "again\n".to_owned() };
        observer.observe_app(&AppEvent { at: Timestamp::EPOCH, app, session: 1, kind });
    }
    let telemetry = prepared.start(Sources::new(app_of)).unwrap();
    let text = Rig { clock, telemetry, observer }.scrape().await;
    assert!(text.contains("dormouse_telemetry_events_dropped_total 0\n"), "{text}");
}

#[tokio::test]
async fn the_oldest_open_activation_is_forgotten_and_counted() {
    let (rig, collector) = Rig::traced(Mood::Takes, |config| config.activations_max = 2).await;
    rig.tell((1..=3).map(|n| event(0, 1, fired(n))));
    // The first is heard of again, and is new.
    rig.tell([3, 2, 1].map(|n| event(500, 1, completed(n, true))));
    let text = rig.scrape().await;
    let seen: Vec<_> = collector.spans().iter().map(|span| (span.span_id[7], span.events.len())).collect();
    assert_eq!(seen, [(3, 1), (2, 1), (1, 0)]);
    assert!(text.contains("dormouse_telemetry_activations_forgotten_total 1\n"), "{text}");
}

#[tokio::test]
async fn a_span_keeps_no_more_events_than_its_limit_and_counts_the_rest() {
    let (rig, collector) = Rig::traced(Mood::Takes, |_| {}).await;
    rig.tell([event(0, 1, fired(1)), event(0, 1, started(11, 1, 1))]);
    rig.tell((0..200).map(|_| event(0, 1, EventKind::Denied { run: run(11), what: String::new() })));
    rig.tell([event(0, 1, ended(11, 1, 1, Outcome::Succeeded))]);
    rig.telemetry.flush().await.unwrap();
    let [span] = &collector.spans()[..] else { panic!() };
    assert_eq!((span.events.len(), span.dropped_events_count), (128, 72));
}

#[tokio::test]
async fn spans_that_find_no_room_are_dropped_and_counted() {
    let (rig, _collector) = Rig::traced(Mood::IsSilent, |_| {}).await;
    // One batch is under way for ever, the most that may wait wait.
    let all = 512 + SPANS_WAITING_MAX + 10;
    rig.tell((1..=all as u128).map(|n| event(0, 1, completed(n, true))));
    let counted = format!(r#"dormouse_activations_completed_total{{app="app1",success="true"}} {all}"#);
    until(async || rig.ask("GET /metrics").await.1.contains(&counted)).await;
    let text = rig.ask("GET /metrics").await.1;
    assert_eq!(
        lines(&text, &["dormouse_telemetry_spans_dropped_total"]),
        [
            r#"dormouse_telemetry_spans_dropped_total{reason="no-room"} 10"#,
            r#"dormouse_telemetry_spans_dropped_total{reason="not-taken"} 0"#,
        ]
    );
}
