//! Every event, a line each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use dormouse::core::Timestamp;
use dormouse::{Event, EventKind, Observer, RegistrationId};

/// Prints events with the time of the host's clock and the name of the registration.
#[derive(Default)]
pub(crate) struct Printer {
    names: Mutex<HashMap<RegistrationId, String>>,
}

impl Observer for Printer {
    fn observe(&self, event: &Event) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match &event.kind {
            EventKind::Registered { name } => {
                names.insert(event.registration, name.clone());
                "registered".to_owned()
            }
            EventKind::Fired { coalesced: 1, .. } => "fired".to_owned(),
            EventKind::Fired { coalesced, .. } => {
                format!("fired, the activation stands for {coalesced} firings")
            }
            EventKind::Latched { blocking, .. } => {
                let blocking: Vec<String> = blocking.iter().map(ToString::to_string).collect();
                format!("latched: {}", blocking.join(", "))
            }
            EventKind::Started { .. } => "started".to_owned(),
            // `{:?}` shows what would be a command for the terminal.
            EventKind::Output { text, .. } => format!("says {:?}", text.trim_end()),
            EventKind::Progress { value, .. } => format!("is {value} % through"),
            EventKind::Ended { outcome, .. } => outcome.to_string(),
            // What else there is (deferrals, pauses, refusals) is seldom heard of in a house.
            other => format!("{other:?}"),
        };
        let name = names.get(&event.registration).map_or("?", String::as_str);
        println!("{} {name}: {text}", time_of_day(event.at));
    }
}

/// `HH:MM:SS`, in UTC.
fn time_of_day(at: Timestamp) -> String {
    let seconds = at.as_micros().div_euclid(1_000_000).rem_euclid(24 * 60 * 60);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
