//! Settings: small values by name, which all runs of the app share, and which outlive them.
//!
//! A setting is durable when the call returns. How many there may be, and how long, is the host's to say. They are
//! kept until the app is removed.
//!
//! A task leaves a result for its app under the id of its registration, and so does a run for the next one:
//!
//! ```no_run
//! use dormouse_guest::{BackgroundTaskInstance, TaskError, settings};
//!
//! #[dormouse_guest::task]
//! async fn count(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
//!     let id = instance.activation().registration_id.clone();
//!     let runs = settings::increment(&format!("{id}/runs"), 1)?;
//!     settings::set(&id, format!("ran {runs} times"))?;
//!     Ok(())
//! }
//! ```
//!
//! This is `wasi:keyvalue`, bucket `local-settings`; several settings at once, and other languages, go by that.

use std::fmt;

use bindings::wasi::keyvalue::store::{self, Bucket};
use bindings::wasi::keyvalue::{atomics, batch};

mod bindings {
    wit_bindgen::generate!({ path: "wit/keyvalue", world: "imports" });
}

/// The value of a setting; none if there is no such setting.
///
/// # Errors
///
/// [`SettingsError`].
pub fn get(name: &str) -> Result<Option<Vec<u8>>, SettingsError> {
    Ok(bucket()?.get(name)?)
}

/// The value of a setting as text; none if there is no such setting.
///
/// # Errors
///
/// [`SettingsError`]; [`SettingsError::NotText`] if it is not UTF-8.
pub fn get_str(name: &str) -> Result<Option<String>, SettingsError> {
    get(name)?.map(|value| String::from_utf8(value).map_err(|_| SettingsError::NotText)).transpose()
}

/// Gives a setting this value, whether it was there or not.
///
/// # Errors
///
/// [`SettingsError`]: it is as it was.
pub fn set(name: &str, value: impl AsRef<[u8]>) -> Result<(), SettingsError> {
    Ok(bucket()?.set(name, value.as_ref())?)
}

/// Gives several settings their values, in one step: all or none.
///
/// # Errors
///
/// [`SettingsError`]: all are as they were.
pub fn set_all<N: Into<String>, V: Into<Vec<u8>>>(
    settings: impl IntoIterator<Item = (N, V)>,
) -> Result<(), SettingsError> {
    let settings: Vec<_> = settings.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    Ok(batch::set_many(&bucket()?, &settings)?)
}

/// Deletes a setting. That there is none is no error.
///
/// # Errors
///
/// [`SettingsError`]: it may still be there.
pub fn delete(name: &str) -> Result<(), SettingsError> {
    Ok(bucket()?.delete(name)?)
}

/// Whether there is such a setting.
///
/// # Errors
///
/// [`SettingsError`].
pub fn exists(name: &str) -> Result<bool, SettingsError> {
    Ok(bucket()?.exists(name)?)
}

/// The names of all settings, in order. Of more than a thousand, not at one moment: a name that is made or deleted
/// meanwhile, by another run, can make others come twice or not at all.
///
/// # Errors
///
/// [`SettingsError`].
pub fn names() -> Result<Vec<String>, SettingsError> {
    let bucket = bucket()?;
    let mut page = bucket.list_keys(None)?;
    let mut names = std::mem::take(&mut page.keys);
    while let Some(cursor) = page.cursor {
        page = bucket.list_keys(Some(cursor))?;
        names.append(&mut page.keys);
    }
    Ok(names)
}

/// Adds to a setting that is a number, in one step, whoever else does so at the same time. Answers the sum. A setting
/// that is not there is 0.
///
/// # Errors
///
/// [`SettingsError`]: it is as it was.
pub fn increment(name: &str, delta: u64) -> Result<u64, SettingsError> {
    Ok(atomics::increment(&bucket()?, name, delta)?)
}

fn bucket() -> Result<Bucket, SettingsError> {
    Ok(store::open("local-settings")?)
}

/// Why a setting cannot be had, or not be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsError {
    /// The host keeps no settings for this task.
    NoSettings,
    /// The task may not use them.
    Denied,
    /// The host says why: a limit and its figure, for example.
    Refused(String),
    /// What is there is not text.
    NotText,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSettings => f.write_str("the host keeps no settings for this task"),
            Self::Denied => f.write_str("the task may not use the settings"),
            Self::Refused(why) => f.write_str(why),
            Self::NotText => f.write_str("the setting is not text: read it with `settings::get`"),
        }
    }
}

impl std::error::Error for SettingsError {}

impl From<store::Error> for SettingsError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NoSuchStore => Self::NoSettings,
            store::Error::AccessDenied => Self::Denied,
            store::Error::Other(why) => Self::Refused(why),
        }
    }
}
