//! Events, on their way to whoever listens.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use dormouse_core::AppEvent;
use dormouse_core::event::{Event, Observer};
use tokio::sync::broadcast;

use super::limits::ServerLimits;
use crate::api::{AppEventView, EventView};

/// Hands every event of a host to whoever listens over the API. An observer: give it to the host's builder, and to the
/// server. A handle: clones are the same feed.
///
/// It never waits and costs nothing while nobody listens. Who listens and is slow misses the oldest, and is told how
/// many.
#[derive(Clone)]
pub struct EventFeed {
    inner: Arc<Inner>,
}

struct Inner {
    /// How many listen: looked at for each event, without a lock.
    listening: AtomicUsize,
    sender: broadcast::Sender<Arc<Told>>,
}

/// An event, and as it is written: once for all who listen.
pub(super) struct Told {
    pub(super) what: What,
    json: OnceLock<String>,
}

/// To whom it happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// To a registration.
    Task(Event),
    /// To an app.
    App(AppEvent),
}

/// Somebody who listens.
pub(super) struct Listener {
    receiver: broadcast::Receiver<Arc<Told>>,
    inner: Arc<Inner>,
}

impl fmt::Debug for EventFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFeed").field("listening", &self.listening()).finish()
    }
}

impl Default for EventFeed {
    fn default() -> Self {
        Self::new(ServerLimits::DEFAULT.stream_events)
    }
}

impl EventFeed {
    /// A feed that keeps up to `events` for each who listens.
    #[must_use]
    pub fn new(events: usize) -> Self {
        let (sender, _) = broadcast::channel(events.max(1));
        Self { inner: Arc::new(Inner { listening: AtomicUsize::new(0), sender }) }
    }

    /// How many listen.
    #[must_use]
    pub fn listening(&self) -> usize {
        self.inner.listening.load(Ordering::Relaxed)
    }

    /// From now on.
    pub(super) fn listen(&self) -> Listener {
        let receiver = self.inner.sender.subscribe();
        self.inner.listening.fetch_add(1, Ordering::Relaxed);
        Listener { receiver, inner: self.inner.clone() }
    }
}

impl EventFeed {
    fn tell(&self, what: impl FnOnce() -> What) {
        if self.listening() == 0 {
            return;
        }
        // The last one may have gone meanwhile.
        let _ = self.inner.sender.send(Arc::new(Told { what: what(), json: OnceLock::new() }));
    }
}

impl Observer for EventFeed {
    fn observe(&self, event: &Event) {
        self.tell(|| What::Task(event.clone()));
    }

    fn observe_app(&self, event: &AppEvent) {
        self.tell(|| What::App(event.clone()));
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.inner.listening.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Listener {
    /// The next event, or how many were missed; none when there will be no more.
    pub(super) async fn next(&mut self) -> Option<Result<Arc<Told>, u64>> {
        match self.receiver.recv().await {
            Ok(told) => Some(Ok(told)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Err(missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Told {
    /// As it is written.
    pub(super) fn json(&self) -> &str {
        self.json.get_or_init(|| {
            match &self.what {
                What::Task(event) => serde_json::to_string(&EventView::from(event)),
                What::App(event) => serde_json::to_string(&AppEventView::from(event)),
            }
            .unwrap_or_default()
        })
    }

    /// What it is called in a stream; none if it is a message.
    pub(super) const fn name(&self) -> Option<&'static str> {
        match self.what {
            What::Task(_) => None,
            What::App(_) => Some("app"),
        }
    }

    /// The word under `event`. It stands before anything that comes from outside.
    pub(super) fn word(&self) -> &str {
        let rest = self.json().split_once(r#""event":""#).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split('"').next()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use dormouse_core::event::EventKind;
    use dormouse_core::{RegistrationId, Timestamp};

    use super::*;

    fn event(name: &str) -> Event {
        let registration = RegistrationId::from_uuid(uuid::Uuid::nil());
        Event { at: Timestamp::EPOCH, registration, kind: EventKind::Registered { name: name.to_owned() } }
    }

    #[tokio::test]
    async fn who_is_slow_is_told_how_many_it_missed_and_goes_on_with_the_oldest_that_is_left() {
        let feed = EventFeed::new(2);
        feed.observe(&event("before"));
        let mut listener = feed.listen();
        for name in ["a", "b", "c"] {
            feed.observe(&event(name));
        }
        assert!(matches!(listener.next().await, Some(Err(1))));
        let told = listener.next().await.unwrap().unwrap_or_else(|_| panic!("it lagged again"));
        assert_eq!(told.what, What::Task(event("b")));
        assert_eq!(told.word(), "registered");
    }

    #[tokio::test]
    async fn an_event_that_nobody_listens_to_is_not_kept() {
        let feed = EventFeed::default();
        let mut gone = feed.listen();
        feed.observe(&event("heard"));
        assert!(gone.next().await.is_some());
        drop(gone);
        assert_eq!(feed.listening(), 0);
        feed.observe(&event("unheard"));
        assert_eq!(feed.inner.sender.len(), 0);
    }

    #[test]
    fn the_word_is_the_events_own_whatever_is_in_it() {
        let what = What::Task(event(r#"","event":"spent"#));
        let told = Told { what, json: OnceLock::new() };
        assert_eq!(told.word(), "registered");
    }
}
