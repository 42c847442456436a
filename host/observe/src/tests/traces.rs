//! Spans, as a collector gets them.

use dormouse_core::event::EventKind;
use dormouse_core::{ActivationId, Outcome, TaskFailure, TrapKind};
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};

use super::collector::{Mood, hex, written};
use super::story::{activation, completed, ended, fired, run, started, whole_life};
use super::{DAY, Rig, event};

/// The name, the id and the parent's id of `span`: in these stories ids are small numbers.
fn place(span: &Span) -> (String, u64, Option<u64>) {
    let number = |id: &[u8]| Some(u64::from_be_bytes(id.try_into().ok()?));
    (span.name.clone(), number(&span.span_id).unwrap(), number(&span.parent_span_id))
}

/// Milliseconds into the day.
fn millis(unix_nanos: u64) -> i64 {
    i64::try_from(unix_nanos / 1_000_000).unwrap() - DAY
}

fn status(span: &Span) -> (StatusCode, &str) {
    let status = span.status.as_ref().unwrap();
    (status.code(), &status.message)
}

#[tokio::test]
async fn an_activation_is_a_trace_with_a_span_for_each_run() {
    let (rig, collector) = Rig::traced(Mood::Takes, |_| {}).await;
    rig.tell(whole_life());
    rig.telemetry.flush().await.unwrap();
    let spans = collector.spans();
    let places: Vec<_> = spans.iter().map(place).collect();
    let child = |n| ("run".to_owned(), n, Some(1));
    assert_eq!(places, [child(11), child(12), ("activation".to_owned(), 1, None)]);
    for span in &spans {
        assert_eq!(hex(&span.trace_id), activation(1).as_uuid().simple().to_string());
    }
    let [first, second, root] = &spans[..] else { panic!("{places:?}") };
    let times = |span: &Span| (millis(span.start_time_unix_nano), millis(span.end_time_unix_nano));
    assert_eq!([times(first), times(second), times(root)], [(800, 1_700), (1_900, 2_000), (200, 2_100)]);
    assert_eq!(status(first), (StatusCode::Error, "canceled"));
    assert_eq!(status(second), (StatusCode::Unset, ""));
    assert_eq!(status(root), (StatusCode::Unset, ""));
    assert_eq!(
        written(&root.attributes),
        [
            "dormouse.activation=00000000-0000-0000-0000-000000000001",
            "dormouse.app=app1",
            "dormouse.attempts=2",
            "dormouse.coalesced=2",
            "dormouse.outcome=succeeded",
            "dormouse.registration=00000000-0000-0000-0000-000000000001",
            "dormouse.success=true",
        ]
    );
    assert_eq!(
        written(&first.attributes),
        [
            "dormouse.activation=00000000-0000-0000-0000-000000000001",
            "dormouse.app=app1",
            "dormouse.attempt=1",
            "dormouse.cancellation.forced=true",
            "dormouse.cancellation.policy=wall",
            "dormouse.cancellation.reason=execution-time-exceeded",
            "dormouse.cpu=0.25",
            "dormouse.deferrals=1",
            "dormouse.denials=1",
            "dormouse.end.ended=0.2",
            "dormouse.end.freed=0.0005",
            "dormouse.end.told=0.002",
            "dormouse.host_calls=7",
            "dormouse.memory_refusals=1",
            "dormouse.outcome=canceled",
            "dormouse.output_dropped=48",
            "dormouse.paused=1",
            "dormouse.peak_memory=2097152",
            "dormouse.queue_wait=0.5",
            "dormouse.registration=00000000-0000-0000-0000-000000000001",
            "dormouse.run=00000000-0000-0000-0000-00000000000b",
            "dormouse.stderr=500",
            "dormouse.stdout=1500",
            "dormouse.stop.observed=25.5",
            "dormouse.stop.policy=wall",
            "dormouse.stop.reason=execution-time-exceeded",
            "dormouse.stop.threshold=25",
            "dormouse.suspended=1",
            "dormouse.wall=2",
        ]
    );
}

