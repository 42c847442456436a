//! Activations, and their runs.

use std::time::Duration;

use bytes::Bytes;
use dormouse_core::{ActivationId, RunId, Stream};

use super::{Client, ClientError, RunsQuery};
use crate::api::{
    ActivationView, CancelRequest, CanceledView, CompletionView, OutputView, Page, RunOrRunning, RunView,
    RunningView,
};

/// The longest that a host waits for an end.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Each fails with [`ClientError`].
#[expect(clippy::missing_errors_doc, reason = "said once, for all of them")]
impl Client {
    /// One activation.
    pub async fn activation(&self, id: ActivationId) -> Result<ActivationView, ClientError> {
        self.get(&["activations", &id.to_string()]).answer().await
    }

    /// How an activation ended: none if it has not within `wait`, or within the minute that a host waits at most.
    pub async fn completion(
        &self,
        id: ActivationId,
        wait: Duration,
    ) -> Result<Option<CompletionView>, ClientError> {
        let ask = self.get(&["activations", &id.to_string(), "completion"]);
        ask.with("wait_ms", Some(wait.min(WAIT_MAX).as_millis())).answer_if_any().await
    }

    /// What runs now.
    pub async fn running(&self) -> Result<Page<RunningView>, ClientError> {
        self.get(&["running"]).answer().await
    }

    /// What ran, the newest first.
    pub async fn runs(&self, query: &RunsQuery) -> Result<Page<RunView>, ClientError> {
        let RunsQuery { app, registration, activation, since, until, outcome, limit, before } = query;
        self.get(&["runs"])
            .with("app", app.as_ref())
            .with("registration", registration.as_ref())
            .with("activation", activation.as_ref())
            .with("since", since.map(|since| since.0))
            .with("until", until.map(|until| until.0))
            .with("outcome", outcome.map(|outcome| outcome.as_str()))
            .with("limit", limit.as_ref())
            .with("before", before.as_ref())
            .answer()
            .await
    }

    /// One run, whether it goes on or ended.
    pub async fn run(&self, run: RunId) -> Result<RunOrRunning, ClientError> {
        self.get(&["runs", &run.to_string()]).answer().await
    }

    /// What a run wrote, as far as it is kept.
    pub async fn output(&self, run: RunId) -> Result<OutputView, ClientError> {
        self.get(&["runs", &run.to_string(), "output"]).answer().await
    }

    /// What a run wrote to one stream, as far as it is kept, byte for byte.
    pub async fn output_bytes(&self, run: RunId, stream: Stream) -> Result<Bytes, ClientError> {
        self.get(&["runs", &run.to_string(), "output"]).with("stream", Some(name(stream))).bytes().await
    }

    /// Tells a run to end, or takes it down.
    pub async fn cancel(&self, run: RunId, request: &CancelRequest) -> Result<CanceledView, ClientError> {
        self.post(&["runs", &run.to_string(), "cancel"]).json(request).answer().await
    }
}

/// What a stream is called in a query.
pub(super) const fn name(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
    }
}
