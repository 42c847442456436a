//! Streams of events.

use std::convert::Infallible;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream::{self, Stream, StreamExt as _};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, HeaderName};
use tokio::sync::OwnedSemaphorePermit;

use super::shared::Shared;
use crate::api::{Code, Problem};

/// What the last event of a stream is called that the server ended, with a problem that says why.
pub(super) const END: &str = "end";

/// Proxies that keep answers back until there is more of them do not with this one.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// An event that carries `data` as JSON. Without a name it is a message.
pub(super) fn event(name: Option<&str>, data: &impl serde::Serialize) -> Event {
    let event = match name {
        Some(name) => Event::default().event(name),
        None => Event::default(),
    };
    event.data(serde_json::to_string(data).unwrap_or_default())
}

/// Answers with `events`, until there are no more, the client is gone, or the server stops. Its place among the streams
/// is held for as long as that.
pub(super) fn answer(
    shared: &Shared,
    place: OwnedSemaphorePermit,
    events: impl Stream<Item = Event> + Send + 'static,
) -> Response {
    let stop = shared.stop.clone();
    let last = {
        let stop = stop.clone();
        stream::once(async move {
            let problem = Problem::new(Code::Stopping, "the host is stopping").help("ask again when it runs");
            stop.is_cancelled().then(|| event(Some(END), &problem))
        })
    };
    let events = events.take_until(stop.cancelled_owned()).map(Some).chain(last);
    let events = events.filter_map(move |event| {
        let _ = &place;
        std::future::ready(event.map(Ok::<_, Infallible>))
    });
    let heartbeat = KeepAlive::new().interval(shared.limits.heartbeat);
    let mut response = Sse::new(events).keep_alive(heartbeat).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    response
}
