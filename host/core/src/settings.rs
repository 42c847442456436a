//! Settings of an app: small values by name, which all its runs share and which outlive them. UWP's local settings.
//!
//! How much an app may keep is in [`AppLimits`]; what a change of it comes to is decided here, before a store writes
//! anything.

use std::collections::HashMap;

use crate::app_limits::AppLimits;

/// The longest name of a setting, in bytes.
pub const SETTING_NAME_LEN_MAX: usize = 512;

/// A setting is to have this value, or to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// Which. 1 to [`SETTING_NAME_LEN_MAX`] bytes.
    pub name: String,
    /// None: it goes. That there is none is no error.
    pub value: Option<Vec<u8>>,
}

/// How much an app keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SettingsSum {
    /// How many.
    pub settings: u64,
    /// Bytes of names and values.
    pub bytes: u64,
}

/// Why settings are not changed. None of them is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The name is none.
    #[error("the name of a setting has 1 to {SETTING_NAME_LEN_MAX} bytes, this one has {len}")]
    Name {
        /// Its length, in bytes.
        len: usize,
    },
    /// One value is too long.
    #[error(
        "limit `setting-bytes`: the value has {len} bytes, and a setting may have {max}; a file may have more"
    )]
    Value {
        /// Its length, in bytes.
        len: u64,
        /// What is allowed.
        max: u64,
    },
    /// Too many.
    #[error("limit `settings`: the app may keep {max} settings; delete some first")]
    Settings {
        /// What is allowed.
        max: u64,
    },
    /// Too much.
    #[error("limit `settings-bytes`: the app may keep {max} bytes of settings; delete some first")]
    Bytes {
        /// What is allowed.
        max: u64,
    },
    /// What is to be added to is no number.
    #[error("the setting is no number from 0 to {}, so nothing can be added to it", u64::MAX)]
    NotANumber,
    /// The number would be too large.
    #[error("the setting would be above {}", u64::MAX)]
    Overflow,
}

impl SettingsError {
    /// The limit of the app's that is reached, if it is one.
    #[must_use]
    pub const fn limit(&self) -> Option<&'static str> {
        match self {
            Self::Value { .. } => Some("setting-bytes"),
            Self::Settings { .. } => Some("settings"),
            Self::Bytes { .. } => Some("settings-bytes"),
            Self::Name { .. } | Self::NotANumber | Self::Overflow => None,
        }
    }
}

impl SettingsSum {
    /// With one setting more, of so many bytes.
    pub fn add(&mut self, name: &str, value_len: u64) {
        self.settings += 1;
        self.bytes += name.len() as u64 + value_len;
    }

    fn take(&mut self, name: &str, value_len: u64) {
        self.settings = self.settings.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(name.len() as u64 + value_len);
    }

    /// What an app that keeps this keeps after `changes`, one after the other; `len_of` says how long the value of a
    /// setting is now. What does not grow may be above a limit.
    ///
    /// # Errors
    ///
    /// The error of `len_of`; inside, [`SettingsError`].
    pub fn after<E>(
        self,
        changes: &[SettingChange],
        limits: &AppLimits,
        mut len_of: impl FnMut(&str) -> Result<Option<u64>, E>,
    ) -> Result<Result<Self, SettingsError>, E> {
        let mut sum = self;
        let mut lens = HashMap::new();
        for SettingChange { name, value } in changes {
            if !(1..=SETTING_NAME_LEN_MAX).contains(&name.len()) {
                return Ok(Err(SettingsError::Name { len: name.len() }));
            }
            let len = value.as_ref().map(|value| value.len() as u64);
            if let Some(len) = len
                && len > limits.setting_bytes
            {
                return Ok(Err(SettingsError::Value { len, max: limits.setting_bytes }));
            }
            let before = match lens.insert(name.as_str(), len) {
                Some(earlier) => earlier,
                None => len_of(name)?,
            };
            if let Some(before) = before {
                sum.take(name, before);
            }
            if let Some(len) = len {
                sum.add(name, len);
            }
        }
        Ok(if sum.settings > self.settings && sum.settings > limits.settings {
            Err(SettingsError::Settings { max: limits.settings })
        } else if sum.bytes > self.bytes && sum.bytes > limits.settings_bytes {
            Err(SettingsError::Bytes { max: limits.settings_bytes })
        } else {
            Ok(sum)
        })
    }
}

