//! What all runs of the package together may keep and spend: read, and held against another version's.

use dormouse_core::quota::QuotaPolicyError;
use dormouse_core::{AppLimits, AppLimitsRequest, QuotaPolicy};

use super::document::{Document, KeyPath};
use super::error::{ManifestError, Problem};
use super::values::span;
use super::{Manifest, raw};
use crate::capabilities::{Capabilities, Capability, Difference};

/// Understands `[app-limits]`.
pub(super) fn app_limits(
    raw: &raw::Limits,
    document: &Document<'_>,
) -> Result<AppLimitsRequest, ManifestError> {
    let table = KeyPath::root("app-limits");
    let mut request = AppLimitsRequest::none();
    for (key, raw::Figure(text)) in raw {
        request.set(key, text).map_err(|error| document.error(&table.key(key), error.into()))?;
    }
    Ok(request)
}

/// Understands `[quota]`.
pub(super) fn quota(raw: &raw::Quota, document: &Document<'_>) -> Result<QuotaPolicy, ManifestError> {
    let at = |key: &str, problem| document.error(&KeyPath::root("quota").key(key), problem);
    let cpu = span(&raw.cpu).map_err(|problem| at("cpu", problem))?;
    let window = span(&raw.window).map_err(|problem| at("window", problem))?;
    QuotaPolicy::new(cpu, window).map_err(|error| {
        let key = if matches!(error, QuotaPolicyError::Window { .. }) { "window" } else { "cpu" };
        at(key, Problem::Quota(error))
    })
}

impl Manifest {
    /// What this asks for that `older`, the version that is installed, does not. To keep something is asked for where it
    /// is more than `given`, which any app may keep that asks for nothing. A quota asks for nothing: it is never looser
    /// than the host's. What its app newly takes is in it as well, and needs no consent.
    #[must_use]
    pub fn difference(&self, older: Option<&Self>, given: &AppLimits) -> Difference {
        let none = Capabilities::default();
        let (capabilities, kept) =
            older.map_or((&none, AppLimitsRequest::none()), |older| (&older.capabilities, older.app_limits));
        let more = self.app_limits.beyond(&(*given).into()).beyond(&kept);
        let keep = more.asked().map(|(limit, figure)| Capability::Keep { limit, figure });
        let taken = self.newly_taken(older).into_iter().map(Capability::Activation);
        self.capabilities.difference(capabilities).and(keep).and(taken)
    }
}
