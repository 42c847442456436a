//! What was seen of a host.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::case::Pattern;
use crate::protocol::{Event, EventKind, Stream};

/// All events so far, and what the registrations of the case are called on the host.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) events: Vec<(Event, Value)>,
    /// The ids of the registrations, by handle.
    pub(super) ids: BTreeMap<String, String>,
    pub(super) simulated: bool,
}

impl Seen {
    pub(super) fn push(&mut self, event: Event) {
        let value = serde_json::to_value(&event).unwrap_or_default();
        self.events.push((event, value));
    }

    /// Whether an event is one of these.
    pub(super) fn is(&self, pattern: &Pattern, (event, value): &(Event, Value)) -> bool {
        let of = |handle| self.ids.get(handle).is_some_and(|id| *id == event.registration);
        event.kind.word() == pattern.event
            && pattern.of.as_deref().is_none_or(of)
            && pattern
                .members
                .iter()
                .all(|(name, wanted)| wanted.mismatch(value.get(name), self.simulated).is_none())
    }

    pub(super) fn count(&self, pattern: &Pattern) -> usize {
        self.events.iter().filter(|event| self.is(pattern, event)).count()
    }

    /// The newest run of a registration.
    pub(super) fn newest_run(&self, handle: &str) -> Option<String> {
        let id = self.ids.get(handle)?;
        self.events.iter().rev().find_map(|(event, _)| match &event.kind {
            EventKind::Started { run, .. } if event.registration == *id => Some(run.clone()),
            _ => None,
        })
    }

    /// The ends of the runs of a registration, in order.
    pub(super) fn ends(&self, handle: &str) -> Vec<(&str, &Value)> {
        let id = self.ids.get(handle);
        let ends = self.events.iter().filter_map(|(event, value)| match &event.kind {
            EventKind::Ended { run, .. } if Some(&event.registration) == id => Some((run.as_str(), value)),
            _ => None,
        });
        ends.collect()
    }

    /// What a run wrote to a stream, as it was told.
    pub(super) fn output(&self, of: &str, wanted: Stream) -> String {
        let texts = self.events.iter().filter_map(|(event, _)| match &event.kind {
            EventKind::Output { run, stream, text } if run == of && *stream == wanted => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// What was seen, a line each, for whoever looks for what went wrong.
    pub(super) fn log(&self) -> Vec<String> {
        let handle =
            |id: &str| self.ids.iter().find(|(_, known)| *known == id).map_or("?", |(handle, _)| handle);
        let line = |(event, value): &(Event, Value)| {
            let mut members = value.as_object().cloned().unwrap_or_default();
            for known in ["seq", "at_ms", "event", "registration", "activation", "run"] {
                members.remove(known);
            }
            let at = event.at_ms;
            let members = Value::Object(members);
            format!("  {at:>10.1} ms  {}: {} {members}", handle(&event.registration), event.kind.word())
        };
        self.events.iter().map(line).collect()
    }
}
