//! The lives of apps, asked for and answered as the document says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dormouse::{App, AppComponent, AppId, AppView};
use dormouse_control::api::LaunchRequest;
use dormouse_control::client::{Client, Endpoint};
use dormouse_core::app::activation::{ACTIVATION_LEN_MAX, ActivationKind};
use dormouse_core::app::lifecycle::AppState;
use serde_json::{Value, json};
use test_artifacts as programs;
use tokio::runtime::Handle;

use crate::machine::{EMBEDDED, Machine, json as body_of, soon};
use crate::validator::Contract;

/// The app that has a life of its own.
const ALIVE: &str = "alive";

fn install(machine: &Machine, program: &str) {
    let program = std::fs::read(program).unwrap();
    let lives = AppComponent::compile(machine.host.engine(), &program).unwrap();
    let lives = lives.activations([ActivationKind::Timer, ActivationKind::Custom]);
    machine.host.install(App::new(AppId::new(ALIVE).unwrap()).app(lives)).unwrap();
}

fn at(what: &str) -> String {
    format!("/v1/apps/{ALIVE}/{what}")
}

const CHANGES: [&str; 6] = ["show", "hide", "suspend", "resume", "close", "terminate"];

/// Every operation, in every way that it can be answered.
pub(crate) async fn lives(machine: &Machine, contract: &Contract<'_>) {
    install(machine, programs::APP_HEARS_EVERYTHING);
    refused(contract).await;
    let view = contract.well("GET", &at("state"), None).await;
    assert_eq!(
        (&view["state"], &view["session"], &view["kept"]),
        (&json!("not-running"), &json!(0), &Value::Null)
    );

    let launch = async |ask: Value| contract.well("POST", &at("launch"), Some(ask)).await;
    let events = format!("/v1/events?app={ALIVE}&kind=state-changed");
    let told = contract.event(&events, "app", async || {
        let launched = launch(json!({ "arguments": "hello" })).await;
        assert_eq!(
            (&launched["result"], &launched["app"]["state"]),
            (&json!("launched"), &json!("foreground"))
        );
    });
    assert_eq!(told.await["to"], "background", "it is launched there");
    let again = launch(json!({})).await;
    assert_eq!((&again["app"]["state"], &again["app"]["leases"]), (&json!("foreground"), &json!(1)));
    launch(json!({ "activation": { "kind": "timer", "name": "tea" }, "hidden": true })).await;
    let output = at("output");
    let written = contract.well("GET", &output, None).await;
    assert!(written["stdout"].as_str().unwrap().contains("arguments=\"hello\""), "{written}");
    assert_eq!(contract.well("GET", &format!("{output}?stream=stderr"), None).await, "");

    let change = async |how: &str| contract.well("POST", &at(how), None).await["state"].clone();
    assert_eq!(change("hide").await, "background");
    let places = async || {
        let stats = contract.well("GET", "/v1/host", None).await["stats"].clone();
        (stats["app_instances"].clone(), stats["apps_suspended"].clone())
    };
    assert_eq!(places().await, (json!(1), json!(0)));
    assert_eq!(change("suspend").await, "suspended");
    assert_eq!(places().await, (json!(1), json!(1)));
    assert_eq!(change("resume").await, "background");
    assert_eq!(change("show").await, "foreground");
    assert_eq!(change("terminate").await, "not-running");
    let ended = contract.well("GET", &at("state"), None).await;
    assert_eq!((&ended["last_end"]["end"], &ended["leases"]), (&json!("terminated"), &json!(0)));
    launch(json!({})).await;
    assert_eq!(change("close").await, "not-running");
    assert_eq!(contract.well("GET", &at("state"), None).await["kept"], "closed-by-user");
    assert_eq!(launch(json!({ "prelaunch": true })).await["result"], "not-opted-in");
}

async fn refused(contract: &Contract<'_>) {
    for (app, code) in [(EMBEDDED, "app-has-no-lifecycle"), ("nobody", "not-installed")] {
        contract.problem("GET", &format!("/v1/apps/{app}/state"), None, code).await;
        contract.problem("GET", &format!("/v1/apps/{app}/output"), None, code).await;
        contract.problem("POST", &format!("/v1/apps/{app}/launch"), Some(json!({})), code).await;
        for change in CHANGES {
            contract.problem("POST", &format!("/v1/apps/{app}/{change}"), None, code).await;
        }
    }
    for change in CHANGES {
        contract.problem("POST", &at(change), None, "app-not-running").await;
    }
    let launch =
        async |ask: Value, code: &str| contract.problem("POST", &at("launch"), Some(ask), code).await;
    let file = json!({ "activation": { "kind": "file", "paths": ["/x"] } });
    assert_eq!(launch(file, "activation-not-declared").await["field"], "activation");
    let both = json!({ "arguments": "x", "prelaunch": true });
    assert_eq!(launch(both, "invalid-request").await["field"], "prelaunch");
    launch(json!({ "arguments": "x".repeat(65_537) }), "too-large").await;
    let many = vec!["x"; 1_025];
    launch(json!({ "activation": { "kind": "command-line", "arguments": many } }), "too-large").await;
}

