//! Answers, held against the document.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use axum::body::Body;
use http::Response;
use serde_json::{Value, json};

use crate::machine::{Machine, json, request};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// Somebody who asks, and believes nothing that the document does not say.
pub(crate) struct Contract<'a> {
    machine: &'a Machine,
    pub(crate) document: Value,
    /// Operations, and with what they were answered.
    seen: Mutex<BTreeMap<(String, String), BTreeSet<u16>>>,
}

const METHODS: [&str; 4] = ["get", "put", "post", "delete"];

impl<'a> Contract<'a> {
    pub(crate) async fn new(machine: &'a Machine) -> Self {
        let document = json(machine.ask("GET", "/openapi.json", None).await).await;
        Self { machine, document, seen: Mutex::default() }
    }

    /// All operations: method and path.
    pub(crate) fn operations(&self) -> Vec<(String, String, &Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        let mut all = Vec::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                assert!(METHODS.contains(&method.as_str()), "{method} {path}");
                all.push((method.clone(), path.clone(), operation));
            }
        }
        all
    }

    fn operation(&self, method: &str, path: &str) -> (String, String, &Value) {
        let path = path.split('?').next().unwrap();
        let method = method.to_ascii_lowercase();
        let mut found = self.operations();
        found.retain(|(m, template, _)| *m == method && fits(template, path));
        // A word that stands there goes before a place for any.
        found.sort_by_key(|(_, template, _)| template.matches('{').count());
        assert!(!found.is_empty(), "the document has no {method} {path}");
        found.swap_remove(0)
    }

    fn validate(&self, schema: &Value, instance: &Value, what: &str) {
        let mut root = schema.clone();
        root["components"] = self.document["components"].clone();
        let validator = jsonschema::validator_for(&root).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(instance)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{what}: {errors:#?}\n{instance:#}");
    }

    /// Holds an answer's head against the document; answers the schema of its body, if it has one.
    pub(crate) fn head(&self, method: &str, path: &str, response: &Response<Body>) -> Option<Value> {
        let (method, template, operation) = self.operation(method, path);
        let status = response.status().as_u16();
        let what = format!("{method} {path}: {status}");
        let described = &operation["responses"][status.to_string()];
        assert!(described.is_object(), "{what} is not in the document");
        self.seen.lock().unwrap().entry((method, template)).or_default().insert(status);
        let content = described.get("content").and_then(Value::as_object);
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap());
        match (content, kind) {
            (None, None) => None,
            (Some(content), Some(kind)) => {
                let described = content.get(kind);
                Some(
                    described.unwrap_or_else(|| panic!("{what}: {kind} is not in the document"))["schema"]
                        .clone(),
                )
            }
            (content, kind) => panic!("{what}: {kind:?}, and the document says {content:?}"),
        }
    }

    /// Asks; what is asked and what is answered are as the document has them.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        if let Some(body) = &body {
            let (_, _, operation) = self.operation(method, path);
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            assert!(schema.is_object(), "{method} {path} takes no JSON");
            self.validate(schema, body, &format!("what is sent to {method} {path}"));
        }
        self.ask_anything(request(method, path, body.as_ref())).await
    }

    /// As [`Contract::ask`]; what is asked may be anything.
    pub(crate) async fn ask_anything(&self, request: http::Request<Body>) -> (u16, Value) {
        let (method, path) = (request.method().to_string(), request.uri().to_string());
        let response = self.machine.router().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let schema = self.head(&method, &path, &response);
        let kind = response.headers().get("content-type").cloned();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let answer = match schema {
            None => {
                assert!(bytes.is_empty(), "{method} {path}: {status} has no body");
                Value::Null
            }
            Some(_) if kind.is_some_and(|kind| kind == "application/octet-stream") => {
                json!(String::from_utf8_lossy(&bytes))
            }
            Some(schema) => {
                let answer: Value = serde_json::from_slice(&bytes).unwrap();
                self.validate(&schema, &answer, &format!("{method} {path}: {status}"));
                answer
            }
        };
        (status, answer)
    }

    /// Asks, and is answered well.
    pub(crate) async fn well(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {answer:#}");
        answer
    }

    /// Asks, and is told a problem with this code.
    pub(crate) async fn problem(&self, method: &str, path: &str, body: Option<Value>, code: &str) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert_eq!(answer["code"], code, "{method} {path}: {answer:#}");
        assert_eq!(answer["status"], status);
        answer
    }

    /// The first event of a stream that has this name.
    pub(crate) async fn event(&self, path: &str, name: &str, begun: impl AsyncFnOnce()) -> Value {
        let response = self.machine.ask("GET", path, None).await;
        let schema = self.head("get", path, &response).unwrap();
        begun().await;
        let mut stream = crate::streams::Events::of(response);
        loop {
            let event = stream.next().await.unwrap();
            if event.name == name {
                let data: Value = serde_json::from_str(&event.data).unwrap();
                self.validate(&schema, &data, path);
                return data;
            }
        }
    }

    /// Each operation was answered well at least once.
    pub(crate) fn assert_all_exercised(&self) {
        let seen = self.seen.lock().unwrap();
        for (method, path, _) in self.operations() {
            let statuses = seen.get(&(method.clone(), path.clone()));
            let well =
                statuses.is_some_and(|statuses| statuses.iter().any(|status| (200..300).contains(status)));
            assert!(well, "{method} {path} was not exercised: {statuses:?}");
        }
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
}
