//! Every operation of the document, asked and answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::post;
use http::Request;
use serde_json::{Value, json};
use test_artifacts as programs;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::lifecycle;
use crate::machine::{EMBEDDED, Machine, PACKAGED, package, until};
use crate::validator::Contract;

fn registration(name: &str, entry_point: &str, trigger: Value) -> Value {
    json!({ "app": EMBEDDED, "name": name, "entry_point": entry_point, "trigger": trigger })
}

fn message(topic: &str) -> Value {
    json!({ "kind": "message", "topic": topic })
}

async fn register(contract: &Contract<'_>, body: Value) -> String {
    contract.well("POST", "/v1/registrations", Some(body)).await["id"].as_str().unwrap().to_owned()
}

async fn fire(contract: &Contract<'_>, id: &str) -> String {
    let fired = contract.well("POST", &format!("/v1/registrations/{id}/fire"), Some(json!({}))).await;
    fired["activation"].as_str().unwrap().to_owned()
}

async fn completed(contract: &Contract<'_>, activation: &str) -> Value {
    contract.well("GET", &format!("/v1/activations/{activation}/completion?wait_ms=60000"), None).await
}

async fn upload(contract: &Contract<'_>, archive: Vec<u8>) -> Value {
    let request = Request::post("/v1/uploads").header("content-type", "application/gzip");
    let (status, answer) = contract.ask_anything(request.body(Body::from(archive)).unwrap()).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    let machine = Machine::start().await;
    machine.install(&[
        ("ok", programs::RUN_RETURNS_OK),
        ("fails", programs::RUN_FAILS),
        ("waits", programs::CANCEL_IGNORED),
    ]);
    let contract = Contract::new(&machine).await;
    the_host(&contract).await;
    packages(&contract).await;
    registrations(&contract).await;
    runs(&contract).await;
    dead_letters(&contract).await;
    delivery(&contract).await;
    lifecycle::lives(&machine, &contract).await;
    contract.assert_all_exercised();
}

async fn the_host(contract: &Contract<'_>) {
    let host = contract.well("GET", "/v1/host", None).await;
    assert_eq!(host["pid"], std::process::id());
    assert_eq!(host["stats"]["slots"], 8);
    assert_eq!(contract.well("GET", "/v1/health", None).await["status"], "ok");
    assert_eq!(contract.well("GET", "/v1/quotas", None).await["items"][0]["app"], EMBEDDED);
    let quota = contract.well("GET", &format!("/v1/apps/{EMBEDDED}/quota"), None).await;
    assert_eq!((quota["left_ms"].as_f64(), quota["cpu_ms"].as_f64()), (Some(60_000.0), Some(60_000.0)));
    contract.problem("GET", "/v1/apps/nobody/quota", None, "not-found").await;
    quotas(contract).await;
    keeping(contract).await;
    let triggers = contract.well("GET", "/v1/triggers", None).await;
    assert!(triggers["items"].as_array().unwrap().len() > 70);
    let all = contract.well("GET", "/v1/conditions", None).await;
    assert!(all["items"].as_array().unwrap().len() > 10);
    let asked = "/v1/conditions?condition=time-window:00:00-24:00&condition=custom:tide";
    contract.problem("GET", asked, None, "invalid-request").await;
    let asked = "/v1/conditions?condition=time-window:00:00-12:00&condition=custom:tide";
    let two = contract.well("GET", asked, None).await;
    assert_eq!(two["items"][1]["holds"], "unknown");
    assert_ne!(two["items"][0]["holds"], "unknown");
}