#[tokio::test]
async fn an_app_is_seen_for_as_long_as_nobody_hides_it_and_no_longer_than_it_is_there() {
    let machine = Machine::start().await;
    install(&machine, programs::APP_HEARS_EVERYTHING);
    let ask = async |how: &str| body_of(machine.ask("POST", &at(how), Some(&json!({}))).await).await;
    assert_eq!(ask("launch").await["app"]["leases"], 1);
    assert_eq!(ask("show").await["leases"], 1, "one for all who ask over the API");
    assert_eq!(ask("hide").await["leases"], 0);
    assert_eq!(ask("hide").await["state"], "background", "hidden is hidden");
    assert_eq!(ask("show").await["state"], "foreground");
    // What ends it ends what was given of it.
    machine.host.app(&AppId::new(ALIVE).unwrap()).unwrap().terminate().await.unwrap();
    assert_eq!(ask("hide").await["code"], "app-not-running");
    assert_eq!(ask("launch").await["app"]["leases"], 1);
}

#[tokio::test]
async fn whoever_goes_before_the_answer_does_not_want_to_see_it() {
    let machine = Machine::start().await;
    install(&machine, programs::APP_BAD_RETURNS_NEVER);
    let alive = AppId::new(ALIVE).unwrap();
    let app = machine.host.app(&alive).unwrap();
    let (socket, _served) = machine.serve().await;
    let asks = Handle::current().spawn(async move {
        let client = Client::connect(Endpoint::Unix(socket));
        let launch = LaunchRequest { arguments: Some("launched".to_owned()), ..LaunchRequest::default() };
        client.launch_app(&alive, &launch).await
    });
    let mut seen = app.watch();
    let launched = |view: &AppView| view.leases == 1 && view.state == AppState::Background;
    drop(soon("it to be launched", seen.wait_for(launched)).await.unwrap());
    assert!(!asks.is_finished(), "`launched` never returns");
    asks.abort();
    let hidden = soon("it to be hidden", seen.wait_for(|view| view.leases == 0)).await.unwrap().state;
    assert_eq!(hidden, AppState::Background, "and not ended, by which everything is hidden");
}

#[tokio::test]
async fn whoever_asks_for_what_the_app_does_not_live_to_see_is_told_so() {
    let machine = Machine::start().await;
    install(&machine, programs::APP_BAD_TRAPS);
    let ask = async |how: &str, body: Value| body_of(machine.ask("POST", &at(how), Some(&body)).await).await;
    let traps_in = async |handler: &str| {
        assert_eq!(ask("launch", json!({ "arguments": handler })).await["result"], "launched");
    };
    traps_in("entered-background").await;
    assert_eq!(ask("hide", json!({})).await["code"], "app-ended");
    traps_in("suspending").await;
    let refused = ask("suspend", json!({})).await;
    assert_eq!(refused["code"], "app-ended", "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("as asked, in suspending"), "{refused}");
    traps_in("resuming").await;
    assert_eq!(ask("suspend", json!({})).await["state"], "suspended");
    assert_eq!(ask("resume", json!({})).await["code"], "app-ended");
    traps_in("suspending").await;
    let closed = ask("close", json!({})).await;
    assert_eq!((&closed["state"], &closed["last_end"]["end"]), (&json!("not-running"), &json!("crashed")));
}

#[tokio::test]
async fn an_activation_may_carry_as_much_as_it_may_whatever_that_is_as_json() {
    let machine = Machine::start().await;
    install(&machine, programs::APP_KEEPS_STATE);
    let launch = async |activation: Value| {
        let ask = json!({ "activation": activation, "hidden": true });
        body_of(machine.ask("POST", &at("launch"), Some(&ask)).await).await
    };
    let custom = async |len: usize| {
        let body = STANDARD.encode(vec![b'x'; len]);
        launch(json!({ "kind": "custom", "name": "big", "body_base64": body })).await
    };
    let most = ACTIVATION_LEN_MAX - "big".len();
    assert_eq!(custom(most).await["result"], "launched");
    assert_eq!(custom(most + 1).await["code"], "too-large");
    // Each of these is six characters as JSON.
    let name = "\u{1}".repeat(ACTIVATION_LEN_MAX);
    assert_eq!(launch(json!({ "kind": "timer", "name": name })).await["result"], "launched");
    let signal = json!({ "topic": "t", "body": "x".repeat(2 << 20) });
    let other = body_of(machine.ask("POST", "/v1/signals", Some(&signal)).await).await;
    assert_eq!(other["code"], "too-large", "elsewhere the limit is the usual one: {other}");
}
