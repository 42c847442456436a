//! What the request of an application trigger came to, in UWP's words.

use serde::{Deserialize, Serialize};

use crate::overlap::Refusal;

/// UWP's `ApplicationTriggerResult`, in its order. The [`Refusal`] says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplicationTriggerResult {
    /// It runs or will.
    Allowed,
    /// It runs already, and as much waits as may (UWP-044).
    CurrentlyRunning,
    /// A policy stands against it: its app's access, the machine's low-power mode (UWP-045), or that a task
    /// asked (UWP-046).
    DisabledByPolicy,
    /// Nothing of that kind: it is not registered, spent, or could not be recorded.
    UnknownError,
}

impl From<Refusal> for ApplicationTriggerResult {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::CurrentlyRunning | Refusal::QueueFull => Self::CurrentlyRunning,
            Refusal::AccessUnspecified
            | Refusal::DeniedByPolicy
            | Refusal::DeniedByUser
            | Refusal::DisabledByPolicy
            | Refusal::Quarantined
            | Refusal::RequestedByTask => Self::DisabledByPolicy,
            Refusal::Spent | Refusal::SpentThisSession | Refusal::NotRegistered | Refusal::Stopping => {
                Self::UnknownError
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_is_one_of_uwps_answers() {
        use ApplicationTriggerResult::{CurrentlyRunning, DisabledByPolicy, UnknownError};
        let table = [
            (Refusal::CurrentlyRunning, CurrentlyRunning),
            (Refusal::QueueFull, CurrentlyRunning),
            (Refusal::Spent, UnknownError),
            (Refusal::SpentThisSession, UnknownError),
            (Refusal::AccessUnspecified, DisabledByPolicy),
            (Refusal::DeniedByPolicy, DisabledByPolicy),
            (Refusal::DeniedByUser, DisabledByPolicy),
            (Refusal::DisabledByPolicy, DisabledByPolicy),
            (Refusal::RequestedByTask, DisabledByPolicy),
            (Refusal::Quarantined, DisabledByPolicy),
            (Refusal::NotRegistered, UnknownError),
            (Refusal::Stopping, UnknownError),
        ];
        assert_eq!(table.map(|(refusal, _)| refusal), Refusal::ALL, "none is left out");
        for (refusal, answer) in table {
            assert_eq!(ApplicationTriggerResult::from(refusal), answer, "{refusal}");
        }
    }
}
