//! Receivers that do not take what they are told.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Response;
use dormouse::testing::Rig;
use dormouse_control::webhook::{ANSWER_SHOWN_MAX, WebhookConfig, WebhookError};
use futures::stream;

use crate::receiver::{Answer, Receiver, status, with};
use crate::{NAME, SECOND, attempts, cursor, deliverer, deliverer_with, hook, task, until};

/// Moments on the wall are whole microseconds, waits are not.
const ROUNDED: Duration = Duration::from_micros(1);

#[test]
fn what_failed_comes_again_after_a_while_and_is_the_same() {
    Rig::run(async |rig| {
        let mut receiver = Receiver::start([status(500), status(404)]).await;
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let begun = cursor(rig).await;
        let id = task(rig).await;
        let completion = rig.fire(id, "").await;

        let first = receiver.next().await;
        let failing =
            until("a failure", &deliverer, |status| status.failed_attempts == 1).await.failing.unwrap();
        assert_eq!(failing.attempts, 1);
        assert_eq!(failing.error, "the receiver answered 500 Internal Server Error");
        let wait = failing.next_at.since(rig.now());
        assert!(SECOND / 2 <= wait && wait <= SECOND, "{wait:?}");
        rig.advance(wait - Duration::from_millis(1)).await;
        assert!(receiver.came().is_empty(), "not before");
        rig.advance(Duration::from_millis(1) + ROUNDED).await;

        let second = receiver.next().await;
        assert_eq!((second.id(), &second.body), (first.id(), &first.body));
        let failing =
            until("a failure", &deliverer, |status| status.failed_attempts == 2).await.failing.unwrap();
        let wait = failing.next_at.since(rig.now());
        assert!(SECOND <= wait && wait <= 2 * SECOND, "twice as long: {wait:?}");
        assert_eq!(cursor(rig).await, begun, "it moves with the success alone");
        rig.advance(wait + ROUNDED).await;

        assert_eq!(receiver.next().await.id(), first.id());
        let status = until("the delivery", &deliverer, |status| status.lag == 0).await;
        assert_eq!((status.delivered, status.given_up, status.failing), (1, 0, None));
        assert_eq!(cursor(rig).await, Some(completion.cursor));
    });
}

#[test]
fn what_is_given_up_is_kept_and_the_next_goes_on() {
    Rig::run(async |rig| {
        let mut receiver = Receiver::start([status(500), status(502)]).await;
        let deliverer = deliverer_with(rig, attempts(2)).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let id = task(rig).await;
        let lost = rig.fire(id, "").await;
        let first = receiver.next().await;
        until("a failure", &deliverer, |status| status.failing.is_some()).await;
        rig.advance(SECOND).await;
        until("giving up", &deliverer, |status| status.given_up == 1 && status.lag == 0).await;
        let undelivered = deliverer.undelivered(NAME, 10).await.unwrap();
        assert_eq!(undelivered.len(), 1);
        let undelivered = &undelivered[0];
        assert_eq!((undelivered.cursor, undelivered.activation), (lost.cursor, lost.run.activation));
        assert_eq!((undelivered.attempts, undelivered.at), (2, rig.now()));
        assert_eq!(undelivered.error, "the receiver answered 502 Bad Gateway");
        receiver.came();

        let next = rig.fire(id, "").await;
        assert_eq!(receiver.next().await.cursor(), next.cursor.0);

        // By hand, when the receiver is mended: once it is not yet.
        receiver.then(status(500));
        let error = deliverer.redeliver(NAME, lost.cursor).await.unwrap_err();
        assert!(matches!(error, WebhookError::NotDelivered(_)), "{error}");
        receiver.next().await;
        assert_eq!(deliverer.undelivered(NAME, 10).await.unwrap().len(), 1, "it stays");
        deliverer.redeliver(NAME, lost.cursor).await.unwrap();
        assert_eq!(receiver.next().await.id(), first.id(), "a receiver knows it again");
        assert!(deliverer.undelivered(NAME, 10).await.unwrap().is_empty());
        let error = deliverer.redeliver(NAME, lost.cursor).await.unwrap_err();
        assert!(matches!(error, WebhookError::NotUndelivered { .. }), "{error}");
    });
}

