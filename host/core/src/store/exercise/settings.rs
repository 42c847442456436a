//! Settings of apps.

use std::sync::Arc;

use futures::future::join_all;

use super::fixture::{app, at, other_app};
use crate::app_limits::AppLimits;
use crate::ids::AppId;
use crate::settings::{SettingChange, SettingsError, SettingsSum};
use crate::store::Store;

const LIMITS: AppLimits =
    AppLimits { settings: 4, setting_bytes: 30, settings_bytes: 60, ..AppLimits::DEFAULT };

fn set(name: &str, value: impl Into<Vec<u8>>) -> SettingChange {
    SettingChange { name: name.to_owned(), value: Some(value.into()) }
}

fn delete(name: &str) -> SettingChange {
    SettingChange { name: name.to_owned(), value: None }
}

async fn change(store: &Arc<dyn Store>, app: &AppId, changes: &[SettingChange]) -> Result<(), SettingsError> {
    store.change_settings(app, changes, &LIMITS).await.expect("the store works")
}

async fn value(store: &Arc<dyn Store>, app: &AppId, name: &str) -> Option<Vec<u8>> {
    let mut values = store.settings(app, &[name.to_owned()]).await.expect("the store works");
    assert_eq!(values.len(), 1);
    values.pop().flatten()
}

async fn names(store: &Arc<dyn Store>, app: &AppId, skip: u64, limit: usize) -> Vec<String> {
    store.setting_names(app, skip, limit).await.expect("the store works")
}

pub(super) async fn are_of_one_app_and_listed_by_name(store: Arc<dyn Store>) {
    let changes = [set("b", "two"), set("a", vec![0, 255]), set("c", "")];
    change(&store, &app(), &changes).await.expect("there is room");
    change(&store, &other_app(), &[set("a", "theirs")]).await.expect("there is room");
    let asked = ["c", "nothing", "a", "a"].map(str::to_owned);
    let values = store.settings(&app(), &asked).await.expect("the store works");
    assert_eq!(values, [Some(vec![]), None, Some(vec![0, 255]), Some(vec![0, 255])]);
    assert_eq!(value(&store, &other_app(), "a").await, Some(b"theirs".to_vec()));
    assert_eq!(names(&store, &app(), 0, usize::MAX).await, ["a", "b", "c"]);
    assert_eq!(names(&store, &app(), 1, 1).await, ["b"]);
    assert!(names(&store, &app(), 3, 9).await.is_empty());
    assert!(names(&store, &app(), u64::MAX, 9).await.is_empty());
}

pub(super) async fn change_together_and_one_after_the_other(store: Arc<dyn Store>) {
    let changes = [set("a", "1"), set("b", "1"), delete("a"), set("b", "2"), delete("never")];
    for _ in 0..2 {
        change(&store, &app(), &changes).await.expect("there is room");
        assert_eq!(names(&store, &app(), 0, 9).await, ["b"]);
        assert_eq!(value(&store, &app(), "b").await, Some(b"2".to_vec()));
    }
}

pub(super) async fn above_a_limit_are_refused_and_nothing_changes(store: Arc<dyn Store>) {
    change(&store, &app(), &[set("a", vec![1; 20]), set("b", vec![1; 20])]).await.expect("there is room");
    for (changes, error) in [
        (vec![delete("a"), set("c", vec![0; 31])], SettingsError::Value { len: 31, max: 30 }),
        (vec![set("a", "x"), set("c", ""), set("d", ""), set("e", "")], SettingsError::Settings { max: 4 }),
        (vec![set("c", vec![0; 18])], SettingsError::Bytes { max: 60 }),
        (vec![set("a", "x"), set("", "")], SettingsError::Name { len: 0 }),
    ] {
        assert_eq!(change(&store, &app(), &changes).await, Err(error));
        assert_eq!(names(&store, &app(), 0, 9).await, ["a", "b"]);
        assert_eq!(value(&store, &app(), "a").await, Some(vec![1; 20]));
    }
    change(&store, &app(), &[set("c", vec![0; 17])]).await.expect("there is room to the byte");
    change(&store, &other_app(), &[set("c", vec![0; 30])]).await.expect("each has its own");
    change(&store, &app(), &[delete("a"), set("d", vec![0; 20])]).await.expect("what went made room");
}

pub(super) async fn are_summed_by_app(store: Arc<dyn Store>) {
    let sum = async |app| store.settings_sum(&app).await.expect("the store works");
    assert_eq!(sum(app()).await, SettingsSum::default());
    change(&store, &app(), &[set("a", vec![0; 20]), set("bc", ""), set("b", "x")])
        .await
        .expect("there is room");
    change(&store, &other_app(), &[set("é", "theirs")]).await.expect("there is room");
    assert_eq!(sum(app()).await, SettingsSum { settings: 3, bytes: 25 });
    assert_eq!(sum(other_app()).await, SettingsSum { settings: 1, bytes: 8 });
    change(&store, &app(), &[delete("a"), set("b", "")]).await.expect("there is room");
    assert_eq!(sum(app()).await, SettingsSum { settings: 2, bytes: 3 });
}

pub(super) async fn are_added_to_in_one_step(store: Arc<dyn Store>) {
    let add = async |name: &str, delta| {
        store.increment_setting(&app(), name, delta, &LIMITS).await.expect("the store works")
    };
    assert_eq!(add("n", 40).await, Ok(40));
    let sums = join_all((0..16).map(|_| add("n", 2))).await;
    let mut sums: Vec<_> = sums.into_iter().map(|sum| sum.expect("a number")).collect();
    sums.sort_unstable();
    assert!(sums.iter().copied().eq((1..=16).map(|n| 40 + 2 * n)), "each is counted once: {sums:?}");
    assert_eq!(value(&store, &app(), "n").await, Some(b"72".to_vec()));

    change(&store, &app(), &[set("text", "acorn")]).await.expect("there is room");
    assert_eq!(add("text", 1).await, Err(SettingsError::NotANumber));
    assert_eq!(add("n", u64::MAX).await, Err(SettingsError::Overflow));
    assert_eq!(value(&store, &app(), "n").await, Some(b"72".to_vec()));
    change(&store, &app(), &[set("x", ""), set("y", "")]).await.expect("there is room");
    assert_eq!(add("z", 1).await, Err(SettingsError::Settings { max: 4 }));
}

pub(super) async fn go_with_their_app(store: Arc<dyn Store>) {
    for of in [app(), other_app()] {
        change(&store, &of, &[set("a", vec![0; 30]), set("b", vec![0; 28])]).await.expect("there is room");
    }
    store.remove_app(&app(), at(60)).await.expect("the store works");
    assert!(names(&store, &app(), 0, 9).await.is_empty());
    assert_eq!(names(&store, &other_app(), 0, 9).await, ["a", "b"]);
    change(&store, &app(), &[set("a", vec![0; 30])]).await.expect("another of the same name begins anew");
}
