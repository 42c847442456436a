//! What is answered where.

#![expect(unused_qualifications, reason = "what describes an operation names its parameters in full")]

mod activations;
mod apps;
mod completions;
mod dead_letters;
mod events;
mod fire;
mod host;
mod lifecycle;
mod machine;
mod registrations;
mod runs;
mod subscribers;
mod usage;
mod webhooks;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, middleware};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};
use utoipa::OpenApi as _;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::shared::Shared;
use super::{ServerLimits, document, layers};
use crate::api::Problem;

/// What a handler answers.
type Answer<T> = Result<axum::Json<T>, Problem>;

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Dormouse",
    description = "The control API of a Dormouse host: what it runs, why it does not, and what became of it.",
    version = "1",
    license(name = "Apache-2.0 WITH LLVM-exception OR MIT")
))]
struct Described;

/// What is answered within [`ServerLimits::request`](super::ServerLimits::request).
fn quick() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(host::host))
        .routes(routes!(host::health))
        .routes(routes!(host::quotas))
        .routes(routes!(host::quota, host::set_quota, host::unset_quota))
        .routes(routes!(apps::apps))
        .routes(routes!(apps::app))
        .routes(routes!(apps::access, apps::set_access))
        .routes(routes!(lifecycle::app_state))
        .routes(routes!(lifecycle::app_output))
        .routes(routes!(usage::app_limits, usage::set_app_limits, usage::unset_app_limits))
        .routes(routes!(registrations::registrations, registrations::register))
        .routes(routes!(registrations::validate))
        .routes(routes!(registrations::registration, registrations::unregister))
        .routes(routes!(registrations::explain))
        .routes(routes!(registrations::release))
        .routes(routes!(fire::fire))
        .routes(routes!(fire::signal))
        .routes(routes!(activations::activation))
        .routes(routes!(runs::running))
        .routes(routes!(runs::runs))
        .routes(routes!(runs::run))
        .routes(routes!(runs::output))
        .routes(routes!(runs::cancel))
        .routes(routes!(dead_letters::dead_letters))
        .routes(routes!(dead_letters::redrive))
        .routes(routes!(dead_letters::discard))
        .routes(routes!(subscribers::subscribers))
        .routes(routes!(subscribers::acknowledge))
        .routes(routes!(subscribers::unsubscribe))
        .routes(routes!(webhooks::webhooks))
        .routes(routes!(webhooks::save_webhook, webhooks::remove_webhook))
        .routes(routes!(webhooks::undelivered))
        .routes(routes!(webhooks::discard_undelivered))
        .routes(routes!(machine::triggers))
        .routes(routes!(machine::conditions))
}

/// What takes as long as it takes: it has limits of its own.
fn slow(limits: &ServerLimits) -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(apps::upload))
        .routes(routes!(apps::install))
        .routes(routes!(apps::update, apps::uninstall))
        .routes(routes!(usage::usage))
        .routes(routes!(lifecycle::launch).layer(DefaultBodyLimit::max(limits.launch_bytes)))
        .routes(routes!(lifecycle::show))
        .routes(routes!(lifecycle::hide))
        .routes(routes!(lifecycle::suspend))
        .routes(routes!(lifecycle::resume))
        .routes(routes!(lifecycle::close))
        .routes(routes!(lifecycle::terminate))
        .routes(routes!(activations::completion))
        .routes(routes!(events::events))
        .routes(routes!(completions::completions))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(webhooks::test_webhook))
}

/// The document of all of it.
pub(super) fn described() -> utoipa::openapi::OpenApi {
    let mut document = quick().merge(slow(&ServerLimits::DEFAULT)).into_openapi();
    document::complete(&mut document);
    document
}

/// All of it.
pub(super) fn router(shared: &Arc<Shared>) -> Router {
    let limits = &shared.limits;
    let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, limits.request);
    let (router, mut document) = quick().layer(timeout).merge(slow(limits)).split_for_parts();
    document::complete(&mut document);
    let document = document.to_json().unwrap_or_default();
    let document = get(|| async move { ([(CONTENT_TYPE, "application/json")], document).into_response() });
    let header = SetResponseHeaderLayer::if_not_present;
    router
        .route("/openapi.json", document)
        .with_state(shared.clone())
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(RequestBodyTimeoutLayer::new(limits.body_read))
        .layer(header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(header(CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(middleware::from_fn(layers::no_browsers))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(middleware::from_fn(layers::problems))
        .layer(middleware::from_fn(layers::audit))
}