async fn packages(contract: &Contract<'_>) {
    assert_eq!(contract.well("GET", "/v1/apps", None).await["items"], json!([]));
    contract.problem("GET", &format!("/v1/apps/{PACKAGED}"), None, "not-found").await;

    let first = upload(contract, package("1.0.0", programs::RUN_RETURNS_OK, false)).await;
    let wrong = json!({ "upload": first["upload"], "sha256": "00".repeat(32) });
    contract.problem("POST", "/v1/apps", Some(wrong), "package").await;
    let first = upload(contract, package("1.0.0", programs::RUN_RETURNS_OK, false)).await;
    let ask = json!({ "upload": first["upload"], "sha256": first["sha256"] });
    let installed = contract.well("POST", "/v1/apps", Some(ask.clone())).await;
    assert_eq!((&installed["version"], &installed["newly_taken"]), (&json!("1.0.0"), &json!([])));
    contract.problem("POST", "/v1/apps", Some(ask), "not-found").await;

    let other = upload(contract, package("2.0.0", programs::RUN_RETURNS_OK, true)).await;
    let other = json!({ "upload": other["upload"], "consent": "all", "env": { "TOKEN": "t" } });
    contract.problem("PUT", "/v1/apps/other", Some(other), "conflict").await;
    let second = upload(contract, package("2.0.0", programs::RUN_RETURNS_OK, true)).await;
    let path = format!("/v1/apps/{PACKAGED}");
    let update =
        |consent: Value| json!({ "upload": second["upload"], "consent": consent, "env": { "TOKEN": "t" } });
    let asks = contract.problem("PUT", &path, Some(update(json!("nothing"))), "consent-needed").await["asks"]
        .clone();
    assert_eq!(asks, json!(["env TOKEN"]));
    let less = json!({ "to": ["env OTHER"] });
    contract.problem("PUT", &path, Some(update(less)), "consent-needed").await;
    let updated = contract.well("PUT", &path, Some(update(json!({ "to": asks })))).await;
    assert_eq!((&updated["from"], &updated["version"]), (&json!("1.0.0"), &json!("2.0.0")));
    let shown = contract.well("GET", &path, None).await;
    assert_eq!(shown["granted"]["env"], json!(["TOKEN"]), "names, and not values: {shown}");
    assert_eq!(shown["life"], Value::Null, "it has tasks only");

    let garbage = upload(contract, b"garbage".to_vec()).await;
    contract.problem("POST", "/v1/apps", Some(json!({ "upload": garbage["upload"] })), "package").await;

    let access = format!("{path}/access");
    assert_eq!(contract.well("GET", &access, None).await["installed"], true);
    let denied = contract.well("PUT", &access, Some(json!({ "access": "denied-by-user" }))).await;
    assert!(denied["refusal"].is_string());
    contract.well("DELETE", &path, None).await;
    contract.problem("DELETE", &path, None, "not-installed").await;
}

async fn quotas(contract: &Contract<'_>) {
    let path = format!("/v1/apps/{EMBEDDED}/quota");
    let limited = json!({ "limited": { "cpu_ms": 2_000.0, "window_ms": 900_000.0 } });
    let set = contract.well("PUT", &path, Some(limited.clone())).await;
    assert_eq!((&set["decided"], &set["quota"]["set_by"]), (&limited, &json!("operator")));
    assert_eq!(set["quota"]["left_ms"].as_f64(), Some(2_000.0));
    let off = contract.well("PUT", &path, Some(json!("off"))).await;
    assert_eq!((&off["decided"], &off["quota"]), (&json!("off"), &Value::Null));
    contract.problem("GET", &path, None, "not-found").await;
    let unset = contract.well("DELETE", &path, None).await;
    assert_eq!((&unset["decided"], &unset["quota"]["set_by"]), (&Value::Null, &json!("app")));
    let none = json!({ "limited": { "cpu_ms": 0.0, "window_ms": 900_000.0 } });
    let problem = contract.problem("PUT", &path, Some(none), "invalid-request").await;
    assert_eq!(problem["field"], "limited.cpu_ms");
}

