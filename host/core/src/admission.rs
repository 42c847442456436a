//! May it start now?

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How many runs there are, and may be, in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// Runs now.
    pub used: u32,
    /// Runs allowed.
    pub max: u32,
}

impl Slots {
    /// Whether one more fits.
    #[must_use]
    pub const fn is_free(self) -> bool {
        self.used < self.max
    }
}

/// What an activation that is ready waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shortage {
    /// Every slot of the host is taken.
    Host,
    /// Every slot of its app is taken.
    App,
    /// As many runs of its registration as its overlap policy allows.
    Registration,
    /// The moment before which it must not run: a retry's backoff.
    Backoff,
}

impl Shortage {
    /// Its name in logs and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::App => "app",
            Self::Registration => "registration",
            Self::Backoff => "backoff",
        }
    }
}

/// For people.
impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "a slot of the host",
            Self::App => "a slot of its app",
            Self::Registration => "an earlier run of the same registration",
            Self::Backoff => "the backoff before its next attempt",
        })
    }
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Start it.
    Run,
    /// Not now.
    Wait {
        /// When to ask again; none if only the end of another run can change the answer.
        until: Option<Timestamp>,
        /// What is short.
        why: Shortage,
    },
}

/// What admission looks at.
#[derive(Clone, Copy, Debug)]
pub struct AdmissionRequest {
    /// Now.
    pub now: Timestamp,
    /// The activation's own earliest moment.
    pub not_before: Timestamp,
    /// Slots of the registration, of its app and of the host.
    pub registration: Slots,
    /// See [`AdmissionRequest::registration`].
    pub app: Slots,
    /// See [`AdmissionRequest::registration`].
    pub host: Slots,
}

/// Decides; nothing is reserved by asking.
///
/// A spent CPU quota is no reason to wait here: the run starts and is paused (UWP-104), so that it can see
/// and say what holds it.
#[must_use]
pub fn admit(ask: &AdmissionRequest) -> Admission {
    if ask.now < ask.not_before {
        return Admission::Wait { until: Some(ask.not_before), why: Shortage::Backoff };
    }
    for (slots, why) in
        [(ask.registration, Shortage::Registration), (ask.app, Shortage::App), (ask.host, Shortage::Host)]
    {
        if !slots.is_free() {
            return Admission::Wait { until: None, why };
        }
    }
    Admission::Run
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Slots = Slots { used: 0, max: 1 };
    const FULL: Slots = Slots { used: 1, max: 1 };

    fn ask() -> AdmissionRequest {
        let now = Timestamp::from_millis(5);
        AdmissionRequest { now, not_before: now, registration: FREE, app: FREE, host: FREE }
    }

    #[test]
    fn runs_when_everything_is_free() {
        assert_eq!(admit(&ask()), Admission::Run);
    }

    #[test]
    fn waits_for_its_backoff_and_says_until_when() {
        let not_before = Timestamp::from_millis(9);
        let answer = admit(&AdmissionRequest { not_before, ..ask() });
        assert_eq!(answer, Admission::Wait { until: Some(not_before), why: Shortage::Backoff });
    }

    #[test]
    fn each_shortage_is_written_by_its_name() {
        for shortage in [Shortage::Host, Shortage::App, Shortage::Registration, Shortage::Backoff] {
            assert_eq!(serde_json::to_value(shortage).unwrap(), shortage.as_str());
        }
    }

    #[test]
    fn names_the_nearest_shortage() {
        let wait = |why| Admission::Wait { until: None, why };
        assert_eq!(admit(&AdmissionRequest { host: FULL, ..ask() }), wait(Shortage::Host));
        assert_eq!(admit(&AdmissionRequest { app: FULL, host: FULL, ..ask() }), wait(Shortage::App));
        let all = AdmissionRequest { registration: FULL, app: FULL, host: FULL, ..ask() };
        assert_eq!(admit(&all), wait(Shortage::Registration));
    }
}
