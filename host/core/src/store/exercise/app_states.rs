//! What apps were.

use std::sync::Arc;

use super::fixture::{app, at, other_app};
use crate::access::AccessStatus;
use crate::app::AppRecord;
use crate::app::previous::{AppStateRecord, Kept};
use crate::ids::AppId;
use crate::store::Store;

async fn put(store: &Arc<dyn Store>, record: &AppStateRecord) {
    store.put_app_state(record.clone()).await.expect("the store works");
}

async fn kept(store: &Arc<dyn Store>, app: &AppId) -> Option<AppStateRecord> {
    store.app_state(app).await.expect("the store works")
}

pub(super) async fn are_kept_as_they_were_put_last(store: Arc<dyn Store>) {
    assert_eq!(kept(&store, &app()).await, None);
    let mut record = AppStateRecord::new(app(), at(1));
    put(&store, &record).await;
    assert_eq!(kept(&store, &app()).await, Some(record.clone()));
    let theirs = AppStateRecord { kept: Some(Kept::Running), ..AppStateRecord::new(other_app(), at(-5)) };
    put(&store, &theirs).await;
    let all = [Kept::Running, Kept::NotRunning, Kept::Terminated, Kept::ClosedByUser];
    for (millis, kept_now) in (2..).zip(all) {
        record = AppStateRecord {
            kept: Some(kept_now),
            at: at(millis),
            prelaunch: Some(millis % 2 == 0),
            ..record
        };
        for _ in 0..2 {
            put(&store, &record).await;
            assert_eq!(kept(&store, &app()).await, Some(record.clone()));
        }
        assert_eq!(kept(&store, &other_app()).await, Some(theirs.clone()), "another app's");
    }
    // It is replaced whole.
    let forgotten = AppStateRecord::new(app(), at(9));
    put(&store, &forgotten).await;
    assert_eq!(kept(&store, &app()).await, Some(forgotten));
}

pub(super) async fn go_with_their_app(store: Arc<dyn Store>) {
    let installed = AppRecord::new(app(), AccessStatus::AlwaysAllowed);
    store.save_app(installed.clone()).await.expect("the store works");
    for app in [app(), other_app()] {
        put(&store, &AppStateRecord { kept: Some(Kept::Terminated), ..AppStateRecord::new(app, at(1)) })
            .await;
    }
    store.save_app(installed).await.expect("the store works");
    assert!(kept(&store, &app()).await.is_some(), "another version of an app is the same app");
    store.remove_app(&app(), at(60)).await.expect("the store works");
    assert_eq!(kept(&store, &app()).await, None);
    assert!(kept(&store, &other_app()).await.is_some());
}