#[tokio::test]
async fn what_happens_meanwhile_is_an_event_of_its_span() {
    let (rig, collector) = Rig::traced(Mood::Takes, |_| {}).await;
    rig.tell(whole_life());
    rig.telemetry.flush().await.unwrap();
    let spans = collector.spans();
    let events = |span: &Span| -> Vec<String> {
        let one = |event: &opentelemetry_proto::tonic::trace::v1::span::Event| {
            let at = millis(event.time_unix_nano);
            format!("{at} {} {}", event.name, written(&event.attributes).join(" ")).trim_end().to_owned()
        };
        span.events.iter().map(one).collect()
    };
    let [first, second, root] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(
        events(root),
        [
            "200 fired dormouse.coalesced=1",
            "300 fired dormouse.coalesced=2",
            "400 duplicate",
            "600 latched dormouse.blocking=internet-available is unmet, time-window:22:00-06:00@UTC is unmet",
            "700 waiting dormouse.shortage=host",
            "1800 retrying dormouse.attempt=2 dormouse.not_before=2026-01-01T00:00:00Z",
        ]
    );
    assert_eq!(
        events(first),
        [
            "900 deferral-taken dormouse.open=1",
            "1000 denied dormouse.what=network access to example.org:443",
            "1100 memory-refused dormouse.limit=1024 dormouse.wanted=65536",
            "1200 paused dormouse.until=2026-01-01T00:00:01.1Z",
            "1300 resumed",
            "1400 returned dormouse.ok=true dormouse.open=1",
            "1500 cancel-requested dormouse.cancellation.detail=25s of 25s dormouse.cancellation.policy=wall \
             dormouse.cancellation.reason=execution-time-exceeded",
            "1600 deferral-completed dormouse.open=0",
        ]
    );
    assert_eq!(events(second), [""; 0]);
}

#[tokio::test]
async fn an_attempt_after_a_restart_belongs_to_the_same_trace_and_its_root_begins_at_the_firing() {
    let fired_at = u64::try_from(DAY).unwrap() + 250;
    let id = uuid::Builder::from_unix_timestamp_millis(fired_at, &[7; 10]).into_uuid();
    let activation = ActivationId::from_uuid(id);
    let (rig, collector) = Rig::traced(Mood::Takes, |_| {}).await;
    let started = EventKind::Started { activation, run: run(2), attempt: 2 };
    rig.tell([
        event(9_000, 1, EventKind::Interrupted { activation, run: run(1) }),
        event(9_100, 1, started),
        event(9_200, 1, EventKind::Completed { activation, success: false }),
    ]);
    rig.telemetry.flush().await.unwrap();
    let spans = collector.spans();
    let [run, root] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!([hex(&run.trace_id), hex(&root.trace_id)], [id.simple().to_string(), id.simple().to_string()]);
    assert_eq!(run.parent_span_id, root.span_id);
    assert_eq!(hex(&root.span_id), id.simple().to_string()[16..]);
    assert_eq!(millis(root.start_time_unix_nano), 250);
    assert_eq!(root.events.iter().map(|event| &*event.name).collect::<Vec<_>>(), ["interrupted"]);
    assert_eq!(status(run), (StatusCode::Error, "its end was not seen"));
    assert_eq!(status(root), (StatusCode::Error, "it did not succeed"));
}

