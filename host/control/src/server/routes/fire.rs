//! Firings and signals.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use dormouse::FireOptions;
use dormouse_core::{RegistrationId, TriggerDetails};
use http::StatusCode;

use super::Answer;
use crate::api::{FireRequest, FiredView, Page, Problem, SignalRequest, SignaledView};
use crate::server::extract::Given;
use crate::server::shared::Shared;

/// Fires a registration by hand. Durable when it answers.
#[utoipa::path(
    post,
    path = "/v1/registrations/{id}/fire",
    tag = "firings",
    params(("id" = uuid::Uuid, Path, description = "The registration")),
    request_body = FireRequest,
    responses(
        (status = 202, body = FiredView),
        (status = 404, description = "There is none"),
        (status = 409, description = "It starts nothing: `reason` says why")
    )
)]
pub(super) async fn fire(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<RegistrationId>,
    Given(ask): Given<FireRequest>,
) -> Result<(StatusCode, Json<FiredView>), Problem> {
    let details = ask.payload()?.map_or(TriggerDetails::None, TriggerDetails::Application);
    let fired = shared.host.fire_with(id, FireOptions { details, key: ask.key }).await?;
    Ok((StatusCode::ACCEPTED, Json(FiredView::try_from(fired)?)))
}

/// Raises a signal, or sends a message: fires every registration on its topic.
#[utoipa::path(
    post,
    path = "/v1/signals",
    tag = "firings",
    request_body = SignalRequest,
    responses(
        (status = 200, body = Page<SignaledView>),
        (status = 409, description = "This host only answers questions")
    )
)]
pub(super) async fn signal(
    State(shared): State<Arc<Shared>>,
    Given(ask): Given<SignalRequest>,
) -> Answer<Page<SignaledView>> {
    shared.writable()?;
    let fired = shared.host.signal(ask.message()?).await?;
    Ok(Json(Page::whole(fired.into_iter().map(SignaledView::from).collect())))
}
