//! Webhooks that are made, replaced and removed, and those that are not.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dormouse::testing::Rig;
use dormouse_control::webhook::{NewWebhook, WEBHOOKS_MAX, WebhookConfig, WebhookError};
use dormouse_core::Secret;
use futures::future;
use tokio::sync::Semaphore;

use crate::eventually::eventually;
use crate::receiver::{Answer, Receiver, status};
use crate::{NAME, attempts, cursor, deliverer, deliverer_with, hook, kept_only, task, until};

#[test]
fn a_webhook_is_told_of_nothing_that_was_before_it() {
    Rig::run(async |rig| {
        let mut receiver = Receiver::start([]).await;
        let deliverer = deliverer(rig).await;
        let id = task(rig).await;
        rig.fire(id, "").await;
        for _ in 0..2 {
            assert!(deliverer.save(hook(&receiver.url)).await.unwrap().made);
            let completion = rig.fire(id, "").await;
            assert_eq!(receiver.next().await.cursor(), completion.cursor.0);
            // Not even of what was while one of its name was there.
            assert!(deliverer.remove(NAME).await.unwrap());
            rig.fire(id, "").await;
        }
        assert!(receiver.came().is_empty());
    });
}

#[test]
fn a_webhook_that_moves_is_told_there_what_it_was_not_told_before() {
    Rig::run(async |rig| {
        let mut before = Receiver::start([Answer::Never]).await;
        let deliverer = deliverer(rig).await;
        let made = deliverer.save(hook(&before.url)).await.unwrap();
        let id = task(rig).await;
        rig.fire(id, "").await;
        let told = before.next().await;

        let mut after = Receiver::start([]).await;
        let moved = deliverer.save(hook(&after.url)).await.unwrap();
        assert!(made.made && !moved.made);
        assert_eq!(moved.webhook.secret, made.webhook.secret);
        assert_eq!(moved.webhook.created_at, made.webhook.created_at);
        assert_eq!(after.next().await.id(), told.id());
        until("the delivery", &deliverer, |status| status.lag == 0).await;
        assert!(before.came().is_empty());
    });
}

#[test]
fn a_webhook_that_is_removed_while_it_is_told_leaves_nothing() {
    Rig::run(async |rig| {
        let mut receiver = Receiver::start([status(200), Answer::Never]).await;
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let id = task(rig).await;
        for _ in 0..2 {
            rig.fire(id, "").await;
            receiver.next().await;
        }
        assert!(deliverer.remove(NAME).await.unwrap());
        rig.settle().await;
        assert_eq!(cursor(rig).await, None, "its cursor would keep completions for it for ever");
        assert!(deliverer.list().await.unwrap().is_empty());
        assert!(!deliverer.remove(NAME).await.unwrap());
        for error in
            [deliverer.test(NAME).await.unwrap_err(), deliverer.undelivered(NAME, 1).await.unwrap_err()]
        {
            assert!(matches!(error, WebhookError::NotFound(_)), "{error}");
        }
    });
}

#[test]
fn a_change_that_nobody_waits_for_is_made_to_its_end() {
    Rig::run(async |rig| {
        let before = Receiver::start([]).await;
        let mut after = Receiver::start([]).await;
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&before.url)).await.unwrap();
        let id = task(rig).await;
        {
            let mut saving = std::pin::pin!(deliverer.save(hook(&after.url)));
            assert!(futures::poll!(&mut saving).is_pending(), "it takes a while");
        }
        rig.fire(id, "").await;
        after.next().await;
        {
            let mut removing = std::pin::pin!(deliverer.remove(NAME));
            assert!(futures::poll!(&mut removing).is_pending(), "it takes a while");
        }
        eventually("it to be gone", async || deliverer.list().await.unwrap().is_empty().then_some(())).await;
    });
}

#[test]
fn a_test_says_that_it_is_one() {
    Rig::run(async |rig| {
        let mut receiver = Receiver::start([status(204), status(401)]).await;
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let begun = cursor(rig).await;
        deliverer.test(NAME).await.unwrap();
        let got = receiver.next().await;
        assert_eq!(got.json["type"], "test");
        assert!(got.json.get("completion").is_none());
        let error = deliverer.test(NAME).await.unwrap_err().to_string();
        assert!(error.contains("401"), "{error}");
        assert_eq!(cursor(rig).await, begun);
    });
}

