//! Runs: those that go on, those that ended, and what they wrote.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use dormouse_core::event::Stream;
use dormouse_core::outcome::{OutcomeKind, bounded_message};
use dormouse_core::store::{RunFilter, RunPlace};
use dormouse_core::{
    ActivationId, AppId, Cancellation, CancellationReason, Cursor, RegistrationId, RunId, RunOutput,
};
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Answer;
use crate::api::words::{OutcomeWord, StreamWord};
use crate::api::{
    CancelRequest, CanceledView, Code, Moment, OutputView, Page, Problem, RunOrRunning, RunView, RunningView,
};
use crate::server::extract::Given;
use crate::server::failure::no;
use crate::server::page::{limit, page, place, placed};
use crate::server::shared::Shared;

type Going = (RunId, ActivationId, RegistrationId);

fn running_view(shared: &Shared, (run, activation, registration): Going) -> RunningView {
    let known = shared.host.registration(registration).map(|record| record.registration);
    let (app, name) = known.map(|known| (known.app, known.name)).unzip();
    RunningView { run, activation, registration, app, name }
}

/// The runs that go on.
#[utoipa::path(get, path = "/v1/running", tag = "runs", responses((status = 200, body = Page<RunningView>)))]
pub(super) async fn running(State(shared): State<Arc<Shared>>) -> Answer<Page<RunningView>> {
    let running = shared.host.running().into_iter();
    Ok(Json(Page::whole(running.map(|going| running_view(&shared, going)).collect())))
}

/// Which runs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Of this app only.
    #[param(value_type = Option<String>)]
    app: Option<AppId>,
    /// Of this registration only.
    #[param(value_type = Option<uuid::Uuid>)]
    registration: Option<RegistrationId>,
    /// Of this activation only.
    #[param(value_type = Option<uuid::Uuid>)]
    activation: Option<ActivationId>,
    /// That ended then or later.
    #[param(value_type = Option<Moment>, inline)]
    since: Option<Moment>,
    /// That ended before then.
    #[param(value_type = Option<Moment>, inline)]
    until: Option<Moment>,
    /// That ended so only.
    #[param(value_type = Option<OutcomeWord>, inline)]
    outcome: Option<OutcomeKind>,
    /// At most so many: 1 to 1000, by default 100.
    limit: Option<usize>,
    /// Those that follow: what `next` said.
    before: Option<String>,
}

/// The runs that ended, the one that ended last first.
#[utoipa::path(
    get,
    path = "/v1/runs",
    tag = "runs",
    params(Which),
    responses((status = 200, body = Page<RunView>))
)]
pub(super) async fn runs(
    State(shared): State<Arc<Shared>>,
    Query(which): Query<Which>,
) -> Answer<Page<RunView>> {
    let limit = limit(which.limit)?;
    let before = placed(which.before.as_ref())?;
    let filter = RunFilter {
        registration: which.registration,
        activation: which.activation,
        app: which.app,
        since: which.since.map(|moment| moment.0),
        until: which.until.map(|moment| moment.0),
        outcome: which.outcome,
        before: before.map(|(ended_at, place)| RunPlace { ended_at, place: Cursor(place) }),
    };
    let found = shared.host.runs(filter, limit).await?;
    Ok(Json(page(
        &found,
        limit,
        |run| RunView::from(run),
        |last| {
            let last = last.place();
            place(last.ended_at, last.place.0)
        },
    )))
}

/// A run, whether it ended or goes on.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}",
    tag = "runs",
    params(("run" = uuid::Uuid, Path, description = "The run")),
    responses((status = 200, body = RunOrRunning), (status = 404, description = "There is none any more"))
)]
pub(super) async fn run(State(shared): State<Arc<Shared>>, Path(run): Path<RunId>) -> Answer<RunOrRunning> {
    // Looked for among those that go on first: it may end in between, and not begin.
    if let Some(going) = shared.host.running().into_iter().find(|(going, ..)| *going == run) {
        return Ok(Json(RunOrRunning::Running(running_view(&shared, going))));
    }
    let ended = shared.host.run(run).await?.ok_or_else(|| no("run", run))?;
    Ok(Json(RunOrRunning::Ended(Box::new(RunView::from(&ended)))))
}

/// What of its output.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OutputOf {
    /// This stream only, byte for byte.
    #[param(value_type = Option<StreamWord>, inline)]
    stream: Option<Stream>,
}

impl OutputOf {
    pub(super) fn answered(&self, written: RunOutput) -> Response {
        let bytes = match self.stream {
            None => return Json(OutputView::from(&written)).into_response(),
            Some(Stream::Stdout) => written.stdout,
            Some(Stream::Stderr) => written.stderr,
        };
        ([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
    }
}

/// What a run wrote, so far or as far as it is kept: both streams as text, or one of them byte for byte.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}/output",
    tag = "runs",
    params(("run" = uuid::Uuid, Path, description = "The run"), OutputOf),
    responses(
        (status = 200, content((OutputView = "application/json"), (String = "application/octet-stream"))),
        (status = 404, description = "There is none any more")
    )
)]
pub(super) async fn output(
    State(shared): State<Arc<Shared>>,
    Path(run): Path<RunId>,
    Query(what): Query<OutputOf>,
) -> Result<Response, Problem> {
    let written = match shared.host.output(run).await? {
        Some(written) => written,
        None if shared.host.run(run).await?.is_some() => Default::default(),
        None => return Err(no("run", run)),
    };
    Ok(what.answered(written))
}

/// Cancels a run: it is told and has its grace, or is taken down at once. Its registration stays.
#[utoipa::path(
    post,
    path = "/v1/runs/{run}/cancel",
    tag = "runs",
    params(("run" = uuid::Uuid, Path, description = "The run")),
    request_body = CancelRequest,
    responses(
        (status = 200, body = CanceledView),
        (status = 404, description = "There is none"),
        (status = 409, description = "It has ended")
    )
)]
pub(super) async fn cancel(
    State(shared): State<Arc<Shared>>,
    Path(run): Path<RunId>,
    Given(ask): Given<CancelRequest>,
) -> Answer<CanceledView> {
    shared.writable()?;
    let detail = bounded_message(ask.detail.unwrap_or_default());
    let cancellation = Cancellation::new(CancellationReason::Abort, "operator", detail);
    let goes_on = match ask.kill {
        true => shared.host.kill(run, cancellation),
        false => shared.host.cancel(run, cancellation),
    };
    if goes_on {
        return Ok(Json(CanceledView { run, kill: ask.kill }));
    }
    match shared.host.run(run).await? {
        Some(_) => Err(Problem::new(Code::Conflict, format!("run {run} has ended"))),
        None => Err(no("run", run)),
    }
}
