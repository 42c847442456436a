//! The document itself.

use std::collections::BTreeSet;

use dormouse_control::server::Server;
use serde_json::Value;

use crate::machine::{Machine, json};
use crate::validator::Contract;

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("$ref", Value::String(to)) => {
                        found.insert(to);
                    }
                    (_, value) => references(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own_and_says_how_it_fails() {
    let machine = Machine::built(|builder| builder.idle(), |_| {}).await;
    let contract = Contract::new(&machine).await;
    let mut names = BTreeSet::new();
    for (method, path, operation) in contract.operations() {
        let what = format!("{method} {path}");
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{what}: there are two {name}");
        let responses = operation["responses"].as_object().unwrap();
        let mut expected = vec!["400", "401", "403", "500", "503", "504", "507"];
        if operation.get("requestBody").is_some() {
            expected.extend(["408", "413", "415"]);
        }
        for status in expected {
            assert!(responses.contains_key(status), "{what} says nothing of {status}");
        }
        assert!(responses.keys().any(|status| status.starts_with('2')), "{what} never does anything");
        for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{what}: {status}");
            assert!(!response["description"].as_str().unwrap().is_empty(), "{what}: {status}");
        }
    }
    assert!(names.len() > 40, "{names:?}");
}

#[tokio::test]
async fn nothing_in_it_points_at_what_is_not_there() {
    let machine = Machine::built(|builder| builder.idle(), |_| {}).await;
    let document = json(machine.ask("GET", "/openapi.json", None).await).await;
    assert_eq!(document, serde_json::from_str::<Value>(&Server::document()).unwrap());
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 30, "{found:?}");
    for to in found {
        let pointer = to.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some_and(Value::is_object), "{to} is not there");
    }
}

#[tokio::test]
async fn what_it_does_not_have_is_not_there() {
    let machine = Machine::built(|builder| builder.idle(), |_| {}).await;
    let contract = Contract::new(&machine).await;
    let id = uuid::Uuid::nil().to_string();
    for path in ["/", "/v1", "/v1/", "/v1/nothing", "/v2/host", "/v1/host/", "/v1/apps/a/b", "/v1/runs/a/b"] {
        let response = machine.ask("GET", path, None).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        assert_eq!(json(response).await["code"], "not-found", "{path}");
    }
    for (_, template, _) in contract.operations() {
        let path = template.split('/').map(|part| if part.starts_with('{') { id.as_str() } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let item = contract.document["paths"][&template].as_object().unwrap();
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"] {
            if item.contains_key(&method.to_ascii_lowercase()) {
                continue;
            }
            let response = machine.ask(method, &path, None).await;
            assert_eq!(response.status(), 405, "{method} {path}");
            assert!(response.headers().contains_key("allow"), "{method} {path}");
            let problem = json(response).await;
            assert_eq!(problem["code"], "method-not-allowed", "{method} {path}");
            assert!(problem["help"].as_str().unwrap().contains("`Allow`"), "{problem}");
            assert!(!problem["detail"].as_str().unwrap().contains("none"), "{problem}");
        }
    }
}