#[tokio::test]
async fn a_failure_says_what_the_guest_said_cut_short() {
    let (rig, collector) = Rig::traced(Mood::Takes, |_| {}).await;
    let failure = TaskFailure { message: "é".repeat(1_000), retry_after: None };
    let trap = Outcome::Trapped { kind: TrapKind::Unreachable, message: "unreachable".to_owned() };
    rig.tell([
        event(0, 1, fired(1)),
        event(100, 1, started(11, 1, 1)),
        event(200, 1, ended(11, 1, 1, Outcome::Failed(failure))),
        // Its start was in an event that was dropped: the receipt says two seconds.
        event(5_000, 1, ended(12, 1, 2, trap)),
        event(5_100, 1, completed(1, false)),
    ]);
    rig.telemetry.flush().await.unwrap();
    let spans = collector.spans();
    let [failed, trapped, root] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(status(failed), (StatusCode::Error, "failed"));
    assert!(written(&failed.attributes).contains(&format!("dormouse.message={}", "é".repeat(128))));
    assert_eq!(status(trapped), (StatusCode::Error, "trapped"));
    assert!(written(&trapped.attributes).contains(&"dormouse.trap=unreachable".to_owned()));
    assert_eq!(millis(trapped.start_time_unix_nano), 3_000);
    assert_eq!(status(root), (StatusCode::Error, "trapped"));
}

#[tokio::test]
async fn what_waits_ends_with_its_registration_and_what_runs_goes_on() {
    let (rig, collector) = Rig::traced(Mood::Takes, |_| {}).await;
    rig.tell([
        event(0, 1, fired(1)),
        event(0, 1, fired(2)),
        event(0, 9, fired(3)),
        event(100, 1, started(11, 1, 1)),
        event(200, 1, EventKind::Unregistered { withdrawn: 1 }),
    ]);
    rig.telemetry.flush().await.unwrap();
    let spans = collector.spans();
    let [withdrawn] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((withdrawn.span_id.last(), status(withdrawn)), (Some(&2), (StatusCode::Error, "withdrawn")));
    rig.tell([event(300, 1, ended(11, 1, 1, Outcome::Succeeded)), event(300, 1, completed(1, true))]);
    rig.telemetry.flush().await.unwrap();
    assert_eq!(collector.spans().len(), 3);
}

#[tokio::test]
async fn a_dead_letter_that_runs_again_is_linked() {
    let (rig, collector) = Rig::traced(Mood::Takes, |_| {}).await;
    rig.tell([
        event(0, 1, EventKind::Redriven { dead: activation(4), activation: activation(5) }),
        event(100, 1, completed(5, true)),
    ]);
    rig.telemetry.flush().await.unwrap();
    let spans = collector.spans();
    let [root] = &spans[..] else { panic!("{spans:?}") };
    let [link] = &root.links[..] else { panic!("{root:?}") };
    assert_eq!(hex(&link.trace_id), activation(4).as_uuid().simple().to_string());
    assert_eq!(link.span_id.last(), Some(&4));
}

#[tokio::test]
async fn a_lost_lease_ends_the_run_here() {
    let (rig, collector) = Rig::traced(Mood::Takes, |_| {}).await;
    rig.tell([
        event(0, 1, fired(1)),
        event(100, 1, started(11, 1, 1)),
        event(200, 1, EventKind::LeaseLost { activation: activation(1), run: run(11) }),
    ]);
    rig.telemetry.flush().await.unwrap();
    let spans = collector.spans();
    let [span] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((&*span.name, status(span)), ("run", (StatusCode::Error, "lease-lost")));
}

#[tokio::test]
async fn an_attempt_that_was_cut_off_ends_before_the_next() {
    let (rig, collector) = Rig::traced(Mood::Takes, |_| {}).await;
    rig.tell([
        event(0, 1, started(11, 1, 1)),
        event(100, 1, EventKind::Interrupted { activation: activation(1), run: run(11) }),
        event(200, 1, started(12, 1, 2)),
        event(300, 1, ended(12, 1, 2, Outcome::Succeeded)),
    ]);
    rig.telemetry.flush().await.unwrap();
    let spans = collector.spans();
    let [cut, whole] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((millis(cut.end_time_unix_nano), status(cut)), (100, (StatusCode::Error, "interrupted")));
    assert_eq!((millis(whole.start_time_unix_nano), status(whole)), (200, (StatusCode::Unset, "")));
}
