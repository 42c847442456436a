//! What the app shows, and what happens to it.

use dormouse::core::{AppEvent, AppEventKind};
use dormouse::{Event, EventKind, Observer};

use crate::screen::Pen;

/// Writes what the app prints as it is, and what happens to it with a dash in front.
pub(crate) struct Story(Pen);

impl Story {
    pub(crate) fn new(pen: Pen) -> Self {
        Self(pen)
    }

    fn tell(&self, what: &str) {
        self.0.lines(&format!("- {what}"));
    }
}

impl Observer for Story {
    fn observe(&self, event: &Event) {
        match &event.kind {
            // Of a task that has a sandbox of its own.
            EventKind::Output { text, .. } => self.0.lines(text),
            EventKind::Ended { outcome, .. } => self.tell(&format!("a background task ended: {outcome}")),
            EventKind::Fault { message, .. } => self.tell(message),
            _ => {}
        }
    }

    fn observe_app(&self, event: &AppEvent) {
        match &event.kind {
            AppEventKind::Output { text, .. } => self.0.lines(text),
            AppEventKind::StateChanged { to, .. } => {
                self.0.state(*to);
                self.tell(&format!("it is {}", to.as_str()));
            }
            AppEventKind::Called { handler, .. } => self.tell(&format!("it hears {}", handler.as_str())),
            AppEventKind::Activated { activation, previous } => {
                self.tell(&format!("it is wanted for {activation}; it was {previous}"));
            }
            AppEventKind::RunEntered { .. } => self.tell("a background task runs in it"),
            AppEventKind::Ended { end, message } if message.is_empty() => {
                self.tell(&format!("it ended: {end}"));
            }
            AppEventKind::Ended { end, message } => self.tell(&format!("it ended: {end}: {message}")),
            AppEventKind::Denied { what } => self.tell(&format!("it is denied {what}")),
            AppEventKind::Fault { message } => self.tell(message),
            // What else there is (memory, deferrals, extensions) says little in a window.
            _ => {}
        }
    }
}
