//! The lives of apps, asked for and answered as the document says.

use dormouse::{App, AppComponent, AppId};
use dormouse_core::app::activation::ActivationKind;
use serde_json::{Value, json};
use test_artifacts as programs;

use crate::machine::{EMBEDDED, Machine, json as body_of};
use crate::validator::Contract;

/// The app that has a life of its own.
const ALIVE: &str = "alive";

fn install(machine: &Machine, program: &str) {
    let program = std::fs::read(program).unwrap();
    let lives = AppComponent::compile(machine.host.engine(), &program).unwrap();
    let lives = lives.activations([ActivationKind::Timer]);
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

    let change = async |how: &str| contract.well("POST", &at(how), None).await["state"].clone();
    assert_eq!(change("hide").await, "background");
    assert_eq!(change("suspend").await, "suspended");
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
    let app = machine.host.app(&AppId::new(ALIVE).unwrap()).unwrap();
    let ask = json!({ "arguments": "launched" });
    let path = at("launch");
    let mut asked = Box::pin(machine.ask("POST", &path, Some(&ask)));
    assert!(futures::poll!(&mut asked).is_pending());
    drop(asked);
    let mut seen = app.watch();
    crate::machine::soon("it to be hidden", seen.wait_for(|view| view.leases == 0)).await.unwrap();
}