async fn keeping(contract: &Contract<'_>) {
    let usage = format!("/v1/apps/{EMBEDDED}/usage");
    let used = contract.well("GET", &usage, None).await;
    assert_eq!(used["folders"], json!({ "folders": "counted", "bytes": 0, "entries": 0 }));
    assert_eq!((&used["settings"], &used["running"], &used["runs"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!(used["quota"]["set_by"], "app");
    contract.problem("GET", "/v1/apps/nobody/usage", None, "not-found").await;

    let path = format!("/v1/apps/{EMBEDDED}/limits");
    let own = contract.well("GET", &path, None).await;
    assert_eq!((&own["decided"], &own["limits"]["settings"]), (&json!({}), &json!(10_000)));
    let asked = json!({ "settings": 5 });
    let set = contract.well("PUT", &path, Some(asked.clone())).await;
    assert_eq!((&set["decided"], &set["limits"]["settings"]), (&asked, &json!(5)));
    assert_eq!(contract.well("GET", &usage, None).await["limits"], set["limits"]);
    let above = json!({ "folder_bytes": u64::MAX });
    let problem = contract.problem("PUT", &path, Some(above), "invalid-request").await;
    assert_eq!(problem["field"], "folder_bytes");
    let other = contract.well("PUT", "/v1/apps/nobody/limits", Some(json!({ "folder_bytes": 0 }))).await;
    assert_eq!((&other["decided"], &other["limits"]), (&json!({ "folder_bytes": 0 }), &Value::Null));
    assert_eq!(contract.well("DELETE", &path, None).await, own);
}

async fn registrations(contract: &Contract<'_>) {
    for (name, trigger) in [
        ("a", message("one")),
        ("b", json!({"kind":"time","every":{"secs":900,"nanos":0},"one_shot":false,"misfire":"coalesce"})),
        ("c", json!({"kind":"cron","expression":"0 * * * *","time_zone":"Europe/Berlin","misfire":"skip"})),
    ] {
        let mut body = registration(name, "ok", trigger);
        body["conditions"] = json!(["custom:never", "time-window:22:00-06:00@Europe/Berlin"]);
        body["overlap"] = json!({ "policy": "queue", "max": 5 });
        body["limits"] = json!({ "class": "long", "wall_ms": 1500.5, "memory_bytes": 8_388_608 });
        body["retry"] = json!({ "max_attempts": 3 });
        body["env"] = json!({ "A": "b" });
        register(contract, body).await;
    }
    let first = contract.well("GET", "/v1/registrations?app=embedded&limit=2", None).await;
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = format!("/v1/registrations?limit=2&before={}", first["next"].as_str().unwrap());
    let rest = contract.well("GET", &next, None).await;
    assert_eq!((rest["items"][0]["name"].as_str(), &rest["next"]), (Some("c"), &Value::Null));
    assert_eq!(rest["items"][0]["trigger_text"], "cron 0 * * * * Europe/Berlin");
    assert_eq!(rest["items"][0]["limits"]["wall_ms"], 1500.5);
    assert_eq!(rest["items"][0]["env"], json!(["A"]), "names, and not values");
    assert_eq!(first["items"][0]["next"], Value::Null, "a message comes when it comes");
    assert!(first["items"][1]["next"].is_string() && rest["items"][0]["next"].is_string());

    let id = first["items"][0]["id"].as_str().unwrap();
    let path = format!("/v1/registrations/{id}");
    assert_eq!(contract.well("GET", &path, None).await["name"], "a");
    assert_eq!(contract.well("POST", &format!("{path}/release"), None).await["released"], false);
    let signal = json!({ "topic": "one", "body": "hello" });
    let signaled = contract.well("POST", "/v1/signals", Some(signal)).await;
    assert_eq!(
        (&signaled["items"][0]["result"], signaled["items"][0]["registration"].as_str()),
        (&json!("accepted"), Some(id))
    );
    let activation = signaled["items"][0]["activation"].as_str().unwrap();
    let waiting = contract.well("GET", &format!("/v1/activations/{activation}"), None).await;
    assert_eq!((&waiting["state"], &waiting["why"]["waits_for"]), (&json!("pending"), &json!("conditions")));
    let listed = contract.well("GET", "/v1/registrations?name=a", None).await["items"][0].clone();
    assert_eq!(
        (&listed["waiting"], &listed["running"], &listed["quarantined"]),
        (&json!(1), &json!(0), &Value::Null)
    );
    assert_eq!(contract.well("GET", &path, None).await, listed);
    let (status, _) =
        contract.ask("GET", &format!("/v1/activations/{activation}/completion?wait_ms=1"), None).await;
    assert_eq!(status, 204);
    let explained = contract.well("GET", &format!("{path}/explain?history=1"), None).await;
    assert!(explained["verdict"].as_str().unwrap().contains("custom:never is unknown"), "{explained}");
    assert_eq!(contract.well("DELETE", &format!("{path}?cancel=true"), None).await["canceled"], true);
    contract.problem("GET", &format!("/v1/activations/{activation}/completion"), None, "withdrawn").await;
    for gone in [path.clone(), format!("{path}/explain")] {
        contract.problem("GET", &gone, None, "not-found").await;
    }
    contract.problem("POST", &format!("{path}/release"), None, "not-found").await;
    contract.problem("POST", &format!("{path}/fire"), Some(json!({})), "not-found").await;
    contract.problem("DELETE", &path, None, "not-found").await;

    let mut twice = registration("b", "ok", message("two"));
    twice["if_exists"] = json!("error");
    contract.problem("POST", "/v1/registrations", Some(twice), "conflict").await;
    let mut never = registration("d", "ok", message("two"));
    never["conditions"] = json!(["user-present", "user-not-present"]);
    let tried = contract.well("POST", "/v1/registrations/validate", Some(never)).await;
    assert_eq!(tried["contradictions"][0]["registration"], "d");
    assert_eq!(contract.well("GET", "/v1/registrations?name=d", None).await["items"], json!([]));
    let unknown = registration("d", "nowhere", message("two"));
    contract
        .problem("POST", "/v1/registrations/validate", Some(unknown.clone()), "invalid-registration")
        .await;
    let problem = contract.problem("POST", "/v1/registrations", Some(unknown), "invalid-registration").await;
    assert_eq!(problem["field"], "entry_point");
    let mut nobody = registration("d", "ok", message("two"));
    nobody["app"] = json!("nobody");
    contract.problem("POST", "/v1/registrations", Some(nobody), "not-installed").await;
}

async fn runs(contract: &Contract<'_>) {
    let waits = register(contract, registration("waits", "waits", json!({ "kind": "application" }))).await;
    let activation = fire(contract, &waits).await;
    let refused = contract
        .problem("POST", &format!("/v1/registrations/{waits}/fire"), Some(json!({ "arg": "x" })), "refused")
        .await;
    assert_eq!(refused["reason"], "currently-running");
    let running = until("a run", async || {
        let running = contract.well("GET", "/v1/running", None).await;
        running["items"].as_array().unwrap().first().cloned()
    });
    let running = running.await;
    assert_eq!(running["name"], "waits");
    let listed = contract.well("GET", &format!("/v1/registrations/{waits}"), None).await;
    assert_eq!((&listed["waiting"], &listed["running"]), (&json!(0), &json!(1)));
    let run = format!("/v1/runs/{}", running["run"].as_str().unwrap());
    assert_eq!(contract.well("GET", &run, None).await["state"], "running");
    assert_eq!(contract.well("GET", &format!("{run}/output"), None).await["stdout"], "");
    let cancel = json!({ "kill": true, "detail": "enough" });
    contract.well("POST", &format!("{run}/cancel"), Some(cancel.clone())).await;
    let ended = completed(contract, &activation).await;
    assert_eq!((&ended["outcome"], &ended["detail"]), (&json!("canceled"), &json!("enough")));
    assert_eq!(contract.well("GET", &run, None).await["state"], "ended");
    assert_eq!(contract.well("GET", &format!("{run}/output?stream=stdout"), None).await, "");
    contract.problem("POST", &format!("{run}/cancel"), Some(cancel.clone()), "conflict").await;
    let nothing = format!("/v1/runs/{}", uuid::Uuid::nil());
    contract.problem("GET", &nothing, None, "not-found").await;
    contract.problem("GET", &format!("{nothing}/output"), None, "not-found").await;
    contract.problem("POST", &format!("{nothing}/cancel"), Some(cancel), "not-found").await;
    let listed = format!(
        "/v1/runs?registration={waits}&outcome=canceled&since=2020-01-01T00:00:00Z&until=2120-01-01T00:00:00Z&limit=1"
    );
    let listed = contract.well("GET", &listed, None).await;
    assert_eq!(listed["items"][0]["run"], running["run"]);
    let next = format!("/v1/runs?registration={waits}&before={}", listed["next"].as_str().unwrap());
    assert_eq!(contract.well("GET", &next, None).await["items"], json!([]));
    contract.problem("GET", &format!("/v1/activations/{}", uuid::Uuid::nil()), None, "not-found").await;
}

async fn dead_letters(contract: &Contract<'_>) {
    let fails = register(contract, registration("fails", "fails", message("fail"))).await;
    let path = format!("/v1/dead-letters?registration={fails}");
    let dead = async |before: &str| {
        let activation = fire(contract, &fails).await;
        assert_eq!(completed(contract, &activation).await["outcome"], "failed");
        let listed = contract.well("GET", &path, None).await;
        assert_eq!(listed["items"][0]["activation"], activation, "{before}");
        activation
    };
    let one = dead("the first").await;
    let redriven = contract.well("POST", &format!("/v1/dead-letters/{one}/redrive"), None).await;
    let again = redriven["activation"].as_str().unwrap();
    assert_eq!(completed(contract, again).await["outcome"], "failed");
    contract.well("DELETE", &format!("/v1/dead-letters/{again}"), None).await;
    contract.problem("DELETE", &format!("/v1/dead-letters/{again}"), None, "not-found").await;
    contract.problem("POST", &format!("/v1/dead-letters/{again}/redrive"), None, "not-found").await;
    assert_eq!(contract.well("GET", &path, None).await["items"], json!([]));
}

/// Answers with the status that it is told to.
async fn receiver() -> (String, Arc<AtomicU16>) {
    let status = Arc::new(AtomicU16::new(500));
    let answers = status.clone();
    let app = axum::Router::new()
        .route("/hook", post(async move || StatusCode::from_u16(answers.load(Ordering::Relaxed)).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    Handle::current().spawn(async move { axum::serve(listener, app).await });
    (url, status)
}

async fn delivery(contract: &Contract<'_>) {
    let (url, status) = receiver().await;
    let hook = json!({ "url": url, "app": EMBEDDED });
    let made = contract.well("PUT", "/v1/webhooks/pager", Some(hook.clone())).await;
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert!(contract.well("PUT", "/v1/webhooks/pager", Some(hook)).await.get("secret").is_none());
    contract.problem("PUT", "/v1/webhooks/pager", Some(json!({ "url": "ftp://x" })), "invalid-request").await;
    contract.problem("POST", "/v1/webhooks/pager/test", None, "upstream").await;
    contract.problem("POST", "/v1/webhooks/nobody/test", None, "not-found").await;
    contract.problem("GET", "/v1/webhooks/nobody/undelivered", None, "not-found").await;

    let ok = register(contract, registration("ok", "ok", message("ok"))).await;
    let argument = Some(json!({ "arg_base64": "/w==", "key": "k" }));
    let path = format!("/v1/registrations/{ok}/fire");
    assert_eq!(contract.problem("POST", &path, argument, "invalid-request").await["field"], "arg");
    let long = Some(json!({ "key": "k".repeat(129) }));
    assert_eq!(contract.problem("POST", &path, long, "invalid-request").await["field"], "key");
    let told = contract.event("/v1/events?kind=completed,ended", "message", async || {
        for _ in 0..2 {
            let activation = fire(contract, &ok).await;
            completed(contract, &activation).await;
        }
    });
    assert_eq!(told.await["outcome"], "succeeded");
    let undelivered = until("two deliveries to be given up", async || {
        let listed =
            contract.well("GET", "/v1/webhooks/pager/undelivered?limit=5", None).await["items"].clone();
        (listed.as_array().unwrap().len() == 2).then_some(listed)
    });
    let undelivered = undelivered.await;
    let of = |n: usize| format!("/v1/webhooks/pager/undelivered/{}", undelivered[n]["cursor"]);
    contract.problem("POST", &format!("{}/redeliver", of(0)), None, "upstream").await;
    status.store(204, Ordering::Relaxed);
    contract.well("POST", &format!("{}/redeliver", of(0)), None).await;
    contract.problem("POST", &format!("{}/redeliver", of(0)), None, "not-found").await;
    contract.well("DELETE", &of(1), None).await;
    contract.problem("DELETE", &of(1), None, "not-found").await;
    contract.well("POST", "/v1/webhooks/pager/test", None).await;
    let listed = contract.well("GET", "/v1/webhooks", None).await;
    assert_eq!(listed["items"][0]["url"], url);
    contract.well("DELETE", "/v1/webhooks/pager", None).await;
    contract.problem("DELETE", "/v1/webhooks/pager", None, "not-found").await;

    let from_begin = "/v1/completions?subscriber=reader&after=0";
    let completion = contract.event(from_begin, "completion", async || {}).await;
    let ack = json!({ "cursor": completion["cursor"] });
    let reader = contract.well("POST", "/v1/subscribers/reader/ack", Some(ack)).await;
    assert!(reader["head"].as_u64() >= reader["cursor"].as_u64());
    let far = json!({ "cursor": 1_000_000 });
    contract.problem("POST", "/v1/subscribers/reader/ack", Some(far), "invalid-request").await;
    let listed = contract.well("GET", "/v1/subscribers", None).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "none of a webhook: {listed}");
    contract.well("DELETE", "/v1/subscribers/reader", None).await;
    contract.problem("DELETE", "/v1/subscribers/reader", None, "not-found").await;
}
