//! Addresses that are told of completions.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use dormouse_core::{Cursor, Secret};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Answer;
use crate::api::{Code, Page, Problem, UndeliveredView, WebhookMade, WebhookRequest, WebhookView};
use crate::server::extract::Given;
use crate::server::failure::no;
use crate::server::page::limit;
use crate::server::shared::Shared;
use crate::webhook::{Deliverer, NewWebhook};

fn deliverer(shared: &Shared) -> Result<&Deliverer, Problem> {
    shared.webhooks.as_deref().ok_or_else(|| {
        Problem::new(Code::ReadOnly, "this host has no webhooks").help("start it with `dormouse serve`")
    })
}

/// The webhooks, by name, and how they do.
#[utoipa::path(
    get,
    path = "/v1/webhooks",
    tag = "delivery",
    responses((status = 200, body = Page<WebhookView>), (status = 409, description = "This host has no webhooks"))
)]
pub(super) async fn webhooks(State(shared): State<Arc<Shared>>) -> Answer<Page<WebhookView>> {
    let all = deliverer(&shared)?.list().await?;
    Ok(Json(Page::whole(all.iter().map(WebhookView::from).collect())))
}

/// Makes a webhook, or replaces the one of that name. A new one begins at the journal's present end, and its secret is
/// shown now and never again.
#[utoipa::path(
    put,
    path = "/v1/webhooks/{name}",
    tag = "delivery",
    params(("name" = String, Path, description = "Its name")),
    request_body = WebhookRequest,
    responses(
        (status = 200, body = WebhookMade),
        (status = 409, description = "There are as many as may be, or this host changes nothing")
    )
)]
pub(super) async fn save_webhook(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Given(ask): Given<WebhookRequest>,
) -> Answer<WebhookMade> {
    shared.writable()?;
    let WebhookRequest { url, secret, app, registration } = ask;
    let secret = secret.map(Secret::new);
    let saved = deliverer(&shared)?.save(NewWebhook { name, url, secret, app, registration }).await?;
    let all = deliverer(&shared)?.list().await?;
    let status = all.iter().find(|status| status.webhook.name == saved.webhook.name);
    let webhook = WebhookView::from(status.ok_or_else(|| no("webhook", &saved.webhook.name))?);
    let secret = saved.made.then(|| saved.webhook.secret.reveal().to_owned());
    Ok(Json(WebhookMade { webhook, secret }))
}

/// Removes a webhook with what it did not deliver.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/{name}",
    tag = "delivery",
    params(("name" = String, Path, description = "Its name")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "There is none"),
        (status = 409, description = "This host changes nothing")
    )
)]
pub(super) async fn remove_webhook(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    shared.writable()?;
    match deliverer(&shared)?.remove(&name).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no("webhook", name)),
    }
}

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Most {
    /// At most so many: 1 to 1000, by default 100.
    limit: Option<usize>,
}

/// Deliveries of a webhook that were given up, the oldest first.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{name}/undelivered",
    tag = "delivery",
    params(("name" = String, Path, description = "Its name"), Most),
    responses(
        (status = 200, body = Page<UndeliveredView>),
        (status = 404, description = "There is none"),
        (status = 409, description = "This host has no webhooks")
    )
)]
pub(super) async fn undelivered(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(most): Query<Most>,
) -> Answer<Page<UndeliveredView>> {
    let all = deliverer(&shared)?.undelivered(&name, limit(most.limit)?).await?;
    Ok(Json(Page::whole(all.iter().map(UndeliveredView::from).collect())))
}

/// Sends a completion that was given up once more; it is forgotten when the receiver has it.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{name}/undelivered/{cursor}/redeliver",
    tag = "delivery",
    params(("name" = String, Path, description = "Its name"), ("cursor" = u64, Path, description = "Which")),
    responses(
        (status = 204, description = "The receiver has it"),
        (status = 404, description = "There is none"),
        (status = 409, description = "The completion is not kept any more, or this host changes nothing"),
        (status = 502, description = "The receiver did not take it")
    )
)]
pub(super) async fn redeliver(
    State(shared): State<Arc<Shared>>,
    Path((name, cursor)): Path<(String, u64)>,
) -> Result<StatusCode, Problem> {
    shared.writable()?;
    deliverer(&shared)?.redeliver(&name, Cursor(cursor)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets a delivery that was given up.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/{name}/undelivered/{cursor}",
    tag = "delivery",
    params(("name" = String, Path, description = "Its name"), ("cursor" = u64, Path, description = "Which")),
    responses(
        (status = 204, description = "It is forgotten"),
        (status = 404, description = "There is none"),
        (status = 409, description = "This host changes nothing")
    )
)]
pub(super) async fn discard_undelivered(
    State(shared): State<Arc<Shared>>,
    Path((name, cursor)): Path<(String, u64)>,
) -> Result<StatusCode, Problem> {
    shared.writable()?;
    match deliverer(&shared)?.discard(&name, Cursor(cursor)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no("undelivered completion", cursor)),
    }
}

/// Sends a message that says nothing, to see whether the receiver is there.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{name}/test",
    tag = "delivery",
    params(("name" = String, Path, description = "Its name")),
    responses(
        (status = 204, description = "The receiver has it"),
        (status = 404, description = "There is none"),
        (status = 409, description = "This host has no webhooks"),
        (status = 502, description = "The receiver did not take it")
    )
)]
pub(super) async fn test_webhook(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    deliverer(&shared)?.test(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}
