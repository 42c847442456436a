//! Names for things. Each is its own type, so that a run cannot be asked for where an activation is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with these bits.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Its bits.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }

            /// The last eight hexadecimal digits: enough for a person to tell runs on one screen apart.
            #[must_use]
            pub fn short(&self) -> String {
                let full = self.0.simple().to_string();
                full.get(24..).unwrap_or_default().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

id! {
    /// A registration, stable for its whole life (UWP-002).
    RegistrationId
}
id! {
    /// One occasion on which a registration was woken.
    ActivationId
}
id! {
    /// One attempt at an activation: the guest's instance id, fresh for each run (UWP-070).
    RunId
}
id! {
    /// A process that claims activations. A restart of the same state directory keeps it, so that what the
    /// process left running is found at once.
    NodeId
}

/// Where fresh ids come from. Core holds no randomness of its own, as it holds no clock.
pub trait IdSource: Send + Sync + 'static {
    /// Bits that were never returned before.
    fn fresh(&self) -> Uuid;
}

/// Ids that count up from a seed: the same in every run of a test.
#[derive(Debug, Default)]
pub struct SequentialIds(std::sync::atomic::AtomicU64);

impl SequentialIds {
    /// Counts from 1.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl IdSource for SequentialIds {
    fn fresh(&self) -> Uuid {
        let n = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        Uuid::from_u128(u128::from(n))
    }
}

/// The longest [`AppId`], in bytes.
pub const APP_ID_LEN_MAX: usize = 128;

/// An installed package's identity. Reverse-DNS names are usual: `org.example.feeds`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppId(std::sync::Arc<str>);

/// Why a text is not an [`AppId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "app name {0:?} is not valid: use 1 to {APP_ID_LEN_MAX} letters, digits, `-`, `_` and `.`, beginning with a letter or digit"
)]
pub struct AppIdError(String);

impl AppId {
    /// Checks `name` and makes it an id.
    ///
    /// # Errors
    ///
    /// [`AppIdError`] if it is empty, longer than [`APP_ID_LEN_MAX`], begins with something other than a
    /// letter or digit, or holds anything but letters, digits, `-`, `_` and `.` (all ASCII): the name
    /// becomes part of a path.
    pub fn new(name: impl AsRef<str>) -> Result<Self, AppIdError> {
        let name = name.as_ref();
        let begins = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let rest = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if begins && rest && name.len() <= APP_ID_LEN_MAX {
            Ok(Self(name.into()))
        } else {
            Err(AppIdError(name.chars().take(APP_ID_LEN_MAX).collect()))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AppId {
    type Error = AppIdError;
    fn try_from(name: String) -> Result<Self, AppIdError> {
        Self::new(name)
    }
}

impl From<AppId> for String {
    fn from(id: AppId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppId({})", self.0)
    }
}

/// The number that proves a lease is the newest for its activation. Grows with every claim.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_name_cannot_leave_its_folder() {
        for bad in ["", ".", "..", "../x", "a/b", "-a", ".hidden", "a b", "é", &"a".repeat(129)] {
            assert!(AppId::new(bad).is_err(), "{bad:?} was accepted");
        }
        for good in ["a", "org.example.feeds", "thumbnails", "0day", "a_b-c"] {
            assert!(AppId::new(good).is_ok(), "{good:?} was refused");
        }
    }

    #[test]
    fn a_stored_app_name_is_checked_when_read() {
        assert!(serde_json::from_str::<AppId>("\"../etc\"").is_err());
    }
}
