//! What a sandbox needs of its app's settings.

use std::sync::Arc;

use dormouse_core::{AppId, AppLimits, Store};

/// The settings of the guest's app, and of no other.
#[derive(Clone)]
pub(crate) struct AppSettings {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) app: AppId,
    /// What it may keep.
    pub(crate) limits: AppLimits,
}
