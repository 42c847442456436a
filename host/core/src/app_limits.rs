//! What one app may keep: in its folders `/local` and `/temp` together, and in its settings.
//!
//! A figure is the app's own; if it names none, the host's default. Never above the host's maximum: a figure that was
//! written down and is above it is refused by name, a default is cut to it.

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};

use crate::limits::figure::Figure;

/// The longest text about a figure that an error repeats, in characters.
const SHOWN_LEN_MAX: usize = 64;

const MIB: u64 = 1024 * 1024;

/// The list of limits.
macro_rules! app_limits {
    ($($(#[$doc:meta])* $field:ident, $key:literal, $default:expr, $max:expr;)*) => {
        /// What one app may keep, all its runs together. Each is enforced before something is kept.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct AppLimits {
            $($(#[$doc])* pub $field: u64,)*
        }

        /// What an app, or a host for all of them, sets. What it leaves open is the next level's.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct AppLimitsRequest {
            $(
                #[doc = concat!("See [`AppLimits::", stringify!($field), "`].")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<u64>,
            )*
        }

        impl AppLimits {
            /// What an app may keep where nobody says otherwise.
            pub const DEFAULT: Self = Self { $($field: $default,)* };

            /// What a host allows unless told otherwise.
            pub const HOST_MAX: Self = Self { $($field: $max,)* };

            /// Sets one limit of a host's maximum, as [`AppLimitsRequest::set`] does for a request.
            ///
            /// # Errors
            ///
            /// As there.
            pub fn set(&mut self, key: &str, value: &str) -> Result<(), AppLimitsError> {
                match key {
                    $($key => self.$field = read($key, value)?,)*
                    _ => return Err(AppLimitsError::unknown(key)),
                }
                Ok(())
            }
        }

        impl AppLimitsRequest {
            /// What can be asked for, as the command line calls it.
            pub const KEYS: &'static [&'static str] = &[$($key,)*];

            /// Nothing but what the next level has.
            #[must_use]
            pub const fn none() -> Self {
                Self { $($field: None,)* }
            }

            /// Reads one limit: `folder-bytes` and `64MiB`, `folder-entries` and `10000`.
            ///
            /// # Errors
            ///
            /// There is no such limit, or no such figure of it.
            pub fn set(&mut self, key: &str, value: &str) -> Result<(), AppLimitsError> {
                match key {
                    $($key => self.$field = Some(read($key, value)?),)*
                    _ => return Err(AppLimitsError::unknown(key)),
                }
                Ok(())
            }

            /// Whether nothing is asked for.
            #[must_use]
            pub fn is_none(&self) -> bool {
                *self == Self::none()
            }

            /// This, and what it leaves open as `other` has it.
            #[must_use]
            pub fn or(&self, other: &Self) -> Self {
                Self { $($field: self.$field.or(other.$field),)* }
            }

            /// This, no more of anything than a host allows: for what was granted by an earlier maximum, and is stored.
            #[must_use]
            pub fn cut(&self, max: &AppLimits) -> Self {
                Self { $($field: self.$field.map(|asked| asked.min(max.$field)),)* }
            }

            /// What is asked for that is more than `other` asks for, or that it leaves open.
            #[must_use]
            pub fn beyond(&self, other: &Self) -> Self {
                Self { $($field: self.$field.filter(|asked| other.$field.is_none_or(|other| *asked > other)),)* }
            }

            /// What is asked for, by the keys that [`AppLimitsRequest::set`] reads.
            pub fn asked(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
                [$(($key, self.$field)),*].into_iter().filter_map(|(key, figure)| Some((key, figure?)))
            }

            /// Whether a host that allows `max` gives what is asked for.
            ///
            /// # Errors
            ///
            /// [`AppLimitsError::AboveHost`] names the first that it does not.
            pub fn check(&self, max: &AppLimits) -> Result<(), AppLimitsError> {
                $(
                    if let Some(asked) = self.$field && asked > max.$field {
                        return Err(AppLimitsError::AboveHost { field: $key, asked, max: max.$field });
                    }
                )*
                Ok(())
            }

            /// What applies: this, then `default`, then [`AppLimits::DEFAULT`], cut to `max`.
            #[must_use]
            pub fn over(&self, default: &Self, max: &AppLimits) -> AppLimits {
                let own = AppLimits::DEFAULT;
                AppLimits { $($field: self.$field.or(default.$field).unwrap_or(own.$field).min(max.$field),)* }
            }
        }

        impl From<AppLimits> for AppLimitsRequest {
            /// All of it, asked for by name.
            fn from(limits: AppLimits) -> Self {
                Self { $($field: Some(limits.$field),)* }
            }
        }
    };
}

app_limits! {
    /// Bytes of all files in `/local` and `/temp` together, by their length: a file with holes counts in full, one
    /// with two names twice.
    folder_bytes, "folder-bytes", 64 * MIB, 64 * 1024 * MIB;
    /// Files, directories and links in `/local` and `/temp` together.
    folder_entries, "folder-entries", 10_000, 1_000_000;
    /// Bytes of all settings together, keys and values.
    settings_bytes, "settings-bytes", 16 * MIB, 1024 * MIB;
    /// Bytes of the value of one setting.
    setting_bytes, "setting-bytes", MIB, 16 * MIB;
    /// Settings.
    settings, "settings", 10_000, 1_000_000;
}

impl Default for AppLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A limit of an app that cannot be granted, or not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppLimitsError {
    /// The host allows less.
    #[error(
        "app limit `{field}` asks for {}, above the host's maximum of {}",
        written(field, *asked), written(field, *max)
    )]
    AboveHost {
        /// Which.
        field: &'static str,
        /// What is asked for.
        asked: u64,
        /// What the host allows.
        max: u64,
    },
    /// Not a figure.
    #[error("app limit `{field}` is {text:?}; write a number, like 10000 or 64MiB")]
    Value {
        /// Which.
        field: &'static str,
        /// What was written, shortened.
        text: String,
    },
    /// There is no such limit.
    #[error("there is no app limit {key:?}; there are {}", AppLimitsRequest::KEYS.join(", "))]
    Unknown {
        /// What was written, shortened.
        key: String,
    },
}

