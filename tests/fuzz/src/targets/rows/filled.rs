//! A store with something in each of its tables.

use std::sync::Arc;

use dormouse_core::completion::RunOutput;
use dormouse_core::overlap::Refusal;
use dormouse_core::quota::QuotaState;
use dormouse_core::settings::SettingChange;
use dormouse_core::store::exercise::fixture::{
    activation, app, ask, at, completed, enqueue, failed, firing, over, record, register, registration,
    retried, running, succeeded, waiting,
};
use dormouse_core::store::{Finish, Store};
use dormouse_core::{
    AccessStatus, AppLimits, AppRecord, Cursor, Message, Overlap, Secret, Trigger, TriggerDetails,
    Undelivered, Webhook,
};

/// Activations are numbered from 1 to this.
pub(super) const ACTIVATIONS: u128 = 8;

/// A setting of the app.
pub(super) const SETTING: &str = "theme";

/// Fills `store`.
pub(super) async fn fill(store: &Arc<dyn Store>) {
    let app_record = AppRecord::new(app(), AccessStatus::AlwaysAllowed);
    store.save_app(app_record).await.expect("the store works");
    register(store, 1).await;
    for (n, trigger) in [
        (2, r#"{"kind":"cron","expression":"*/5 * * * *","time_zone":"Europe/Berlin","misfire":"skip"}"#),
        (3, r#"{"kind":"time","every":{"secs":900,"nanos":0},"one_shot":false,"misfire":"coalesce"}"#),
        (4, r#"{"kind":"signal","topic":"a","one_shot":false}"#),
    ] {
        let mut record = record(n);
        record.registration.trigger = serde_json::from_str::<Trigger>(trigger).expect("a trigger");
        store.save_registration(record).await.expect("the store works");
    }
    store.note_refusal(registration(1), Refusal::QueueFull, at(5)).await.expect("the store works");

    completed(store, 1, 1, 10).await;
    over(store, 2, 1, 20, failed()).await;
    retried(store, 3, 1, 30).await;
    waiting(store, 4, 1, 40).await;
    let lease = running(store, 5, 1, 50).await;
    let wrote = RunOutput { stdout: b"out".to_vec(), stderr: b"err".to_vec() };
    let finish = Finish { output: Some(Arc::new(wrote)), ..succeeded(&lease) };
    store.finish(finish).await.expect("the store works");
    running(store, 6, 1, 60).await;
    let mut message = firing(7, 4, 70);
    message.details = TriggerDetails::Message(Message {
        topic: "a".to_owned(),
        content_type: "text/plain".to_owned(),
        body: b"hello".to_vec(),
    });
    enqueue(store, ask(message, Overlap::Coalesce)).await;
    // Counted into the one before.
    enqueue(store, ask(firing(8, 4, 80), Overlap::Coalesce)).await;

    store.commit_cursor("reader", Cursor(1)).await.expect("the store works");
    let hook = Webhook {
        name: "hook".to_owned(),
        url: "https://example.org/hook".to_owned(),
        secret: Secret::new("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned()),
        app: Some(app()),
        registration: None,
        created_at: at(1),
    };
    store.save_webhook(hook).await.expect("the store works");
    let undelivered = Undelivered {
        webhook: "hook".to_owned(),
        cursor: Cursor(1),
        activation: activation(1),
        attempts: 3,
        error: "no answer".to_owned(),
        at: at(90),
    };
    store.note_undelivered(undelivered).await.expect("the store works");
    let spent = QuotaState { window_start: at(1), spent_us: 1_500_000 };
    store.save_quotas(&[(app(), spent)]).await.expect("the store works");
    for name in [SETTING, "another"] {
        let change = SettingChange { name: name.to_owned(), value: Some(b"dark".to_vec()) };
        let kept = store.change_settings(&app(), &[change], &AppLimits::DEFAULT).await;
        kept.expect("the store works").expect("there is room");
    }
}
