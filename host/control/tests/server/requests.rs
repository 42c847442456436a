//! Requests that are not what they should be.

use std::sync::Arc;

use axum::body::Body;
use dormouse_core::provider::ChangeNotice;
use dormouse_core::{Condition, ConditionProvider, Holds};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::machine::{Machine, json, package, until};

async fn idle() -> Machine {
    Machine::built(|builder| builder.idle(), |_| {}).await
}

async fn send(machine: &Machine, request: http::request::Builder, body: &str) -> (u16, Value) {
    let response =
        machine.router().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    (response.status().as_u16(), json(response).await)
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_said_why() {
    let machine = idle().await;
    let signal = || Request::post("/v1/signals").header("content-type", "application/json");
    for (body, said) in [
        ("", "EOF"),
        ("{", "EOF"),
        ("[]", "SignalRequest"),
        (r#"{"topic":"a","boddy":"b"}"#, "unknown field `boddy`"),
        (r#"{"body":"b"}"#, "missing field `topic`"),
        (r#"{"topic":"a","body":"b","body_base64":"Yg=="}"#, "both given"),
    ] {
        let (status, problem) = send(&machine, signal(), body).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid-request")), "{body}");
        let told = problem.to_string();
        assert!(told.contains(said), "{problem}");
        assert!(problem["causes"].is_null() || said == "both given", "the same is said twice: {problem}");
    }
    let (status, problem) = send(&machine, Request::post("/v1/signals"), r#"{"topic":"a"}"#).await;
    assert_eq!((status, &problem["code"]), (415, &json!("unsupported-media-type")));
}

#[tokio::test]
async fn what_is_asked_for_in_a_way_that_nobody_knows_is_refused() {
    let machine = idle().await;
    for path in [
        "/v1/runs?limt=5",
        "/v1/runs?limit=0",
        "/v1/runs?limit=1001",
        "/v1/runs?limit=many",
        "/v1/runs?before=x",
        "/v1/runs?since=yesterday",
        "/v1/runs?outcome=good",
        "/v1/runs/7",
        "/v1/registrations/x",
        "/v1/registrations?app=..",
        "/v1/apps/%2e%2e",
        "/v1/events?kinds=spent",
        "/v1/conditions?condition=dry",
        "/v1/conditions?conditions=user-present",
        "/v1/webhooks/a/undelivered?limit=0",
        "/v1/registrations/00000000-0000-0000-0000-000000000000/explain?history=21",
    ] {
        let (status, problem) = send(&machine, Request::get(path), "").await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid-request")), "{path}: {problem}");
    }
}

#[tokio::test]
async fn a_web_page_is_not_answered() {
    let machine = idle().await;
    for origin in ["https://example.org", "null", "http://localhost"] {
        for (method, path) in
            [("GET", "/v1/host"), ("POST", "/v1/signals"), ("OPTIONS", "/v1/host"), ("GET", "/x")]
        {
            let request = Request::builder().method(method).uri(path).header("origin", origin);
            let (status, problem) = send(&machine, request, "").await;
            assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{method} {path}");
        }
    }
    let response = machine.ask("GET", "/v1/host", None).await;
    assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
}

struct Panics;

impl ConditionProvider for Panics {
    fn holds(&self, condition: &Condition) -> Holds {
        assert!(condition.to_string() != "custom:panic", "the provider fell");
        Holds::Unknown
    }

    fn subscribe(&self, _: ChangeNotice) {}
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_next_request_is_answered() {
    let machine = Machine::built(|builder| builder.idle().conditions(Arc::new(Panics)), |_| {}).await;
    let (status, problem) = send(&machine, Request::get("/v1/conditions?condition=custom:panic"), "").await;
    assert_eq!((status, &problem["code"]), (500, &json!("internal")));
    assert!(!problem.to_string().contains("the provider fell"), "what fell is in the log only");
    assert_eq!(machine.ask("GET", "/v1/conditions?condition=custom:calm", None).await.status(), 200);
}

#[tokio::test]
async fn a_host_that_only_answers_questions_changes_nothing_and_says_so() {
    let machine = Machine::built(|builder| builder.read_only(), |_| {}).await;
    let (id, app) = (uuid::Uuid::nil(), "/v1/apps/a");
    let register =
        json!({ "app": "a", "name": "n", "entry_point": "main", "trigger": { "kind": "application" } });
    let upload = json!({ "upload": id });
    for (method, path, body) in [
        ("PUT", format!("{app}/access"), Some(json!({ "access": "always-allowed" }))),
        ("PUT", format!("{app}/quota"), Some(json!("off"))),
        ("DELETE", format!("{app}/quota"), None),
        ("PUT", format!("{app}/limits"), Some(json!({}))),
        ("DELETE", format!("{app}/limits"), None),
        ("DELETE", app.to_owned(), None),
        ("POST", "/v1/uploads".to_owned(), None),
        ("POST", "/v1/registrations".to_owned(), Some(register)),
        ("DELETE", format!("/v1/registrations/{id}"), None),
        ("POST", format!("/v1/registrations/{id}/fire"), Some(json!({}))),
        ("POST", format!("/v1/registrations/{id}/release"), None),
        ("POST", "/v1/signals".to_owned(), Some(json!({ "topic": "t" }))),
        ("POST", format!("/v1/runs/{id}/cancel"), Some(json!({}))),
        ("POST", format!("/v1/dead-letters/{id}/redrive"), None),
        ("DELETE", format!("/v1/dead-letters/{id}"), None),
        ("POST", "/v1/subscribers/s/ack".to_owned(), Some(json!({ "cursor": 0 }))),
        ("DELETE", "/v1/subscribers/s".to_owned(), None),
        ("PUT", "/v1/webhooks/w".to_owned(), Some(json!({ "url": "https://example.org" }))),
        ("DELETE", "/v1/webhooks/w".to_owned(), None),
        ("GET", "/v1/completions?subscriber=new".to_owned(), None),
    ] {
        let response = machine.ask(method, &path, body.as_ref()).await;
        let problem = json(response).await;
        assert_eq!(problem["code"], "read-only", "{method} {path}: {problem}");
    }
    let response = machine.ask("POST", "/v1/apps", Some(&upload)).await;
    assert_eq!(json(response).await["code"], "not-found", "nothing can be uploaded");
    for path in
        ["/v1/host", "/v1/apps", "/v1/registrations", "/v1/runs", "/v1/dead-letters", "/v1/completions"]
    {
        assert_eq!(machine.ask("GET", path, None).await.status(), 200, "{path}");
    }
    assert_eq!(json(machine.ask("GET", "/v1/host", None).await).await["read_only"], true);
}

#[tokio::test]
async fn an_installation_goes_on_when_whoever_asked_for_it_is_gone() {
    let machine = Machine::built(|builder| builder.idle(), |_| {}).await;
    let archive = package("1.0.0", test_artifacts::RUN_RETURNS_OK, false);
    let upload = Request::post("/v1/uploads").body(Body::from(archive)).unwrap();
    let upload = json(machine.router().oneshot(upload).await.unwrap()).await;
    {
        let ask = json!({ "upload": upload["upload"] });
        let mut asked = std::pin::pin!(machine.ask("POST", "/v1/apps", Some(&ask)));
        assert!(futures::poll!(&mut asked).is_pending(), "it takes a while");
    }
    until("the package to be installed", async || machine.host.packages().pop()).await;
}
