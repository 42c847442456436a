//! Requests to each operation of the control API. They are drawn from the API's own document: mostly as it says, and
//! with something wrong now and then.
//!
//! Whatever is asked, the answer is one that the document names, with the members that it names; and one that says no is a
//! problem.

mod draw;
mod schema;

use arbitrary::Unstructured;
use axum::body::Body;
use dormouse_control::api::Problem;
use dormouse_control::server::Server;
use http::Request;
use http::header::CONTENT_TYPE;
use http::response::Parts;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::host::{APP, Served, runtime};
use crate::answer::{Answer, Target, Wrong, refused, taken};
use draw::{Draw, Drawn, Operation};

/// Requests after which the host is a new one: what was registered and uploaded is gone then.
const REQUESTS: u32 = 1_000;

/// They send something to an address that was drawn.
const NOT_ASKED: [&str; 2] =
    ["/v1/webhooks/{name}/test", "/v1/webhooks/{name}/undelivered/{cursor}/redeliver"];

pub(super) struct Requests {
    runtime: Runtime,
    served: Served,
    asked: u32,
    document: Value,
    operations: Vec<Operation>,
}

impl Requests {
    pub(super) fn new() -> Self {
        let runtime = runtime();
        let served = runtime.block_on(Served::start());
        let document: Value = serde_json::from_str(&Server::document()).expect("the document is JSON");
        let operations = Operation::all(&document);
        for path in NOT_ASKED {
            assert!(operations.iter().any(|operation| operation.path == path), "there is no {path} any more");
        }
        let operations =
            operations.into_iter().filter(|operation| !NOT_ASKED.contains(&operation.path.as_str()));
        Self { runtime, served, asked: 0, operations: operations.collect(), document }
    }

    /// The host as it should be to be asked: with a task.
    fn prepare(&mut self) -> Result<(), Wrong> {
        if self.asked >= REQUESTS {
            self.served = self.runtime.block_on(Served::start());
            self.asked = 0;
        }
        self.asked += 1;
        let path = format!("/v1/registrations/{}", self.served.registration);
        let task = self.runtime.block_on(self.served.json("GET", &path, None))?;
        if serde_json::from_slice::<Problem>(&task).is_err() {
            return Ok(());
        }
        let task = json!({ "app": APP, "name": "task", "entry_point": "main", "trigger": { "kind": "application" } });
        let made = self.runtime.block_on(self.served.json("POST", "/v1/registrations", Some(&task)))?;
        let made: Value = serde_json::from_slice(&made).map_err(|error| Wrong(error.to_string()))?;
        match made["id"].as_str() {
            Some(id) => self.served.registration = id.to_owned(),
            // Another one is in its place, or there are too many: a new host has room.
            None => self.asked = REQUESTS,
        }
        Ok(())
    }
}

impl Target for Requests {
    fn examples(&self) -> Vec<Vec<u8>> {
        // The first byte says which operation: each has its turn, with zeros for everything and with other numbers.
        let operations = 0..u8::try_from(self.operations.len()).unwrap_or(u8::MAX);
        let drawn = |operation| {
            (0..2).map(move |fill: u8| {
                let rest = (0..400_u32).map(move |n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 * fill);
                std::iter::once(operation).chain(rest).collect()
            })
        };
        operations.flat_map(drawn).collect()
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        self.prepare()?;
        let (first, rest) = input.split_first().unwrap_or((&0, &[]));
        let operation = &self.operations[usize::from(*first) % self.operations.len()];
        let names = [self.served.registration.as_str(), APP, "main", "task"];
        let mut draw = Draw { from: Unstructured::new(rest), document: &self.document, names: &names };
        let Drawn { uri, body } = operation.draw(&mut draw);
        let mut request = Request::builder().method(operation.method.as_str()).uri(&uri);
        if let Some((kind, _)) = &body {
            request = request.header(CONTENT_TYPE, *kind);
        }
        let shown = body.as_ref().map(|(_, body)| body.escape_ascii().to_string()).unwrap_or_default();
        let body = body.map_or_else(Body::empty, |(_, body)| Body::from(body));
        let Ok(request) = request.body(body) else { return refused("by who builds requests") };
        let (head, answer) = self.runtime.block_on(self.served.ask(request))?;
        let asked = || format!("{} {uri} {shown}", operation.method);
        self.judge(operation, &head, &answer).map_err(|Wrong(why)| Wrong(format!("{}: {why}", asked())))
    }
}

impl Requests {
    fn judge(&self, operation: &Operation, head: &Parts, answer: &[u8]) -> Result<Answer, Wrong> {
        let status = head.status.as_u16();
        let said = || answer.escape_ascii();
        Wrong::unless(status != 500, || format!("a fault of the host: {}", said()))?;
        // What is drawn for the path may be another path.
        let known = operation.answers.get(&status);
        Wrong::unless(known.is_some() || matches!(status, 404 | 405), || {
            format!("the document knows no {status}: {}", said())
        })?;
        if let Some(content) = known {
            self.fits(content, head, answer)
                .map_err(|why| Wrong(format!("{status} is not as the document says: {why} in {}", said())))?;
        }
        let name = format!("{} {}", operation.method, operation.path);
        if status < 400 {
            return Ok(taken(format!("{name} {status}")));
        }
        let problem: Problem = serde_json::from_slice(answer)
            .map_err(|error| Wrong(format!("{status}, {error} in {}", said())))?;
        Wrong::unless(problem.status == status, || format!("{status}, and its problem says {}", said()))?;
        refused(format!("{name} {status} {:?} {}", problem.code, problem.detail.escape_debug()))
    }

    /// Whether the body is one of those in `content`, by media type.
    fn fits(&self, content: &Value, head: &Parts, body: &[u8]) -> Result<(), String> {
        let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let Some(media) = content.get(kind) else {
            let is_nothing = content.is_null() && body.is_empty();
            return if is_nothing { Ok(()) } else { Err(format!("the document knows no {kind:?} for it")) };
        };
        if !kind.ends_with("json") {
            return Ok(());
        }
        let body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        schema::fits(&self.document, &media["schema"], &body)
    }
}
