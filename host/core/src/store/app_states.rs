//! What apps were.

use async_trait::async_trait;

use super::StoreError;
use crate::app::previous::AppStateRecord;
use crate::ids::AppId;

/// What apps were, for when their host has fallen. Reads see earlier writes.
#[async_trait]
pub trait AppStateStore: Send + Sync {
    /// Inserts or replaces; durable when it answers. Goes with its app
    /// ([`AppStore::remove_app`](super::AppStore::remove_app)).
    async fn put_app_state(&self, record: AppStateRecord) -> Result<(), StoreError>;

    /// What is kept of `app`; none if nothing was ever put.
    async fn app_state(&self, app: &AppId) -> Result<Option<AppStateRecord>, StoreError>;
}
