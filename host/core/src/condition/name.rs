//! The names that embedders give to their own conditions.

use std::fmt;
use std::str::FromStr;

use super::ConditionError;

/// The longest name of a custom condition, in bytes.
pub const CUSTOM_NAME_BYTES_MAX: usize = 64;

/// The name of a custom condition: 1 to [`CUSTOM_NAME_BYTES_MAX`] characters out of `a-z 0-9 - _ .`
///
/// ```
/// use dormouse_core::condition::{Condition, ConditionName};
///
/// let name: ConditionName = "printer.idle".parse()?;
/// assert_eq!(Condition::Custom(name).to_string(), "custom:printer.idle");
/// # Ok::<(), dormouse_core::condition::ConditionError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConditionName(String);

impl ConditionName {
    /// The name, without `custom:`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ConditionName {
    type Err = ConditionError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
        if (1..=CUSTOM_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain) {
            Ok(Self(name.to_owned()))
        } else {
            Err(ConditionError::Name { name: excerpt(name) })
        }
    }
}

impl fmt::Display for ConditionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As much of somebody's text as fits in a message, on one line.
pub(super) fn excerpt(text: &str) -> String {
    let mut start: String = text.chars().take(CUSTOM_NAME_BYTES_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(CUSTOM_NAME_BYTES_MAX).is_some() {
        start.push_str("...");
    }
    start
}
