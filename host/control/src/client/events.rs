//! Streams of events.

use bytes::Bytes;
use dormouse_core::Cursor;
use eventsource_stream::{Event, EventStreamError, Eventsource};
use futures::{Stream, StreamExt, future, stream};
use http::header::HeaderName;
use serde::de::DeserializeOwned;

use super::ask::Ask;
use super::{Client, ClientError, CompletionsQuery, EventsQuery};
use crate::api::{AppEventView, CompletionView, EventView, LaggedView, MissedView, Problem, ProgressView};

/// The longest event that is read, in bytes, with its name and id.
pub const EVENT_LEN_MAX: usize = 1024 * 1024;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What happens on the host.
#[derive(Clone, Debug, PartialEq)]
pub enum HostEvent {
    /// Something happened.
    Event(EventView),
    /// Something happened to an app itself, and not to a registration of it.
    App(AppEventView),
    /// More happened than could be told.
    Lagged(LaggedView),
}

/// What a subscriber is told.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every item is the large one, and moves once")]
pub enum CompletionEvent {
    /// An activation ended.
    Completed(CompletionView),
    /// A run is so far.
    Progress(ProgressView),
    /// Completions were let go of before they could be told.
    Missed(MissedView),
}

impl CompletionEvent {
    /// Everything up to here has been told when this was: what to acknowledge, and to go on from.
    #[must_use]
    pub const fn cursor(&self) -> Option<Cursor> {
        match self {
            Self::Completed(completion) => Some(completion.cursor),
            // Of those that were missed some may be there, and come next.
            Self::Missed(_) | Self::Progress(_) => None,
        }
    }
}

impl Client {
    /// Every event as it happens, from now on. When the host stops, the last item is a problem that says so.
    ///
    /// # Errors
    ///
    /// [`ClientError`]. After an error in the stream there is nothing more in it.
    pub async fn events(
        &self,
        query: &EventsQuery,
    ) -> Result<impl Stream<Item = Result<HostEvent, ClientError>> + Send + use<>, ClientError> {
        let EventsQuery { app, registration, run, kind } = query;
        let ask = self
            .get(&["events"])
            .with("app", app.as_ref())
            .with("registration", registration.as_ref())
            .with("run", run.as_ref())
            .with("kind", kind.as_ref());
        self.stream(ask, |client, event| match event.event.as_str() {
            "lagged" => client.read(event).map(HostEvent::Lagged).map(Some),
            "app" => client.read(event).map(HostEvent::App).map(Some),
            "message" => client.read(event).map(HostEvent::Event).map(Some),
            // Of a newer host.
            _ => Ok(None),
        })
        .await
    }

    /// Completions, from where the query says, and progress. When the host stops, the last item is a problem that says
    /// so.
    ///
    /// # Errors
    ///
    /// [`ClientError`]. After an error in the stream there is nothing more in it.
    pub async fn completions(
        &self,
        query: &CompletionsQuery,
    ) -> Result<impl Stream<Item = Result<CompletionEvent, ClientError>> + Send + use<>, ClientError> {
        let CompletionsQuery { subscriber, app, registration, after, auto_ack } = query;
        let mut ask = self
            .get(&["completions"])
            .with("subscriber", subscriber.as_ref())
            .with("app", app.as_ref())
            .with("registration", registration.as_ref())
            .with("auto_ack", auto_ack.then_some(true));
        if let Some(after) = after {
            ask = ask.header(LAST_EVENT_ID, after.0);
        }
        self.stream(ask, |client, event| match event.event.as_str() {
            "completion" => client.read(event).map(CompletionEvent::Completed).map(Some),
            "progress" => client.read(event).map(CompletionEvent::Progress).map(Some),
            "missed" => client.read(event).map(CompletionEvent::Missed).map(Some),
            // Of a newer host.
            _ => Ok(None),
        })
        .await
    }

    async fn stream<T, F>(
        &self,
        ask: Ask<'_>,
        of: F,
    ) -> Result<impl Stream<Item = Result<T, ClientError>> + Send + use<T, F>, ClientError>
    where
        T: Send,
        F: Fn(&Self, &Event) -> Result<Option<T>, ClientError> + Send,
    {
        let response = ask.send("text/event-stream").await?;
        let client = self.clone();
        let mut length = Length::default();
        let bytes = response.into_body().into_data_stream().map(move |chunk| {
            let chunk = chunk.map_err(Broken::Transport)?;
            if length.within(&chunk) { Ok(chunk) } else { Err(Broken::TooLong) }
        });
        // The library looks for a byte order mark where a stream begins, and panics when it finds one
        // (eventsource-stream 0.2.3). An empty line in front says nothing, and it finds none.
        let begun = stream::once(future::ready(Ok(Bytes::from_static(b"\n"))));
        let items = begun.chain(bytes).eventsource().filter_map(move |event| {
            let item = match event {
                // Why there is no more.
                Ok(event) if event.event == "end" => match client.read::<Problem>(&event) {
                    Ok(problem) => Err(Box::new(problem).into()),
                    Err(error) => Err(error),
                },
                Ok(event) => of(&client, &event),
                Err(error) => Err(client.ended(error)),
            };
            future::ready(item.transpose())
        });
        // What follows an error would have a hole before it.
        Ok(items.scan(false, |broken, item| {
            let item = (!*broken).then_some(item);
            *broken = matches!(item, Some(Err(_)));
            future::ready(item)
        }))
    }

    fn read<T: DeserializeOwned>(&self, event: &Event) -> Result<T, ClientError> {
        let parsed = serde_json::from_str(&event.data);
        parsed.map_err(|error| self.strange(format!("{error} in an event `{}`", event.event)))
    }

    fn ended(&self, error: EventStreamError<Broken>) -> ClientError {
        match error {
            EventStreamError::Transport(Broken::Transport(error)) => self.broken(&error),
            EventStreamError::Transport(Broken::TooLong) => {
                ClientError::TooLarge { at: self.at(), max: EVENT_LEN_MAX }
            }
            other => self.strange(other),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Transport(axum::Error),
    #[error("an event has more than {EVENT_LEN_MAX} bytes")]
    TooLong,
}

/// Counts the bytes since the empty line that ends an event.
#[derive(Debug, Default)]
struct Length {
    event: usize,
    line: usize,
}

impl Length {
    fn within(&mut self, chunk: &Bytes) -> bool {
        chunk.iter().all(|byte| {
            self.event += 1;
            match byte {
                b'\n' if self.line == 0 => self.event = 0,
                b'\n' => self.line = 0,
                b'\r' => {}
                _ => self.line += 1,
            }
            self.event <= EVENT_LEN_MAX
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_event_is_counted_from_the_empty_line_before_it() {
        let mut length = Length::default();
        let half = Bytes::from(format!("data: {}\n", "x".repeat(EVENT_LEN_MAX / 2)));
        for end in ["\n", "\r\n"] {
            assert!(length.within(&half));
            assert!(length.within(&Bytes::from_static(end.as_bytes())));
        }
        assert!(length.within(&half), "three of them, and an end behind each of the first two");
        assert!(!length.within(&half), "two of them are one event, and too long");
    }
}
