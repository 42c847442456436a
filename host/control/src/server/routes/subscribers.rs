//! Who reads completions, and how far.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use dormouse::SUBSCRIBER_LEN_MAX;
use dormouse_core::{Subscriber, Webhook};
use http::StatusCode;
use tokio::sync::MutexGuard;

use super::Answer;
use crate::api::{AckRequest, Code, Page, Problem, SubscriberView};
use crate::server::extract::Given;
use crate::server::failure::no;
use crate::server::shared::Shared;

/// The subscribers, by name. Those of webhooks are not among them.
#[utoipa::path(
    get,
    path = "/v1/subscribers",
    tag = "delivery",
    responses((status = 200, body = Page<SubscriberView>))
)]
pub(super) async fn subscribers(State(shared): State<Arc<Shared>>) -> Answer<Page<SubscriberView>> {
    let store = shared.host.store();
    let head = store.head().await?;
    let all = store.subscribers().await?.into_iter();
    let named = all.filter(is_named);
    Ok(Json(Page::whole(named.map(|subscriber| SubscriberView::new(subscriber, head)).collect())))
}

/// Whether a subscriber is no webhook's.
fn is_named(subscriber: &Subscriber) -> bool {
    !subscriber.name.starts_with(Webhook::SUBSCRIBER_PREFIX)
}

/// There is room for this subscriber, until what is answered is dropped: one that is there needs none.
///
/// # Errors
///
/// [`Code::Conflict`]: completions are kept for all of them, and there are enough.
pub(super) async fn room<'a>(shared: &'a Shared, name: &str) -> Result<MutexGuard<'a, ()>, Problem> {
    let one_at_a_time = shared.new_subscriber.lock().await;
    let store = shared.host.store();
    if store.cursor(name).await?.is_some() {
        return Ok(one_at_a_time);
    }
    let (all, most) = (store.subscribers().await?, shared.limits.subscribers);
    if all.iter().filter(|subscriber| is_named(subscriber)).count() >= most {
        let detail = format!("there are {most} subscribers, as many as may be");
        return Err(Problem::new(Code::Conflict, detail)
            .field("subscriber")
            .help("`dormouse subscribers` lists them, and removes those that nobody is any more"));
    }
    Ok(one_at_a_time)
}

/// The name of a subscriber that is no webhook's.
fn named(name: String) -> Result<String, Problem> {
    let problem = |detail: String| Problem::new(Code::InvalidRequest, detail).field("name");
    if name.is_empty() || name.len() > SUBSCRIBER_LEN_MAX {
        let detail =
            format!("a subscriber's name has 1 to {SUBSCRIBER_LEN_MAX} bytes; this one has {}", name.len());
        return Err(problem(detail));
    }
    if name.starts_with(Webhook::SUBSCRIBER_PREFIX) {
        return Err(problem(format!("{name:?} is a webhook's own subscriber")).help("use `/v1/webhooks`"));
    }
    Ok(name)
}

/// A subscriber has read everything up to a cursor. It never goes back.
#[utoipa::path(
    post,
    path = "/v1/subscribers/{name}/ack",
    tag = "delivery",
    params(("name" = String, Path, description = "The subscriber; one that is not known yet is made")),
    request_body = AckRequest,
    responses(
        (status = 200, body = SubscriberView),
        (status = 409, description = "There are as many subscribers as may be, or this host only answers questions")
    )
)]
pub(super) async fn acknowledge(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Given(ask): Given<AckRequest>,
) -> Answer<SubscriberView> {
    shared.writable()?;
    let (name, store) = (named(name)?, shared.host.store());
    let head = store.head().await?;
    if ask.cursor > head {
        let detail = format!("cursor {} is beyond the journal's end, {}", ask.cursor.0, head.0);
        return Err(Problem::new(Code::InvalidRequest, detail)
            .field("cursor")
            .help("give the cursor of a completion that was told"));
    }
    let room = room(&shared, &name).await?;
    store.commit_cursor(&name, ask.cursor).await?;
    drop(room);
    let cursor = store.cursor(&name).await?.unwrap_or(ask.cursor);
    Ok(Json(SubscriberView { name, cursor, head }))
}

/// Forgets a subscriber: nothing is kept for it any more.
#[utoipa::path(
    delete,
    path = "/v1/subscribers/{name}",
    tag = "delivery",
    params(("name" = String, Path, description = "The subscriber")),
    responses(
        (status = 204, description = "It is forgotten"),
        (status = 404, description = "There is none"),
        (status = 409, description = "This host only answers questions")
    )
)]
pub(super) async fn unsubscribe(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    shared.writable()?;
    let name = named(name)?;
    match shared.host.store().remove_subscriber(&name).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no("subscriber", name)),
    }
}
