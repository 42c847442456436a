//! What apps have used of their quotas.

use std::sync::Arc;

use super::fixture::{app, at, other_app};
use crate::ids::AppId;
use crate::quota::QuotaState;
use crate::store::Store;

const fn spent(millis: i64, spent_us: u64) -> QuotaState {
    QuotaState { window_start: at(millis), spent_us }
}

async fn save(store: &Arc<dyn Store>, quotas: &[(AppId, QuotaState)]) {
    store.save_quotas(quotas).await.expect("the store works");
}

async fn kept(store: &Arc<dyn Store>) -> Vec<(AppId, QuotaState)> {
    store.quotas().await.expect("the store works")
}

pub(super) async fn are_listed_by_app_as_they_were_saved_last(store: Arc<dyn Store>) {
    assert!(kept(&store).await.is_empty());
    save(&store, &[]).await;
    assert!(kept(&store).await.is_empty());
    save(&store, &[(other_app(), spent(-5, 7)), (app(), spent(1, 2_000_000))]).await;
    assert_eq!(kept(&store).await, [(app(), spent(1, 2_000_000)), (other_app(), spent(-5, 7))]);
    for _ in 0..2 {
        save(&store, &[(app(), spent(900, u64::MAX))]).await;
        assert_eq!(kept(&store).await, [(app(), spent(900, u64::MAX)), (other_app(), spent(-5, 7))]);
    }
}

pub(super) async fn go_with_their_app(store: Arc<dyn Store>) {
    save(&store, &[(app(), spent(1, 2)), (other_app(), spent(3, 4))]).await;
    store.remove_app(&app(), at(60)).await.expect("the store works");
    assert_eq!(kept(&store).await, [(other_app(), spent(3, 4))]);
}
