//! What apps keep and spend, and how much they may keep.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use dormouse_core::{AppId, AppLimitsRequest};

use super::Answer;
use crate::api::{AppLimitsDecisionView, AppLimitsView, AppUsageView};
use crate::server::extract::Given;
use crate::server::failure::no;
use crate::server::shared::Shared;

/// What an app keeps and spends. Its files are counted, which may take as long as there are many.
#[utoipa::path(
    get,
    path = "/v1/apps/{app}/usage",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    responses((status = 200, body = AppUsageView), (status = 404, description = "It is not installed"))
)]
pub(super) async fn usage(State(shared): State<Arc<Shared>>, Path(app): Path<AppId>) -> Answer<AppUsageView> {
    let usage = shared.host.usage(&app).await?;
    usage.map(|usage| Json(AppUsageView::from(&usage))).ok_or_else(|| no("app", &app))
}

/// How much an app may keep in its folders and settings.
#[utoipa::path(
    get,
    path = "/v1/apps/{app}/limits",
    tag = "apps",
    params(("app" = String, Path, description = "The app, installed or not")),
    responses((status = 200, body = AppLimitsDecisionView))
)]
pub(super) async fn app_limits(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
) -> Answer<AppLimitsDecisionView> {
    Ok(Json(AppLimitsDecisionView::new(&shared.host, app)))
}

/// Decides how much an app may keep, whether it is installed or not, in the place of what was decided before. It holds at
/// once, also for what runs.
#[utoipa::path(
    put,
    path = "/v1/apps/{app}/limits",
    tag = "apps",
    params(("app" = String, Path, description = "The app, installed or not")),
    request_body = AppLimitsView,
    responses(
        (status = 200, body = AppLimitsDecisionView),
        (status = 400, description = "It is more than the host's maximum"),
        (status = 409, description = "This host only answers questions")
    )
)]
pub(super) async fn set_app_limits(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
    Given(ask): Given<AppLimitsView>,
) -> Answer<AppLimitsDecisionView> {
    decide(&shared, app, ask.into()).await
}

/// Takes back what was decided about how much an app may keep: it is as the app asks again, or as the host has it.
#[utoipa::path(
    delete,
    path = "/v1/apps/{app}/limits",
    tag = "apps",
    params(("app" = String, Path, description = "The app, installed or not")),
    responses(
        (status = 200, body = AppLimitsDecisionView),
        (status = 409, description = "This host only answers questions")
    )
)]
pub(super) async fn unset_app_limits(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
) -> Answer<AppLimitsDecisionView> {
    decide(&shared, app, AppLimitsRequest::none()).await
}

async fn decide(shared: &Shared, app: AppId, limits: AppLimitsRequest) -> Answer<AppLimitsDecisionView> {
    shared.host.set_app_limits(&app, limits).await?;
    Ok(Json(AppLimitsDecisionView::new(&shared.host, app)))
}
