//! What a host answers, read by the client. The first byte of the input says what was asked for, the second in which
//! pieces the answer comes, and the rest is the answer.
//!
//! In which pieces it comes makes no difference, and what was understood is understood again when it is written.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use dormouse_control::client::{
    Client, ClientError, CompletionsQuery, EventsQuery, RegistrationsQuery, RunsQuery,
};
use dormouse_core::{ActivationId, RegistrationId};
use futures::{Stream, StreamExt as _, stream};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::host::{Served, runtime};
use super::within;
use crate::answer::{Answer, Target, Wrong, inputs, refused, taken};

pub(super) struct Answers {
    runtime: Runtime,
    examples: Vec<Vec<u8>>,
}

/// What is asked for, by the first byte.
const ASKED: [&str; 9] = [
    "events",
    "completions",
    "host",
    "registrations",
    "explain",
    "runs",
    "triggers",
    "completion",
    "problem",
];

impl Answers {
    pub(super) fn new() -> Self {
        let runtime = runtime();
        let examples = runtime.block_on(examples()).expect("a host that answers");
        Self { runtime, examples }
    }

    /// What the client makes of `body`.
    fn asked(&self, which: usize, pieces: Vec<Bytes>) -> Result<Result<String, ClientError>, Wrong> {
        let failing = ASKED.get(which) == Some(&"problem");
        let answer = async move || {
            let pieces = stream::iter(pieces).map(Ok::<_, Infallible>);
            let mut response = Response::new(Body::from_stream(pieces));
            if failing {
                *response.status_mut() = StatusCode::CONFLICT;
            }
            response
        };
        let client = Client::in_process(Router::new().fallback(answer));
        self.runtime.block_on(within("an answer", ask(&client, which)))
    }
}

async fn ask(client: &Client, which: usize) -> Result<String, ClientError> {
    let id = RegistrationId::from_uuid(Uuid::nil());
    match ASKED.get(which).copied().unwrap_or_default() {
        "events" => listed(client.events(&EventsQuery::default()).await?).await,
        "completions" => listed(client.completions(&CompletionsQuery::default()).await?).await,
        "host" => client.host().await.map(|answer| written(&answer)),
        "registrations" => {
            client.registrations(&RegistrationsQuery::default()).await.map(|answer| written(&answer))
        }
        "explain" => client.explain(id, None).await.map(|answer| written(&answer)),
        "runs" => client.runs(&RunsQuery::default()).await.map(|answer| written(&answer)),
        "triggers" => client.triggers().await.map(|answer| written(&answer)),
        "completion" => {
            let id = ActivationId::from_uuid(Uuid::nil());
            client.completion(id, Duration::ZERO).await.map(|answer| written(&answer))
        }
        _ => client.release(id).await.map(|answer| written(&answer)),
    }
}

fn written(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}

async fn listed<T: std::fmt::Debug>(
    events: impl Stream<Item = Result<T, ClientError>>,
) -> Result<String, ClientError> {
    let mut events = std::pin::pin!(events);
    let mut seen = String::new();
    while let Some(event) = events.next().await {
        seen.push_str(&format!("{:?}\n", event?));
    }
    Ok(seen)
}

/// What a real host says, beside what it was asked for.
async fn examples() -> Result<Vec<Vec<u8>>, Wrong> {
    let served = Served::start().await;
    let id = &served.registration;
    let fired = served.json("POST", &format!("/v1/registrations/{id}/fire"), Some(&json!({}))).await?;
    let fired: serde_json::Value =
        serde_json::from_slice(&fired).map_err(|error| Wrong(error.to_string()))?;
    let activation = fired["activation"].as_str().unwrap_or_default();
    let mut completion = Vec::new();
    // Each time it waits a little.
    while completion.is_empty() {
        completion = served
            .json("GET", &format!("/v1/activations/{activation}/completion?wait_ms=60000"), None)
            .await?;
    }
    let said = String::from_utf8_lossy(&completion).into_owned();
    let at = r#""time":"2026-03-01T08:59:59.5Z","registration":"018f3f6e-2c5a-7b1e-9d6a-3c2b1a0f9e8d""#;
    let run = r#""run":"018f3f6e-2c5a-7b1e-9d6a-3c2b1a0f9e8e""#;
    let mut all = vec![
        (0, format!(":\n\nevent: paused\ndata: {{{at},\"event\":\"paused\",{run},\"until\":\"2026-03-01T09:00:00Z\"}}\n\nevent: lagged\ndata: {{\"missed\":3}}\n\n").into_bytes()),
        (0, format!("event: progress\r\ndata: {{{at},\"event\":\"progress\",{run},\r\ndata: \"value\":7}}\r\n\r\n").into_bytes()),
        (1, format!("id: 3\nevent: completion\ndata: {said}\n\nevent: missed\ndata: {{\"from\":1,\"to\":2}}\n\nevent: newer\ndata: 1\n\n").into_bytes()),
        (7, completion),
    ];
    for (which, path) in [
        (2, "/v1/host".to_owned()),
        (3, "/v1/registrations".to_owned()),
        (4, format!("/v1/registrations/{id}/explain")),
        (5, "/v1/runs".to_owned()),
        (8, "/v1/runs/x".to_owned()),
    ] {
        all.push((which, served.json("GET", &path, None).await?));
    }
    Ok(all.into_iter().map(|(which, answer)| [&[which, 7], answer.as_slice()].concat()).collect())
}

impl Target for Answers {
    fn examples(&self) -> Vec<Vec<u8>> {
        self.examples.clone()
    }

    fn words(&self) -> Vec<Vec<u8>> {
        inputs([
            "\n\n",
            "\r\n\r\n",
            "\r",
            "event: ",
            "data: ",
            "id: ",
            "retry: 0\n",
            ":",
            "completion",
            "missed",
            "lagged",
            "end",
            "null",
            "{}",
            "[]",
            "\"",
            "\\u0000",
            "\u{feff}",
            "{\"items\":[]}",
            "[[[[[[[[",
            "-0.0",
            "1e400",
        ])
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let (which, piece, body) = match input {
            [which, piece, body @ ..] => (usize::from(*which) % ASKED.len(), *piece, body),
            _ => (0, 0, input),
        };
        let whole = vec![Bytes::copy_from_slice(body)];
        let pieces = body.chunks(usize::from(piece) + 1).map(Bytes::copy_from_slice).collect();
        let (whole, pieces) = (self.asked(which, whole)?, self.asked(which, pieces)?);
        Wrong::unless(format!("{whole:?}") == format!("{pieces:?}"), || {
            format!("whole it is {whole:?}, and in pieces {pieces:?}")
        })?;
        let name = ASKED[which];
        let said = match whole {
            Ok(said) => said,
            Err(error) => return refused(format!("{name}: {error}")),
        };
        if which >= 2 {
            let again = self.asked(which, vec![Bytes::from(said.clone())])?;
            Wrong::unless(again.as_ref().ok() == Some(&said), || format!("{said} was read as {again:?}"))?;
        }
        Ok(taken(format!("{name} {}", "n".repeat(said.lines().count().min(4)))))
    }
}
