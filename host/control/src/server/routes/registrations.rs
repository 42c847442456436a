//! Registrations.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use dormouse_core::explain::HISTORY_LISTED_MAX;
use dormouse_core::registration::RegistrationRecord;
use dormouse_core::{AppId, RegistrationId, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Answer;
use crate::api::{
    Code, ExplanationView, Page, Problem, RegisterRequest, RegisteredView, RegistrationView, ReleasedView,
    UnregisteredView, ValidView,
};
use crate::server::extract::Given;
use crate::server::failure::no;
use crate::server::page::{limit, page, place, placed};
use crate::server::shared::Shared;

/// Which registrations to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Of this app only.
    #[param(value_type = Option<String>)]
    app: Option<AppId>,
    /// Of this name only.
    name: Option<String>,
    /// Of this group only.
    group: Option<String>,
    /// At most so many: 1 to 1000, by default 100.
    limit: Option<usize>,
    /// Those that follow: what `next` said.
    before: Option<String>,
}

/// The registrations, in the order of their making.
#[utoipa::path(
    get,
    path = "/v1/registrations",
    tag = "registrations",
    params(Which),
    responses((status = 200, body = Page<RegistrationView>))
)]
pub(super) async fn registrations(
    State(shared): State<Arc<Shared>>,
    Query(which): Query<Which>,
) -> Answer<Page<RegistrationView>> {
    let limit = limit(which.limit)?;
    let behind: Option<(Timestamp, RegistrationId)> = placed(which.before.as_ref())?;
    let key = |record: &RegistrationRecord| (record.registration.registered_at, record.registration.id);
    let wanted = |record: &RegistrationRecord| {
        let registration = &record.registration;
        which.app.as_ref().is_none_or(|app| registration.app == *app)
            && which.name.as_ref().is_none_or(|name| registration.name == *name)
            && which.group.as_ref().is_none_or(|group| registration.group.as_ref() == Some(group))
            && behind.is_none_or(|behind| key(record) > behind)
    };
    let mut found = shared.host.registrations();
    found.retain(wanted);
    found.truncate(limit);
    let ids: Vec<RegistrationId> = found.iter().map(|record| record.registration.id).collect();
    let outlooks = shared.host.outlooks(&ids).await?;
    let listed: Vec<_> = found.iter().zip(&outlooks).collect();
    Ok(Json(page(
        &listed,
        limit,
        |(record, outlook)| RegistrationView::new(record, outlook),
        |(last, _)| {
            let (at, id) = key(last);
            place(at, id)
        },
    )))
}

/// Registers a task. Durable when it answers.
#[utoipa::path(
    post,
    path = "/v1/registrations",
    tag = "registrations",
    request_body = RegisterRequest,
    responses(
        (status = 200, body = RegisteredView),
        (status = 404, description = "The app is not installed"),
        (status = 409, description = "There is one of that name, or the app has as many as it may have"),
        (status = 422, description = "It is not valid: `field` says what")
    )
)]
pub(super) async fn register(
    State(shared): State<Arc<Shared>>,
    Given(ask): Given<RegisterRequest>,
) -> Answer<RegisteredView> {
    let registered = shared.host.register(&ask.app, ask.builder()?, ask.if_exists.into()).await?;
    Ok(Json(RegisteredView::new(&ask.name, &registered)))
}

/// Says whether a task could be registered, and does not do it.
#[utoipa::path(
    post,
    path = "/v1/registrations/validate",
    tag = "registrations",
    request_body = RegisterRequest,
    responses(
        (status = 200, body = ValidView),
        (status = 404, description = "The app is not installed"),
        (status = 409, description = "The app has as many registrations as it may have"),
        (status = 422, description = "It is not valid: `field` says what")
    )
)]
pub(super) async fn validate(
    State(shared): State<Arc<Shared>>,
    Given(ask): Given<RegisterRequest>,
) -> Answer<ValidView> {
    let pairs = shared.host.validate(&ask.app, &ask.builder()?).map_err(dormouse::HostError::from)?;
    Ok(Json(ValidView::new(&ask.name, &pairs)))
}

/// A registration.
#[utoipa::path(
    get,
    path = "/v1/registrations/{id}",
    tag = "registrations",
    params(("id" = uuid::Uuid, Path, description = "The registration")),
    responses((status = 200, body = RegistrationView), (status = 404, description = "There is none"))
)]
pub(super) async fn registration(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<RegistrationId>,
) -> Answer<RegistrationView> {
    let record = shared.host.registration(id).ok_or_else(|| no("registration", id))?;
    let outlook = shared.host.outlooks(&[id]).await?.pop().unwrap_or_default();
    Ok(Json(RegistrationView::new(&record, &outlook)))
}

/// What becomes of what runs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Unregister {
    /// Cancel what runs of it; else it finishes.
    #[serde(default)]
    cancel: bool,
}

/// Removes a registration; what waits of it does not run.
#[utoipa::path(
    delete,
    path = "/v1/registrations/{id}",
    tag = "registrations",
    params(("id" = uuid::Uuid, Path, description = "The registration"), Unregister),
    responses(
        (status = 200, body = UnregisteredView),
        (status = 404, description = "There is none"),
        (status = 409, description = "This host only answers questions")
    )
)]
pub(super) async fn unregister(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<RegistrationId>,
    Query(how): Query<Unregister>,
) -> Answer<UnregisteredView> {
    match shared.host.unregister(id, how.cancel).await? {
        true => Ok(Json(UnregisteredView { id, canceled: how.cancel })),
        false => Err(no("registration", id)),
    }
}

/// How much to explain.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Explain {
    /// At most so many runs that ended: 0 to 20, by default all of these.
    history: Option<usize>,
}

/// Why it is not running, why it stopped.
#[utoipa::path(
    get,
    path = "/v1/registrations/{id}/explain",
    tag = "registrations",
    params(("id" = uuid::Uuid, Path, description = "The registration"), Explain),
    responses((status = 200, body = ExplanationView), (status = 404, description = "There is none"))
)]
pub(super) async fn explain(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<RegistrationId>,
    Query(how): Query<Explain>,
) -> Answer<ExplanationView> {
    let history = how.history.unwrap_or(HISTORY_LISTED_MAX);
    if history > HISTORY_LISTED_MAX {
        let detail = format!("a history of {history} is not between 0 and {HISTORY_LISTED_MAX}");
        return Err(Problem::new(Code::InvalidRequest, detail)
            .field("history")
            .help("`/v1/runs` lists as many as are kept"));
    }
    let known = shared.host.explain(id).await?;
    let known = known.ok_or_else(|| no("registration", id))?;
    let mut view = ExplanationView::from(&known);
    view.history.truncate(history);
    Ok(Json(view))
}

/// Lets a registration out of quarantine.
#[utoipa::path(
    post,
    path = "/v1/registrations/{id}/release",
    tag = "registrations",
    params(("id" = uuid::Uuid, Path, description = "The registration")),
    responses(
        (status = 200, body = ReleasedView),
        (status = 404, description = "There is none"),
        (status = 409, description = "This host only answers questions")
    )
)]
pub(super) async fn release(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<RegistrationId>,
) -> Answer<ReleasedView> {
    let released = shared.host.release(id).await?;
    Ok(Json(ReleasedView { id, released }))
}
