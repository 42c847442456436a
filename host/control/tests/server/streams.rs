//! Streams of events, and waiting for one end.

use axum::body::Body;
use dormouse::{EventKind, RegistrationId, Trigger};
use dormouse_control::server::ServerLimits;
use dormouse_core::{Cursor, Event, Observer as _, TaskBuilder, Timestamp};
use eventsource_stream::Eventsource as _;
use futures::stream::{BoxStream, StreamExt as _};
use http::Response;
use serde_json::{Value, json};
use test_artifacts as programs;

use crate::machine::{Machine, embedded, json, soon, until};

/// An event of a stream.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

/// What a stream of events says.
pub(crate) struct Events(BoxStream<'static, Got>);

impl Events {
    pub(crate) fn of(response: Response<Body>) -> Self {
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let events = response.into_body().into_data_stream().eventsource();
        Self(
            events.map(|event| event.unwrap()).map(|e| Got { name: e.event, id: e.id, data: e.data }).boxed(),
        )
    }

    pub(crate) async fn next(&mut self) -> Option<Got> {
        soon("an event", self.0.next()).await
    }
}

fn event(name: &str) -> Event {
    let registration = RegistrationId::from_uuid(uuid::Uuid::nil());
    Event { at: Timestamp::EPOCH, registration, kind: EventKind::Registered { name: name.to_owned() } }
}

async fn events(machine: &Machine, path: &str) -> Events {
    let response = machine.ask("GET", path, None).await;
    assert_eq!(response.status(), 200);
    Events::of(response)
}

#[tokio::test]
async fn a_client_that_is_slow_is_told_how_many_events_it_missed() {
    let machine = Machine::built(|builder| builder.idle(), |limits| limits.stream_events = 4).await;
    let mut slow = events(&machine, "/v1/events").await;
    assert_eq!(machine.events.listening(), 1);
    for n in 0..10 {
        machine.events.observe(&event(&n.to_string()));
    }
    let lagged = slow.next().await.unwrap();
    assert_eq!((lagged.name.as_str(), lagged.json()), ("lagged", json!({ "missed": 6 })));
    assert_eq!(slow.next().await.unwrap().json()["name"], "6");
    drop(slow);
    assert_eq!(machine.events.listening(), 0);
}

#[tokio::test]
async fn only_what_was_asked_for_is_told() {
    let machine = Machine::start().await;
    machine.install(&[("ok", programs::RUN_RETURNS_OK)]);
    let mut of_app = events(&machine, "/v1/events?app=embedded&kind=registered").await;
    let mut of_other = events(&machine, "/v1/events?app=other").await;
    let mut spent = events(&machine, "/v1/events?kind=spent").await;
    let task = || TaskBuilder::new("mine").entry_point("ok").trigger(Trigger::Application);
    let made = machine.host.register(&embedded(), task(), Default::default()).await.unwrap();
    let told = of_app.next().await.unwrap();
    assert_eq!(told.name, "message");
    assert_eq!((&told.json()["name"], &told.json()["registration"]), (&json!("mine"), &json!(made.id)));
    let mut of_it = events(&machine, &format!("/v1/events?registration={}&kind=unregistered", made.id)).await;
    machine.host.unregister(made.id, false).await.unwrap();
    assert_eq!(of_it.next().await.unwrap().json()["event"], "unregistered");
    machine.server.stop();
    for stream in [&mut of_other, &mut spent] {
        assert_eq!(stream.next().await.unwrap().name, "end", "it was told nothing but the end");
    }
}

#[tokio::test]
async fn no_more_streams_are_open_than_may_be() {
    let machine = Machine::built(|builder| builder.idle(), |limits| limits.streams = 2).await;
    let first = events(&machine, "/v1/events").await;
    let second = events(&machine, "/v1/completions").await;
    for path in ["/v1/events", "/v1/completions"] {
        let response = machine.ask("GET", path, None).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (503, &"1".parse().unwrap())
        );
        assert_eq!(json(response).await["code"], "busy");
    }
    drop(first);
    let _third = events(&machine, "/v1/events").await;
    drop(second);
}