/// The number that a setting is, with `delta` added to it: as its new value. A setting that is not there is 0.
///
/// # Errors
///
/// [`SettingsError::NotANumber`], [`SettingsError::Overflow`].
pub fn incremented(value: Option<&[u8]>, delta: u64) -> Result<u64, SettingsError> {
    let before = match value {
        None => 0,
        Some(value) => {
            let digits =
                std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            digits.and_then(|digits| digits.parse().ok()).ok_or(SettingsError::NotANumber)?
        }
    };
    u64::checked_add(before, delta).ok_or(SettingsError::Overflow)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    const LIMITS: AppLimits =
        AppLimits { settings: 2, setting_bytes: 10, settings_bytes: 20, ..AppLimits::DEFAULT };

    fn set(name: &str, len: usize) -> SettingChange {
        SettingChange { name: name.to_owned(), value: Some(vec![0; len]) }
    }

    fn delete(name: &str) -> SettingChange {
        SettingChange { name: name.to_owned(), value: None }
    }

    /// With `a` of 4 bytes there.
    fn after(changes: &[SettingChange]) -> Result<SettingsSum, SettingsError> {
        let len_of = |name: &str| Ok::<_, Infallible>((name == "a").then_some(4));
        let Ok(sum) = SettingsSum { settings: 1, bytes: 5 }.after(changes, &LIMITS, len_of);
        sum
    }

    #[test]
    fn changes_are_summed_one_after_the_other() {
        let sum = |settings, bytes| Ok(SettingsSum { settings, bytes });
        assert_eq!(after(&[set("b", 3)]), sum(2, 9));
        assert_eq!(after(&[set("a", 10)]), sum(1, 11));
        assert_eq!(after(&[delete("a"), delete("a"), delete("c")]), sum(0, 0));
        assert_eq!(after(&[set("b", 9), set("b", 1), delete("a"), set("a", 2)]), sum(2, 5));
    }

    #[test]
    fn each_limit_is_told_by_its_name() {
        for (changes, said) in [
            (vec![set("b", 11)], "setting-bytes"),
            (vec![set("b", 0), set("c", 0)], "settings"),
            (vec![set("a", 10), set("b", 10)], "settings-bytes"),
        ] {
            let error = after(&changes).expect_err("it is too much");
            assert_eq!(error.limit(), Some(said));
            assert!(error.to_string().starts_with(&format!("limit `{said}`")), "{error}");
        }
        for name in [String::new(), "n".repeat(SETTING_NAME_LEN_MAX + 1)] {
            assert_eq!(after(&[set(&name, 1)]), Err(SettingsError::Name { len: name.len() }));
        }
        assert!(after(&[set(&"n".repeat(SETTING_NAME_LEN_MAX), 1), delete("a")]).is_err(), "names count");
    }

    #[test]
    fn what_is_above_a_limit_may_still_become_less() {
        let len_of = |_: &str| Ok::<_, Infallible>(Some(90));
        let full = SettingsSum { settings: 9, bytes: 900 };
        let Ok(sum) = full.after(&[delete("a"), set("b", 9)], &LIMITS, len_of);
        assert_eq!(sum, Ok(SettingsSum { settings: 8, bytes: 900 - 91 - 81 }));
    }

    #[test]
    fn only_numbers_are_added_to() {
        assert_eq!(incremented(None, 3), Ok(3));
        assert_eq!(incremented(Some(b"39"), 3), Ok(42));
        assert_eq!(incremented(Some(b"18446744073709551615"), 1), Err(SettingsError::Overflow));
        for no in [&b""[..], b"+1", b"-1", b"x", b"\xff", b"18446744073709551616"] {
            assert_eq!(incremented(Some(no), 1), Err(SettingsError::NotANumber), "{no:?}");
        }
    }
}
