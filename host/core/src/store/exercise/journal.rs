//! Completions in order, and how far each subscriber has read.

use std::sync::Arc;

use crate::activation::After;
use crate::completion::{Cursor, Subscriber};
use crate::outcome::Outcome;
use crate::store::{Finish, Finished, Store};

use super::fixture::{activation, at, claim, completed, ended, failed, finish, register, running, succeeded};

pub(super) async fn is_in_order_and_pages(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let mut written = vec![];
    for n in [5, 3, 9, 1, 7] {
        let completion = completed(&store, n, 1, 1).await;
        assert_eq!(store.head().await.expect("the store works"), completion.cursor);
        written.push(completion);
    }
    assert!(written.is_sorted_by(|a, b| a.cursor < b.cursor), "cursors grow: {written:?}");

    let (mut after, mut read) = (Cursor::default(), vec![]);
    loop {
        let page = store.completions(after, 2).await.expect("the store works");
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = last.cursor;
        read.extend(page);
    }
    assert_eq!(read, written);
    assert!(store.completions(Cursor(u64::MAX), 9).await.expect("the store works").is_empty());
}

pub(super) async fn begins_before_the_first(store: Arc<dyn Store>) {
    let before = store.head().await.expect("the store works");
    register(&store, 1).await;
    let completion = completed(&store, 1, 1, 1).await;
    assert!(before < completion.cursor);
    assert_eq!(store.completions(before, 9).await.expect("the store works"), [completion]);
}

pub(super) async fn holds_completions_only(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let first = completed(&store, 1, 1, 1).await;
    for (n, after, outcome) in
        [(2, After::Retry { not_before: at(2) }, failed()), (3, After::Again, Outcome::Interrupted)]
    {
        let lease = running(&store, n, 1, 1).await;
        finish(&store, Finish::new(ended(&lease, outcome), after)).await;
    }
    assert_eq!(store.head().await.expect("the store works"), first.cursor);
    let last = completed(&store, 4, 1, 1).await;
    assert_eq!(store.completions(Cursor::default(), 2).await.expect("the store works"), [first, last]);
}

pub(super) async fn finds_the_completion_of_an_activation(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let first = completed(&store, 1, 1, 1).await;
    let lease = running(&store, 2, 1, 2).await;
    let of = |n| {
        let store = Arc::clone(&store);
        async move { store.completion(activation(n)).await.expect("the store works") }
    };
    assert_eq!(of(1).await, Some(first));
    assert_eq!(of(2).await, None, "it runs");
    let retry = Finish::new(ended(&lease, failed()), After::Retry { not_before: at(3) });
    finish(&store, retry).await;
    assert_eq!(of(2).await, None, "it waits for its next attempt");
    let second = store.claim(activation(2), claim(3, 3)).await.expect("the store works").expect("it waits");
    let Finished::Completed(last) = finish(&store, succeeded(&second)).await else { panic!("it ends") };
    assert_eq!(of(2).await, Some(last), "of its last run");
    assert_eq!(of(3).await, None, "there is none");
}

pub(super) async fn cursor_never_goes_back(store: Arc<dyn Store>) {
    let read = |subscriber: &'static str| {
        let store = Arc::clone(&store);
        async move { store.cursor(subscriber).await.expect("the store works") }
    };
    assert_eq!(read("mail").await, None);
    for (to, then) in [(5, 5), (3, 5), (8, 8)] {
        store.commit_cursor("mail", Cursor(to)).await.expect("the store works");
        assert_eq!(read("mail").await, Some(Cursor(then)));
    }
    store.commit_cursor("log", Cursor(0)).await.expect("the store works");
    assert_eq!(read("log").await, Some(Cursor(0)), "to have read nothing is something to say");
    assert_eq!(read("mail").await, Some(Cursor(8)));
}

pub(super) async fn lists_subscribers_by_name_and_forgets_them(store: Arc<dyn Store>) {
    assert!(store.subscribers().await.expect("the store works").is_empty());
    for (name, cursor) in [("mail", 5), ("audit", 0), ("webhook:log", 7), ("mail", 3)] {
        store.commit_cursor(name, Cursor(cursor)).await.expect("the store works");
    }
    let expected = [("audit", 0), ("mail", 5), ("webhook:log", 7)]
        .map(|(name, cursor)| Subscriber { name: name.to_owned(), cursor: Cursor(cursor) });
    assert_eq!(store.subscribers().await.expect("the store works"), expected);

    assert!(store.remove_subscriber("mail").await.expect("the store works"));
    assert!(!store.remove_subscriber("mail").await.expect("the store works"), "once");
    assert_eq!(store.cursor("mail").await.expect("the store works"), None);
    assert_eq!(
        store.subscribers().await.expect("the store works"),
        [&expected[0], &expected[2]].map(Clone::clone)
    );
    store.commit_cursor("mail", Cursor(1)).await.expect("the store works");
    let cursor = store.cursor("mail").await.expect("the store works");
    assert_eq!(cursor, Some(Cursor(1)), "whoever comes again begins where it says");
}