#[test]
fn a_receiver_that_is_gone_is_not_asked_again() {
    Rig::run(async |rig| {
        let receiver = Receiver::start([status(410)]).await;
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let id = task(rig).await;
        let lost = rig.fire(id, "").await;
        until("giving up", &deliverer, |status| status.given_up == 1 && status.lag == 0).await;
        assert_eq!(deliverer.undelivered(NAME, 10).await.unwrap()[0].attempts, 1);
        assert!(deliverer.discard(NAME, lost.cursor).await.unwrap());
        assert!(!deliverer.discard(NAME, lost.cursor).await.unwrap());
        assert!(deliverer.undelivered(NAME, 10).await.unwrap().is_empty());
    });
}

#[test]
fn a_receiver_says_when_to_come_again_within_the_policys_longest_wait() {
    Rig::run(async |rig| {
        let script = [
            with(503, "retry-after", "60"),
            with(429, "retry-after", "86400"),
            with(500, "retry-after", "60"),
        ];
        let receiver = Receiver::start(script).await;
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let id = task(rig).await;
        rig.fire(id, "").await;
        let longest = WebhookConfig::default().retry.max();
        for (failures, expected) in [(1, Some(60 * SECOND)), (2, Some(longest)), (3, None)] {
            let status = until("a failure", &deliverer, |status| status.failed_attempts == failures).await;
            let wait = status.failing.unwrap().next_at.since(rig.now());
            match expected {
                Some(expected) => assert!(wait <= expected && expected <= wait + ROUNDED, "{wait:?}"),
                None => assert!(wait <= 4 * SECOND, "only busy receivers are asked: {wait:?}"),
            }
            rig.advance(wait + ROUNDED).await;
        }
        until("the delivery", &deliverer, |status| status.delivered == 1).await;
    });
}

#[test]
fn redirects_are_not_followed() {
    Rig::run(async |rig| {
        let mut elsewhere = Receiver::start([]).await;
        for code in [301, 302, 307, 308] {
            let receiver = Receiver::start([with(code, "location", &elsewhere.url)]).await;
            let deliverer = deliverer_with(rig, attempts(1)).await;
            deliverer.save(hook(&receiver.url)).await.unwrap();
            let error = deliverer.test(NAME).await.unwrap_err().to_string();
            assert!(error.contains(&code.to_string()) && error.contains("not followed"), "{error}");
            assert!(error.contains(&elsewhere.url), "{error}");
        }
        assert!(elsewhere.came().is_empty());
    });
}

#[test]
fn a_receiver_that_does_not_answer_is_left() {
    Rig::run(async |rig| {
        let receiver = Receiver::start([Answer::Never]).await;
        let config = WebhookConfig { request_timeout: Duration::from_millis(20), ..attempts(1) };
        let deliverer = deliverer_with(rig, config).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let id = task(rig).await;
        rig.fire(id, "").await;
        until("giving up", &deliverer, |status| status.given_up == 1 && status.lag == 0).await;
        let error = &deliverer.undelivered(NAME, 10).await.unwrap()[0].error;
        assert!(error.contains("timed out"), "{error}");
        assert!(!error.contains("told?by"), "the address may hold a secret: {error}");
    });
}

#[test]
fn of_an_answer_without_end_only_the_beginning_is_read() {
    Rig::run(async |rig| {
        let endless = || {
            let chunks =
                stream::repeat_with(|| Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b'x'; 1024])));
            Body::from_stream(chunks)
        };
        let answer = |status| Answer::With(Response::builder().status(status).body(endless()).unwrap());
        let receiver = Receiver::start([answer(500), answer(200)]).await;
        let deliverer = deliverer_with(rig, attempts(1)).await;
        deliverer.save(hook(&receiver.url)).await.unwrap();
        let error = deliverer.test(NAME).await.unwrap_err().to_string();
        assert!(
            error.contains(&"x".repeat(ANSWER_SHOWN_MAX)) && error.len() < 2 * ANSWER_SHOWN_MAX,
            "{error}"
        );
        deliverer.test(NAME).await.unwrap();
    });
}

#[test]
fn nobody_there_is_a_failure_like_any_other() {
    Rig::run(async |rig| {
        let receiver = Receiver::start([]).await;
        let url = receiver.url.clone();
        drop(receiver);
        let deliverer = deliverer(rig).await;
        deliverer.save(hook(&url)).await.unwrap();
        let id = task(rig).await;
        rig.fire(id, "").await;
        let status = until("a failure", &deliverer, |status| status.failing.is_some()).await;
        let error = status.failing.unwrap().error;
        assert!(error.contains("refused"), "{error}");
    });
}
