//! What the host sees of telemetry.

use std::sync::Arc;

use dormouse_core::event::{Event, EventKind};
use dormouse_core::{AppEvent, AppEventKind, Observer};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;

use crate::stats::Stats;

/// What the worker is told, in order.
#[derive(Debug)]
pub(crate) enum Told {
    /// The host told this.
    Event(Event),
    /// The host told this of an app.
    App(AppEvent),
    /// Everything told before is to be exported.
    Flush(Flush),
}

/// How far a flush has come.
#[derive(Debug)]
pub(crate) struct Flush {
    /// What was told before is in the metrics.
    pub(crate) recorded: oneshot::Sender<()>,
    /// Its spans were exported, or refused.
    pub(crate) exported: oneshot::Sender<()>,
}

/// Copies events into the queue.
pub(crate) struct QueueingObserver {
    queue: mpsc::Sender<Told>,
    stats: Arc<Stats>,
}

impl QueueingObserver {
    pub(crate) const fn new(queue: mpsc::Sender<Told>, stats: Arc<Stats>) -> Self {
        Self { queue, stats }
    }

    /// A place is had before the event is copied, so that one which is dropped costs nothing.
    fn tell(&self, told: impl FnOnce() -> Told) {
        match self.queue.try_reserve() {
            Ok(place) => place.send(told()),
            Err(TrySendError::Full(())) => self.stats.events_dropped.add(1),
            // Telemetry has ended; what the host still tells is nobody's loss.
            Err(TrySendError::Closed(())) => {}
        }
    }
}

impl Observer for QueueingObserver {
    fn observe(&self, event: &Event) {
        // A guest writes and reports progress as often as it likes, and neither is in a metric or a trace: how much it
        // wrote is in its receipt.
        if matches!(event.kind, EventKind::Output { .. } | EventKind::Progress { .. }) {
            return;
        }
        self.tell(|| Told::Event(event.clone()));
    }

    fn observe_app(&self, event: &AppEvent) {
        // All else is in no metric, and some of it a guest can have told as often as it likes.
        if matches!(event.kind, AppEventKind::Returned { .. } | AppEventKind::Ended { .. }) {
            self.tell(|| Told::App(event.clone()));
        }
    }
}