#[tokio::test]
async fn a_stop_ends_streams_and_waits_at_once_and_says_so() {
    let machine = Machine::start().await;
    machine.install(&[("waits", programs::CANCEL_IGNORED)]);
    let task = TaskBuilder::new("waits").entry_point("waits").trigger(Trigger::Application);
    let made = machine.host.register(&embedded(), task, Default::default()).await.unwrap();
    let activation = machine.host.request(made.id, "").await.unwrap().activation().unwrap();
    let mut all = events(&machine, "/v1/events?kind=none").await;
    let mut completions = events(&machine, "/v1/completions").await;
    let wait = format!("/v1/activations/{activation}/completion?wait_ms=60000");
    let (waited, ()) = tokio::join!(machine.ask("GET", &wait, None), async {
        until("somebody to wait", async || (machine.host.stats().awaited > 0).then_some(())).await;
        machine.server.stop();
    });
    assert_eq!(json(waited).await["code"], "stopping");
    for stream in [&mut all, &mut completions] {
        let end = stream.next().await.unwrap();
        assert_eq!((end.name.as_str(), &end.json()["code"]), ("end", &json!("stopping")));
        assert!(stream.next().await.is_none());
    }
    machine.host.shutdown(true).await;
}

#[tokio::test]
async fn a_stream_on_which_nothing_happens_shows_that_it_is_alive() {
    use http_body_util::BodyExt as _;
    let heartbeat = std::time::Duration::from_millis(1);
    let machine = Machine::built(|builder| builder.idle(), |limits| limits.heartbeat = heartbeat).await;
    let mut body = machine.ask("GET", "/v1/events", None).await.into_body();
    let frame = soon("a sign of life", body.frame()).await.unwrap().unwrap();
    assert!(frame.into_data().unwrap().starts_with(b":"));
}

/// A machine on which a task ran three times, and where each of the ends is.
async fn with_three_ends() -> (Machine, Vec<Cursor>) {
    let machine = Machine::start().await;
    machine.install(&[("ok", programs::RUN_RETURNS_OK)]);
    let task = TaskBuilder::new("ok").entry_point("ok").trigger(Trigger::Application);
    let made = machine.host.register(&embedded(), task, Default::default()).await.unwrap();
    let mut ends = Vec::new();
    for _ in 0..3 {
        let activation = machine.host.request(made.id, "").await.unwrap().activation().unwrap();
        ends.push(machine.host.completed(activation).await.unwrap().cursor);
    }
    (machine, ends)
}

async fn completions(stream: &mut Events, count: usize) -> Vec<Cursor> {
    let mut read = Vec::new();
    while read.len() < count {
        let event = stream.next().await.unwrap();
        if event.name == "completion" {
            assert_eq!(event.id, event.json()["cursor"].to_string());
            read.push(Cursor(event.id.parse().unwrap()));
        }
    }
    read
}

#[tokio::test]
async fn who_connects_again_goes_on_behind_the_last_event_that_it_has() {
    let (machine, ends) = with_three_ends().await;
    let mut all = events(&machine, "/v1/completions?after=0").await;
    assert_eq!(completions(&mut all, 3).await, ends);
    let again = http::Request::get("/v1/completions?after=0").header("last-event-id", ends[0].0.to_string());
    let again = again.body(Body::empty()).unwrap();
    let mut again = Events::of(tower::ServiceExt::oneshot(machine.router(), again).await.unwrap());
    assert_eq!(completions(&mut again, 2).await, ends[1..]);
    let wrong =
        http::Request::get("/v1/completions").header("last-event-id", "x").body(Body::empty()).unwrap();
    let wrong = tower::ServiceExt::oneshot(machine.router(), wrong).await.unwrap();
    assert_eq!(json(wrong).await["field"], "Last-Event-ID");
}

#[tokio::test]
async fn a_subscriber_is_told_again_what_it_did_not_acknowledge() {
    let (machine, ends) = with_three_ends().await;
    let path = "/v1/completions?subscriber=reader";
    drop(completions(&mut events(&machine, &format!("{path}&after=0")).await, 3).await);
    // It began at the end when it was made, and has acknowledged nothing since.
    let ack = json!({ "cursor": ends[0] });
    assert_eq!(machine.host.store().cursor("reader").await.unwrap(), Some(Cursor(0)));
    machine.ask("POST", "/v1/subscribers/reader/ack", Some(&ack)).await;
    assert_eq!(completions(&mut events(&machine, path).await, 2).await, ends[1..]);
    assert_eq!(machine.host.store().cursor("reader").await.unwrap(), Some(ends[0]));
}