impl AppLimitsError {
    fn unknown(key: &str) -> Self {
        Self::Unknown { key: key.chars().take(SHOWN_LEN_MAX).collect() }
    }
}

/// A figure of the limit called `key`, as it is read: `64MiB` for bytes, `10000` for a count.
#[must_use]
pub fn written(key: &str, figure: u64) -> String {
    if key.ends_with("-bytes") { Figure::written(figure) } else { figure.to_string() }
}

/// Reads a figure; zero is one: an app that may keep nothing.
fn read(field: &'static str, text: &str) -> Result<u64, AppLimitsError> {
    let size: Result<ByteSize, _> = text.trim().parse();
    let refused = |_| AppLimitsError::Value { field, text: text.chars().take(SHOWN_LEN_MAX).collect() };
    size.map(|size| size.as_u64()).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_comes_before_the_hosts_default_and_the_default_before_the_table() {
        let app = AppLimitsRequest { folder_bytes: Some(5), ..AppLimitsRequest::none() };
        let host = AppLimitsRequest { folder_bytes: Some(7), settings: Some(9), ..AppLimitsRequest::none() };
        let limits = app.over(&host, &AppLimits::HOST_MAX);
        assert_eq!(limits, AppLimits { folder_bytes: 5, settings: 9, ..AppLimits::DEFAULT });
    }

    #[test]
    fn a_figure_above_the_hosts_is_refused_by_name_and_a_default_above_it_is_cut() {
        let max = AppLimits { folder_entries: 10, ..AppLimits::HOST_MAX };
        assert_eq!(AppLimitsRequest::none().over(&AppLimitsRequest::none(), &max).folder_entries, 10);
        let asked = AppLimitsRequest { folder_entries: Some(11), ..AppLimitsRequest::none() };
        let error = asked.check(&max).unwrap_err().to_string();
        assert_eq!(error, "app limit `folder-entries` asks for 11, above the host's maximum of 10");
        assert_eq!(AppLimitsRequest { folder_entries: Some(10), ..asked }.check(&max), Ok(()));
    }

    #[test]
    fn what_an_operator_leaves_open_is_the_apps_and_what_is_stored_is_cut() {
        let operator = AppLimitsRequest { folder_bytes: Some(5), ..AppLimitsRequest::none() };
        let app = AppLimitsRequest { folder_bytes: Some(7), settings: Some(9), ..AppLimitsRequest::none() };
        let both = AppLimitsRequest { folder_bytes: Some(5), settings: Some(9), ..AppLimitsRequest::none() };
        assert_eq!(operator.or(&app), both);
        assert!(both.asked().eq([("folder-bytes", 5), ("settings", 9)]));
        assert_eq!(both.beyond(&app), AppLimitsRequest::none());
        assert_eq!(app.beyond(&operator), app);
        let max = AppLimits { settings: 8, ..AppLimits::HOST_MAX };
        assert_eq!(both.cut(&max), AppLimitsRequest { settings: Some(8), ..both });
        assert!(AppLimitsRequest::none().cut(&max).is_none() && !both.is_none());
    }

    #[test]
    fn every_figure_is_read_as_it_is_written() {
        let all = AppLimitsRequest::from(AppLimits::DEFAULT);
        let mut again = AppLimitsRequest::none();
        for (key, figure) in all.asked() {
            again.set(key, &written(key, figure)).unwrap();
        }
        assert_eq!(again, all);
        assert_eq!(
            (written("folder-bytes", 64 * MIB), written("settings", 1024)),
            ("64MiB".into(), "1024".into())
        );
    }

    #[test]
    fn every_limit_is_read_by_its_key_and_nothing_else_is() {
        let (mut asked, mut max) = (AppLimitsRequest::none(), AppLimits::HOST_MAX);
        for key in AppLimitsRequest::KEYS {
            asked.set(key, "2KiB").unwrap();
            max.set(key, "2KiB").unwrap();
        }
        assert_eq!(asked.over(&AppLimitsRequest::none(), &AppLimits::HOST_MAX), max);
        assert!(matches!(asked.set("folder-bytes", "-1"), Err(AppLimitsError::Value { .. })));
        assert!(matches!(max.set("folders", "1"), Err(AppLimitsError::Unknown { .. })));
    }
}
