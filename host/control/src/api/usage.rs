//! What an app keeps and spends, and how much it may keep.

use dormouse::{AppUsage, FoldersUsed, Host};
use dormouse_core::{AppId, AppLimits, AppLimitsRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::QuotaView;

/// How much an app may keep, all its runs together. In a request, what is left out is the app's own, or the host's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AppLimitsView {
    /// Of all files in `/local` and `/temp` together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder_bytes: Option<u64>,
    /// Files, directories and links there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder_entries: Option<u64>,
    /// Of all settings together, names and values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings_bytes: Option<u64>,
    /// Of the value of one setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting_bytes: Option<u64>,
    /// Settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<u64>,
}

impl From<AppLimitsRequest> for AppLimitsView {
    fn from(limits: AppLimitsRequest) -> Self {
        let AppLimitsRequest { folder_bytes, folder_entries, settings_bytes, setting_bytes, settings } =
            limits;
        Self { folder_bytes, folder_entries, settings_bytes, setting_bytes, settings }
    }
}

impl From<AppLimits> for AppLimitsView {
    fn from(limits: AppLimits) -> Self {
        AppLimitsRequest::from(limits).into()
    }
}

impl From<AppLimitsView> for AppLimitsRequest {
    fn from(limits: AppLimitsView) -> Self {
        let AppLimitsView { folder_bytes, folder_entries, settings_bytes, setting_bytes, settings } = limits;
        Self { folder_bytes, folder_entries, settings_bytes, setting_bytes, settings }
    }
}

/// What was decided about how much an app may keep, and what it may now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppLimitsDecisionView {
    /// Whose.
    #[schema(value_type = String)]
    pub app: AppId,
    /// What the operator decided.
    pub decided: AppLimitsView,
    /// What it may keep; none if it is not installed.
    pub limits: Option<AppLimitsView>,
}

impl AppLimitsDecisionView {
    /// What `host` says of it.
    pub(crate) fn new(host: &Host, app: AppId) -> Self {
        Self {
            decided: host.app_limits_decision(&app).into(),
            limits: host.app_limits(&app).map(AppLimitsView::from),
            app,
        }
    }
}

/// What an app keeps and spends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AppUsageView {
    /// The app.
    #[schema(value_type = String)]
    pub app: AppId,
    /// What is left of its allowance of CPU time; none if it has none.
    pub quota: Option<QuotaView>,
    /// How much it may keep.
    pub limits: AppLimitsView,
    /// What it keeps in `/local` and `/temp`.
    pub folders: FoldersView,
    /// How many settings it keeps.
    pub settings: u64,
    /// Of all of them together, names and values.
    pub settings_bytes: u64,
    /// How many registrations it has.
    pub registrations: usize,
    /// Runs of it that go on here.
    pub running: usize,
    /// Runs that ended and are kept, up to 100,000: there may be more.
    pub runs: u64,
}

/// What an app keeps in its folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "folders")]
pub enum FoldersView {
    /// The host has no place for folders.
    Nowhere,
    /// So much.
    Counted {
        /// The length of all files together.
        bytes: u64,
        /// Files, directories and links.
        entries: u64,
    },
    /// More entries than it may have: they are not counted to the end.
    TooMany,
}

impl From<FoldersUsed> for FoldersView {
    fn from(used: FoldersUsed) -> Self {
        match used {
            FoldersUsed::Counted { bytes, entries } => Self::Counted { bytes, entries },
            FoldersUsed::TooMany => Self::TooMany,
            _ => Self::Nowhere,
        }
    }
}

impl From<&AppUsage> for AppUsageView {
    fn from(usage: &AppUsage) -> Self {
        Self {
            app: usage.app.clone(),
            quota: usage.quota.as_ref().map(QuotaView::from),
            limits: usage.limits.into(),
            folders: usage.folders.into(),
            settings: usage.settings.settings,
            settings_bytes: usage.settings.bytes,
            registrations: usage.registrations,
            running: usage.running,
            runs: usage.runs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_app_limit_has_its_place_on_the_wire() {
        for key in AppLimitsRequest::KEYS {
            let mut asked = AppLimitsRequest::none();
            asked.set(key, "3").unwrap();
            let json = serde_json::to_value(AppLimitsView::from(asked)).unwrap();
            assert_eq!(json, serde_json::json!({ (key.replace('-', "_")): 3 }), "{key}");
            let view: AppLimitsView = serde_json::from_value(json).unwrap();
            assert_eq!(AppLimitsRequest::from(view), asked, "{key}");
        }
        assert!(serde_json::from_str::<AppLimitsView>(r#"{"folders":1}"#).is_err());
    }

    #[test]
    fn what_was_not_counted_says_so() {
        for (used, json) in [
            (FoldersUsed::Nowhere, r#"{"folders":"nowhere"}"#),
            (FoldersUsed::Counted { bytes: 5, entries: 1 }, r#"{"folders":"counted","bytes":5,"entries":1}"#),
            (FoldersUsed::TooMany, r#"{"folders":"too-many"}"#),
        ] {
            assert_eq!(serde_json::to_string(&FoldersView::from(used)).unwrap(), json);
        }
    }
}
