//! What can be wrong with a registration.

use std::fmt;

use crate::bindings::dormouse::background::registration as wit;

/// What is wrong with a registration, or why it was not removed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistrationError {
    /// The class of it, for code to match on.
    pub kind: RegistrationErrorKind,
    /// The field, and what to change, for people.
    pub message: String,
}

impl fmt::Display for RegistrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RegistrationError {}

impl From<wit::RegistrationError> for RegistrationError {
    fn from(error: wit::RegistrationError) -> Self {
        Self { kind: error.kind.into(), message: error.message }
    }
}

/// The class of a [`RegistrationError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegistrationErrorKind {
    /// There is no trigger (UWP-001), or no entry point.
    Incomplete,
    /// A parameter is not valid; the message names it (UWP-006).
    Invalid,
    /// The app has no such entry point (UWP-008).
    EntryPointNotDeclared,
    /// The entry point does not declare triggers of this kind (UWP-009).
    TriggerNotDeclared,
    /// The app was not granted what the trigger needs.
    NotGranted,
    /// The app has an application trigger already (UWP-012).
    SecondApplicationTrigger,
    /// The app has as many registrations as it may have.
    TooMany,
    /// One of that group and name exists, and [`IfExists::Error`](super::IfExists::Error) was asked for.
    Exists,
    /// There is no such registration of this app.
    NotFound,
    /// The host could not keep it just now.
    Unavailable,
}

impl From<wit::RegistrationErrorKind> for RegistrationErrorKind {
    fn from(kind: wit::RegistrationErrorKind) -> Self {
        use wit::RegistrationErrorKind as Wit;
        match kind {
            Wit::Incomplete => Self::Incomplete,
            Wit::Invalid => Self::Invalid,
            Wit::EntryPointNotDeclared => Self::EntryPointNotDeclared,
            Wit::TriggerNotDeclared => Self::TriggerNotDeclared,
            Wit::NotGranted => Self::NotGranted,
            Wit::SecondApplicationTrigger => Self::SecondApplicationTrigger,
            Wit::TooMany => Self::TooMany,
            Wit::Exists => Self::Exists,
            Wit::NotFound => Self::NotFound,
            Wit::Unavailable => Self::Unavailable,
        }
    }
}
