//! What apps have used of their quotas.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::AppId;
use crate::quota::QuotaState;

/// What apps have used of their quotas of CPU time. Reads see earlier writes.
#[async_trait]
pub trait QuotaStore: Send + Sync {
    /// Inserts or replaces what each of these apps has used, in one step. What the others have stays. Goes with its app
    /// ([`AppStore::remove_app`](super::AppStore::remove_app)).
    async fn save_quotas(&self, quotas: &[(AppId, QuotaState)]) -> Result<(), StoreError>;

    /// All of them, by app.
    async fn quotas(&self) -> Result<Vec<(AppId, QuotaState)>, StoreError>;
}