#[tokio::test]
async fn with_auto_ack_a_completion_is_read_when_a_later_one_was_written() {
    let (machine, ends) = with_three_ends().await;
    let mut stream = events(&machine, "/v1/completions?subscriber=reader&after=0&auto_ack=true").await;
    assert_eq!(completions(&mut stream, 3).await, ends);
    // Two were written for certain when the third was asked for; of the third nobody knows.
    let cursor = machine.host.store().cursor("reader").await.unwrap().unwrap();
    assert!(ends[0] <= cursor && cursor < ends[2], "{cursor:?} of {ends:?}");
    drop(stream);
    let response = machine.ask("GET", "/v1/completions?auto_ack=true", None).await;
    assert_eq!(json(response).await["field"], "auto_ack");
}

#[tokio::test]
async fn who_waits_for_an_end_is_told_nothing_first_and_then_the_end() {
    let machine = Machine::start().await;
    machine.install(&[("waits", programs::CANCEL_IGNORED)]);
    let task = TaskBuilder::new("waits").entry_point("waits").trigger(Trigger::Application);
    let made = machine.host.register(&embedded(), task, Default::default()).await.unwrap();
    let activation = machine.host.request(made.id, "").await.unwrap().activation().unwrap();
    let path = format!("/v1/activations/{activation}/completion");
    for wait in ["", "?wait_ms=0", "?wait_ms=5"] {
        assert_eq!(machine.ask("GET", &format!("{path}{wait}"), None).await.status(), 204, "{wait:?}");
    }
    let too_long = machine.ask("GET", &format!("{path}?wait_ms=60001"), None).await;
    assert_eq!(json(too_long).await["field"], "wait_ms");
    let long = format!("{path}?wait_ms=60000");
    let (waited, ()) = tokio::join!(machine.ask("GET", &long, None), async {
        let (run, ..) = until("the run", async || machine.host.running().first().copied()).await;
        let cancel = format!("/v1/runs/{run}/cancel");
        assert_eq!(machine.ask("POST", &cancel, Some(&json!({ "kill": true }))).await.status(), 200);
    });
    assert_eq!(waited.status(), 200);
    assert_eq!(json(waited).await["outcome"], "canceled");
    machine.host.shutdown(true).await;
}

#[tokio::test]
async fn who_would_never_hear_of_anything_is_told_so_and_nothing_is_kept() {
    let machine = Machine::built(|builder| builder.idle(), |_| {}).await;
    for path in ["/v1/completions?after=7", "/v1/completions?subscriber=reader&after=7"] {
        let response = machine.ask("GET", path, None).await;
        assert_eq!(response.status(), 400, "{path}");
        assert_eq!(json(response).await["field"], "after", "{path}");
    }
    assert_eq!(machine.host.store().cursor("reader").await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_kept_for_who_finds_no_place_among_the_streams() {
    let machine = Machine::built(|builder| builder.idle(), |limits| limits.streams = 1).await;
    let _only = events(&machine, "/v1/events").await;
    let response = machine.ask("GET", "/v1/completions?subscriber=reader", None).await;
    assert_eq!(json(response).await["code"], "busy");
    assert_eq!(machine.host.store().cursor("reader").await.unwrap(), None);
}

#[tokio::test]
async fn there_are_so_many_subscribers_and_no_more() {
    assert_eq!(ServerLimits::DEFAULT.subscribers, 1000);
    let machine = Machine::built(|builder| builder.idle(), |limits| limits.subscribers = 2).await;
    let ack = json!({ "cursor": 0 });
    let _one = events(&machine, "/v1/completions?subscriber=one").await;
    let two = "/v1/subscribers/two";
    assert_eq!(machine.ask("POST", &format!("{two}/ack"), Some(&ack)).await.status(), 200);
    for (method, path, body) in
        [("GET", "/v1/completions?subscriber=three", None), ("POST", "/v1/subscribers/three/ack", Some(&ack))]
    {
        let problem = json(machine.ask(method, path, body).await).await;
        assert_eq!(problem["code"], "conflict", "{path}: {problem}");
        assert!(problem["help"].is_string(), "{problem}");
    }
    let _again = events(&machine, "/v1/completions?subscriber=one").await;
    assert_eq!(machine.ask("DELETE", two, None).await.status(), 204);
    let _three = events(&machine, "/v1/completions?subscriber=three").await;
}
