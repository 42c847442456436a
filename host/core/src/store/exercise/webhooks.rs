//! Webhooks, and what they could not deliver.

use std::sync::Arc;

use futures::future::join_all;

use crate::completion::{Cursor, Subscriber};
use crate::store::Store;
use crate::webhook::{Secret, UNDELIVERED_KEPT_MAX, Undelivered, Webhook};

use super::fixture::{activation, app, at, registration};

fn webhook(name: &str) -> Webhook {
    Webhook {
        name: name.to_owned(),
        url: format!("https://example.org/{name}"),
        secret: Secret::new(format!("secret of {name}")),
        app: None,
        registration: None,
        created_at: at(1),
    }
}

fn undelivered(webhook: &str, cursor: u64) -> Undelivered {
    Undelivered {
        webhook: webhook.to_owned(),
        cursor: Cursor(cursor),
        activation: activation(cursor.into()),
        attempts: 12,
        error: "connection refused".to_owned(),
        at: at(9),
    }
}

async fn save(store: &Arc<dyn Store>, webhook: Webhook) {
    store.save_webhook(webhook).await.expect("the store works");
}

async fn note(store: &Arc<dyn Store>, undelivered: Undelivered) {
    store.note_undelivered(undelivered).await.expect("the store works");
}

async fn kept(store: &Arc<dyn Store>, webhook: &str) -> Vec<Undelivered> {
    store.undelivered(webhook, usize::MAX).await.expect("the store works")
}

async fn cursor(store: &Arc<dyn Store>, name: &str) -> Option<Cursor> {
    store.cursor(&Webhook::subscriber(name)).await.expect("the store works")
}

pub(super) async fn are_listed_by_name_as_they_were_saved(store: Arc<dyn Store>) {
    assert!(store.webhooks().await.expect("the store works").is_empty());
    let of_app = Webhook { app: Some(app()), registration: Some(registration(1)), ..webhook("audit") };
    for webhook in [webhook("mail"), of_app.clone(), webhook("chat")] {
        save(&store, webhook).await;
    }
    let all = store.webhooks().await.expect("the store works");
    assert_eq!(all, [of_app, webhook("chat"), webhook("mail")]);
    assert!(store.subscribers().await.expect("the store works").is_empty(), "none has delivered anything");

    note(&store, undelivered("mail", 3)).await;
    let moved = Webhook { url: "https://example.com".to_owned(), created_at: at(7), ..webhook("mail") };
    save(&store, moved.clone()).await;
    let all = store.webhooks().await.expect("the store works");
    assert_eq!(all[2], moved);
    assert_eq!(cursor(&store, "mail").await, Some(Cursor(3)), "whoever moves goes on where it was");
    assert_eq!(kept(&store, "mail").await, [undelivered("mail", 3)]);
}

pub(super) async fn are_removed_with_all_that_is_theirs(store: Arc<dyn Store>) {
    for name in ["mail", "chat"] {
        save(&store, webhook(name)).await;
        note(&store, undelivered(name, 3)).await;
    }
    assert!(store.remove_webhook("mail").await.expect("the store works"));
    assert!(!store.remove_webhook("mail").await.expect("the store works"), "once");
    assert_eq!(store.webhooks().await.expect("the store works"), [webhook("chat")]);
    let chat = Subscriber { name: "webhook:chat".to_owned(), cursor: Cursor(3) };
    assert_eq!(store.subscribers().await.expect("the store works"), [chat], "nothing is kept for it");
    assert!(kept(&store, "mail").await.is_empty());
    assert_eq!(kept(&store, "chat").await, [undelivered("chat", 3)]);

    save(&store, webhook("mail")).await;
    assert!(kept(&store, "mail").await.is_empty(), "another of the same name has none of it");
    assert_eq!(cursor(&store, "mail").await, None);
}

pub(super) async fn move_on_when_a_delivery_is_given_up(store: Arc<dyn Store>) {
    save(&store, webhook("mail")).await;
    store.commit_cursor(&Webhook::subscriber("mail"), Cursor(2)).await.expect("the store works");
    for (place, then) in [(5, 5), (3, 5), (5, 5), (8, 8)] {
        note(&store, undelivered("mail", place)).await;
        assert_eq!(cursor(&store, "mail").await, Some(Cursor(then)));
    }
    let all = [3, 5, 8].map(|place| undelivered("mail", place));
    assert_eq!(kept(&store, "mail").await, all, "each once, the oldest first");
    assert_eq!(store.undelivered("mail", 2).await.expect("the store works"), all[..2]);
    assert!(store.undelivered("mail", 0).await.expect("the store works").is_empty());
    assert!(kept(&store, "chat").await.is_empty());
}

pub(super) async fn that_are_not_there_keep_nothing(store: Arc<dyn Store>) {
    note(&store, undelivered("gone", 5)).await;
    assert!(kept(&store, "gone").await.is_empty());
    assert!(store.subscribers().await.expect("the store works").is_empty(), "nothing is kept for nobody");
}

pub(super) async fn forget_what_was_delivered_after_all(store: Arc<dyn Store>) {
    for name in ["mail", "chat"] {
        save(&store, webhook(name)).await;
        note(&store, undelivered(name, 3)).await;
    }
    note(&store, undelivered("mail", 4)).await;
    for (name, place, was_there) in
        [("mail", 3, true), ("mail", 3, false), ("mail", 9, false), ("gone", 3, false)]
    {
        let removed = store.remove_undelivered(name, Cursor(place)).await.expect("the store works");
        assert_eq!(removed, was_there, "{name} {place}");
    }
    assert_eq!(kept(&store, "mail").await, [undelivered("mail", 4)]);
    assert_eq!(kept(&store, "chat").await, [undelivered("chat", 3)]);
    assert_eq!(cursor(&store, "mail").await, Some(Cursor(4)), "it does not deliver them again");
}

pub(super) async fn keep_the_newest_of_many_that_were_given_up(store: Arc<dyn Store>) {
    for name in ["mail", "chat"] {
        save(&store, webhook(name)).await;
    }
    note(&store, undelivered("chat", 1)).await;
    let last = UNDELIVERED_KEPT_MAX as u64 + 2;
    // Together, so that a store which writes to a disk can do so once for many.
    join_all((1..=last).map(|place| note(&store, undelivered("mail", place)))).await;
    let kept_of_mail = kept(&store, "mail").await;
    assert_eq!(kept_of_mail.len(), UNDELIVERED_KEPT_MAX);
    assert_eq!(kept_of_mail.first().map(|u| u.cursor), Some(Cursor(3)), "the oldest are forgotten");
    assert_eq!(kept_of_mail.last().map(|u| u.cursor), Some(Cursor(last)));
    assert_eq!(kept(&store, "chat").await.len(), 1, "of each webhook");
}
