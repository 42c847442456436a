//! Settings of apps.

use async_trait::async_trait;

use super::StoreError;
use crate::app_limits::AppLimits;
use crate::ids::AppId;
use crate::settings::{SettingChange, SettingsError, SettingsSum};

/// Settings of apps. Reads see earlier writes. They go with their app
/// ([`AppStore::remove_app`](super::AppStore::remove_app)).
#[async_trait]
pub trait SettingsStore: Send + Sync {
    /// The values of these settings of `app`, in their order; none for each that is not there.
    async fn settings(&self, app: &AppId, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// Up to `limit` names of settings of `app`, by name, without the first `skip`.
    async fn setting_names(&self, app: &AppId, skip: u64, limit: usize) -> Result<Vec<String>, StoreError>;

    /// How much `app` keeps as settings.
    async fn settings_sum(&self, app: &AppId) -> Result<SettingsSum, StoreError>;

    /// Changes settings of `app`, one after the other and in one step: all, or none if what it keeps then would be
    /// more than `limits` allow.
    async fn change_settings(
        &self,
        app: &AppId,
        changes: &[SettingChange],
        limits: &AppLimits,
    ) -> Result<Result<(), SettingsError>, StoreError>;

    /// Adds `delta` to the number that a setting of `app` is, in one step; answers the sum. Unlike other commands, it
    /// counts again if it is repeated.
    async fn increment_setting(
        &self,
        app: &AppId,
        name: &str,
        delta: u64,
        limits: &AppLimits,
    ) -> Result<Result<u64, SettingsError>, StoreError>;
}
