//! Activations, and how they ended.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use dormouse_core::ActivationId;
use dormouse_core::activation::ActivationState;
use dormouse_core::store::RunFilter;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Answer;
use crate::api::{ActivationView, Code, CompletionView, LIST_LIMIT, Problem, RunView, WhyView};
use crate::server::failure::no;
use crate::server::shared::Shared;

/// An activation: where it is, why it waits, and its runs.
#[utoipa::path(
    get,
    path = "/v1/activations/{id}",
    tag = "activations",
    params(("id" = uuid::Uuid, Path, description = "The activation")),
    responses((status = 200, body = ActivationView), (status = 404, description = "There is none"))
)]
pub(super) async fn activation(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<ActivationId>,
) -> Answer<ActivationView> {
    let host = &shared.host;
    let activation = host.activation(id).await?.ok_or_else(|| no("activation", id))?;
    let mut view = ActivationView::from(&activation);
    if activation.state == ActivationState::Pending
        && let Some(known) = host.explain(activation.registration).await?
    {
        let waiting = known.waiting.iter().find(|waiting| waiting.activation == id);
        view.why = waiting.map(|waiting| WhyView::from(&waiting.why));
    }
    let filter = RunFilter { activation: Some(id), ..RunFilter::default() };
    view.runs = host.runs(filter, LIST_LIMIT).await?.iter().map(RunView::from).collect();
    Ok(Json(view))
}

/// How long to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wait {
    /// Wait so long for its end, up to 60000; by default not at all.
    #[serde(default)]
    wait_ms: u64,
}

/// How an activation ended. Waits for that if it is asked to.
#[utoipa::path(
    get,
    path = "/v1/activations/{id}/completion",
    tag = "activations",
    params(("id" = uuid::Uuid, Path, description = "The activation"), Wait),
    responses(
        (status = 200, body = CompletionView),
        (status = 204, description = "It has not ended yet"),
        (status = 404, description = "There is none"),
        (status = 410, description = "It was withdrawn before it ran")
    )
)]
pub(super) async fn completion(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<ActivationId>,
    Query(wait): Query<Wait>,
) -> Result<Response, Problem> {
    let wait = Duration::from_millis(wait.wait_ms);
    if wait > shared.limits.wait {
        let detail = format!("a wait of {wait:?} is longer than {:?}", shared.limits.wait);
        return Err(Problem::new(Code::InvalidRequest, detail)
            .field("wait_ms")
            .help("wait again when it is over"));
    }
    let until = shared.clock.now() + wait;
    tokio::select! {
        biased;
        completion = shared.host.completed(id) => Ok(Json(CompletionView::from(&completion?)).into_response()),
        () = shared.stop.cancelled() => Err(dormouse::HostError::Stopping.into()),
        () = shared.clock.sleep_until(until), if !wait.is_zero() => Ok(StatusCode::NO_CONTENT.into_response()),
        answer = now(&shared, id), if wait.is_zero() => answer,
    }
}

/// Without waiting for more than the store.
async fn now(shared: &Shared, id: ActivationId) -> Result<Response, Problem> {
    let activation = shared.host.activation(id).await?.ok_or_else(|| no("activation", id))?;
    match activation.state {
        ActivationState::Pending | ActivationState::Running(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        ActivationState::Ended { .. } | ActivationState::Withdrawn { .. } => {
            Ok(Json(CompletionView::from(&shared.host.completed(id).await?)).into_response())
        }
    }
}
