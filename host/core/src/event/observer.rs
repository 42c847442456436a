//! Who sees events.

use std::sync::{Mutex, PoisonError};

use super::Event;
use crate::app::event::AppEvent;

/// Sees every event.
///
/// Called synchronously at the station where the event happens, possibly from many threads at once: it must
/// not block, and must not call back into the host. What takes time belongs behind a channel.
pub trait Observer: Send + Sync + 'static {
    /// `event` happened.
    fn observe(&self, event: &Event);

    /// `event` happened to an app. Who does not care of apps hears nothing.
    fn observe_app(&self, event: &AppEvent) {
        let _ = event;
    }
}

/// Keeps every event, for tests.
#[derive(Debug, Default)]
pub struct RecordingObserver(Mutex<Vec<Event>>, Mutex<Vec<AppEvent>>);

impl RecordingObserver {
    /// Keeps nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All events so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.since(0)
    }

    /// Those behind the first `seen`, in order.
    #[must_use]
    pub fn since(&self, seen: usize) -> Vec<Event> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(seen..).unwrap_or_default().to_vec()
    }

    /// How many there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All events of apps so far, in order.
    #[must_use]
    pub fn app_events(&self) -> Vec<AppEvent> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Observer for RecordingObserver {
    fn observe(&self, event: &Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }

    fn observe_app(&self, event: &AppEvent) {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }
}
