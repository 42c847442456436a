//! What is too much, and what takes too long: of a request's body, and of packages.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use dormouse_control::server::{Server, ServerConfig, ServerLimits};
use dormouse_core::SimClock;
use futures::stream::{self, StreamExt as _};
use http::{Request, Response};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::machine::{Machine, json, request, soon};

const TINY: Duration = Duration::from_millis(20);

async fn idle(change: impl FnOnce(&mut ServerLimits)) -> Machine {
    Machine::built(|builder| builder.idle(), change).await
}

async fn upload(router: Router, body: impl Into<Body>) -> Response<Body> {
    let request = Request::post("/v1/uploads").header("content-type", "application/gzip");
    soon("an answer", router.oneshot(request.body(body.into()).unwrap())).await.unwrap()
}

/// A body of which nothing more comes.
fn stuck() -> Body {
    let begun = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from_static(b"{"))]);
    Body::from_stream(begun.chain(stream::pending()))
}

async fn problem(response: Response<Body>) -> (u16, Value) {
    (response.status().as_u16(), json(response).await)
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let machine = idle(|limits| limits.body_bytes = 100).await;
    let fits = json!({ "topic": "t", "body": "x".repeat(50) });
    assert_eq!(machine.ask("POST", "/v1/signals", Some(&fits)).await.status(), 200);
    let above = json!({ "topic": "t", "body": "x".repeat(100) });
    let (status, problem) = problem(machine.ask("POST", "/v1/signals", Some(&above)).await).await;
    assert_eq!((status, &problem["code"]), (413, &json!("too-large")));
}

#[tokio::test]
async fn a_launch_that_is_too_large_is_not_read() {
    let machine = idle(|limits| limits.launch_bytes = 100).await;
    let launch = async |len: usize| {
        let ask = json!({ "arguments": "x".repeat(len) });
        let (status, problem) = problem(machine.ask("POST", "/v1/apps/x/launch", Some(&ask)).await).await;
        (status, problem["code"].clone())
    };
    assert_eq!(launch(10).await, (404, json!("not-installed")), "it is read, and there is no such app");
    assert_eq!(launch(100).await, (413, json!("too-large")));
}

#[tokio::test]
async fn a_body_of_the_usual_size_is_a_mebibyte() {
    let machine = idle(|_| {}).await;
    let above = json!({ "topic": "t", "body": "x".repeat(1024 * 1024) });
    let (_, problem) = problem(machine.ask("POST", "/v1/signals", Some(&above)).await).await;
    assert_eq!(problem["code"], "too-large", "{problem}");
}

#[tokio::test]
async fn a_package_that_is_too_large_is_not_kept() {
    let machine = idle(|limits| limits.upload_bytes = 1000).await;
    assert_eq!(upload(machine.router(), vec![0; 1000]).await.status(), 200);
    for _ in 0..10 {
        // Were one of them kept, there would be no room for the next.
        let (status, problem) = problem(upload(machine.router(), vec![0; 1001]).await).await;
        assert_eq!((status, &problem["code"]), (413, &json!("too-large")));
    }
}

/// What installing the upload comes to, which is no package.
async fn tried(router: Router, upload: &Value) -> Value {
    let ask = json!({ "upload": upload });
    json(router.oneshot(request("POST", "/v1/apps", Some(&ask))).await.unwrap()).await["code"].clone()
}

#[tokio::test]
async fn no_more_packages_wait_than_may_and_none_for_ever() {
    let machine = idle(|_| {}).await;
    let clock = SimClock::new();
    let config = ServerConfig::new(machine.host.clone(), Arc::new(clock.clone()), machine.events.clone());
    let server = Server::new(config);
    let router = server.router();
    let mut waiting = Vec::new();
    for _ in 0..5 {
        let kept = json(upload(router.clone(), "x").await).await;
        assert_eq!((&kept["len_bytes"], kept["sha256"].as_str().unwrap().len()), (&json!(1), 64));
        waiting.push(kept["upload"].clone());
    }
    assert_eq!(server.stats().uploads, 4);
    assert_eq!(tried(router.clone(), &waiting[0]).await, "not-found", "the oldest made room");
    assert_eq!(tried(router.clone(), &waiting[1]).await, "package");
    assert_eq!(tried(router.clone(), &waiting[1]).await, "not-found", "what failed does not wait");
    assert_eq!(server.stats().uploads, 3);
    clock.advance(ServerLimits::DEFAULT.upload_age - Duration::from_millis(1));
    assert_eq!(tried(router.clone(), &waiting[2]).await, "package");
    clock.advance(Duration::from_millis(1));
    crate::machine::until("the packages to be let go of", async || {
        (server.stats().uploads == 0).then_some(())
    })
    .await;
    assert_eq!(tried(router, &waiting[4]).await, "not-found");
}

#[tokio::test]
async fn no_more_packages_are_uploaded_at_once_than_may_wait() {
    let machine = idle(|_| {}).await;
    let uploads: Vec<_> =
        (0..4).map(|_| tokio::runtime::Handle::current().spawn(upload(machine.router(), stuck()))).collect();
    crate::machine::until("the uploads", async || (machine.server.stats().uploads == 4).then_some(())).await;
    let (status, full) = problem(upload(machine.router(), "x").await).await;
    assert_eq!((status, &full["code"]), (503, &json!("busy")));
    uploads.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_body_that_does_not_go_on_is_given_up() {
    let machine = idle(|limits| limits.body_read = TINY).await;
    let signal =
        Request::post("/v1/signals").header("content-type", "application/json").body(stuck()).unwrap();
    for response in [
        soon("an answer", machine.router().oneshot(signal)).await.unwrap(),
        upload(machine.router(), stuck()).await,
    ] {
        let (status, problem) = problem(response).await;
        assert_eq!((status, &problem["code"]), (408, &json!("slow-body")));
        assert!(problem["detail"].as_str().unwrap().contains("body"), "{problem}");
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let machine = idle(|limits| limits.request = TINY).await;
    let signal =
        Request::post("/v1/signals").header("content-type", "application/json").body(stuck()).unwrap();
    let response = soon("an answer", machine.router().oneshot(signal)).await.unwrap();
    let (status, problem) = problem(response).await;
    // A client may repeat a 408 unasked, and this may have been done.
    assert_eq!((status, &problem["code"]), (504, &json!("timeout")));
}

#[tokio::test]
async fn a_stream_lasts_longer_than_a_request_may() {
    let machine = idle(|limits| {
        limits.request = TINY / 4;
        limits.heartbeat = TINY;
    });
    let machine = machine.await;
    let response = machine.router().oneshot(request("GET", "/v1/events", None)).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut signs = response.into_body().into_data_stream();
    for _ in 0..3 {
        assert!(soon("a sign of life", signs.next()).await.unwrap().is_ok());
    }
}