#[test]
fn what_is_sent_by_hand_waits_for_its_turn() {
    Rig::run(async |rig| {
        let open = Arc::new(Semaphore::new(0));
        let mut receiver = Receiver::start([Answer::With200When(open.clone())]).await;
        let mut elsewhere = Receiver::start([]).await;
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let other = NewWebhook { name: "other".to_owned(), ..hook(&elsewhere.url) };
        deliverer.save(other).await.unwrap();
        let id = task(rig).await;
        rig.fire(id, "").await;
        receiver.next().await;
        elsewhere.next().await;
        let after = async {
            deliverer.test("other").await.unwrap();
            assert!(receiver.came().is_empty(), "what was asked for later was sent there, and this was not");
            open.add_permits(1);
        };
        let (sent, ()) = future::join(deliverer.test(NAME), after).await;
        sent.unwrap();
        assert_eq!(receiver.most_at_once.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn addresses_that_nobody_should_be_sent_to_are_refused_by_what_they_resolve_to() {
    Rig::run(async |rig| {
        let mut receiver = Receiver::start([]).await;
        let strict = WebhookConfig { private_addresses: false, ..attempts(1) };
        let strict = deliverer_with(rig, strict).await;
        for url in [
            receiver.url.as_str(),
            "http://[::1]/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://10.0.0.1/",
        ] {
            let error = strict.save(hook(url)).await.unwrap_err();
            assert!(matches!(error, WebhookError::Url(_)), "{url}: {error}");
        }
        // A name is judged when it is used.
        let named = receiver.url.replace("127.0.0.1", "localhost");
        strict.save(hook(&named)).await.unwrap();
        let error = strict.test(NAME).await.unwrap_err().to_string();
        assert!(error.contains("private network"), "{error}");
        strict.stop().await;

        let lenient = deliverer(rig).await;
        lenient.test(NAME).await.unwrap();
        assert_eq!(receiver.came().len(), 1);
        for url in ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/"]
        {
            let error = lenient.save(hook(url)).await.unwrap_err();
            assert!(matches!(error, WebhookError::Url(_)), "{url}: {error}");
        }
    });
}

#[test]
fn what_no_webhook_can_have_is_refused_and_what_is_there_stays() {
    Rig::run(async |rig| {
        let deliverer = deliverer(rig).await;
        let made = deliverer.save(hook("https://example.com/a")).await.unwrap();
        for (name, url, secret) in [
            ("a/b", "https://example.com", None),
            (NAME, "ftp://example.com", None),
            (NAME, "https://example.com", Some("hunter2")),
        ] {
            let mut bad = hook(url);
            bad.name = name.to_owned();
            bad.secret = secret.map(|secret| Secret::new(secret.to_owned()));
            assert!(deliverer.save(bad).await.is_err(), "{name} {url} {secret:?}");
        }
        assert_eq!(rig.store.webhooks().await.unwrap(), [made.webhook]);
    });
}

#[test]
fn there_are_so_many_webhooks_and_no_more() {
    Rig::run(async |rig| {
        let deliverer = deliverer_with(rig, kept_only()).await;
        let numbered = |n: usize| {
            let mut hook = hook("https://example.com/");
            hook.name = format!("hook-{n}");
            hook
        };
        for n in 0..WEBHOOKS_MAX {
            deliverer.save(numbered(n)).await.unwrap();
        }
        let error = deliverer.save(numbered(WEBHOOKS_MAX)).await.unwrap_err();
        assert!(matches!(error, WebhookError::TooMany), "{error}");
        deliverer.save(numbered(0)).await.unwrap();
        assert!(deliverer.remove("hook-0").await.unwrap());
        deliverer.save(numbered(WEBHOOKS_MAX)).await.unwrap();
    });
}

#[test]
fn no_secret_is_shown_in_what_is_logged() {
    Rig::run(async |rig| {
        let deliverer = deliverer(rig).await;
        let saved = deliverer.save(hook("https://example.com/")).await.unwrap();
        let secret = saved.webhook.secret.reveal();
        let shown = format!("{saved:?} {deliverer:?} {:?}", deliverer.list().await.unwrap());
        assert!(shown.contains("example.com") && !shown.contains(secret), "{shown}");
    });
}
