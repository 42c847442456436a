//! The host itself, and what its apps have left.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use dormouse_core::AppId;

use super::Answer;
use crate::api::moment::ms;
use crate::api::{
    Code, HealthView, HostInfo, Page, Problem, QuotaDecisionView, QuotaRequest, QuotaView, StatsView,
};
use crate::server::extract::Given;
use crate::server::shared::Shared;

/// How long each part of a host has to show that it is alive.
const HEALTHY_WITHIN: Duration = Duration::from_secs(5);

/// Which host answers, and what goes on.
#[utoipa::path(get, path = "/v1/host", tag = "host", responses((status = 200, body = HostInfo)))]
pub(super) async fn host(State(shared): State<Arc<Shared>>) -> Answer<HostInfo> {
    let host = &shared.host;
    let (started_at, now) = (host.started_at(), host.now());
    let totals = host.store().totals().await.ok();
    Ok(Json(HostInfo {
        version: shared.version.clone(),
        pid: std::process::id(),
        node: host.node(),
        state_directory: shared.state_directory.as_ref().map(|path| path.display().to_string()),
        started_at: started_at.into(),
        now: now.into(),
        uptime_ms: ms(now.since(started_at)),
        stopping: host.is_stopping() || shared.stop.is_cancelled(),
        read_only: host.is_read_only(),
        stats: StatsView::new(&host.stats(), totals),
    }))
}

/// Whether the host works as it should.
#[utoipa::path(get, path = "/v1/health", tag = "host", responses((status = 200, body = HealthView)))]
pub(super) async fn health(State(shared): State<Arc<Shared>>) -> Answer<HealthView> {
    match shared.host.healthy(HEALTHY_WITHIN).await {
        Ok(()) => Ok(Json(HealthView { status: "ok".to_owned() })),
        Err(unhealthy) => {
            let mut problem = Problem::new(Code::Unhealthy, "the host does not work as it should")
                .help("look at the host's log; if it stays so, start it again");
            problem.causes = unhealthy.ailments.iter().map(ToString::to_string).collect();
            Err(problem)
        }
    }
}

/// What is left of the allowances of all apps that have one.
#[utoipa::path(get, path = "/v1/quotas", tag = "host", responses((status = 200, body = Page<QuotaView>)))]
pub(super) async fn quotas(State(shared): State<Arc<Shared>>) -> Answer<Page<QuotaView>> {
    Ok(Json(Page::whole(shared.host.quotas().iter().map(QuotaView::from).collect())))
}

/// What is left of an app's allowance.
#[utoipa::path(
    get,
    path = "/v1/apps/{app}/quota",
    tag = "host",
    params(("app" = String, Path, description = "The app")),
    responses((status = 200, body = QuotaView), (status = 404, description = "It has none, or is not installed"))
)]
pub(super) async fn quota(State(shared): State<Arc<Shared>>, Path(app): Path<AppId>) -> Answer<QuotaView> {
    let quota = shared.host.quota(&app);
    let none = || Problem::new(Code::NotFound, format!("app `{app}` has no quota, or is not installed here"));
    quota.map(|quota| Json(QuotaView::from(&quota))).ok_or_else(none)
}

/// Decides about an app's quota, whether it is installed or not. It holds at once, also for what runs.
#[utoipa::path(
    put,
    path = "/v1/apps/{app}/quota",
    tag = "host",
    params(("app" = String, Path, description = "The app, installed or not")),
    request_body = QuotaRequest,
    responses(
        (status = 200, body = QuotaDecisionView),
        (status = 409, description = "This host only answers questions")
    )
)]
pub(super) async fn set_quota(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
    Given(ask): Given<QuotaRequest>,
) -> Answer<QuotaDecisionView> {
    let decision = ask.try_into()?;
    shared.host.set_quota(&app, Some(decision)).await?;
    Ok(Json(QuotaDecisionView::new(&shared.host, app)))
}

/// Takes back what was decided about an app's quota: it has its own again, or the host's.
#[utoipa::path(
    delete,
    path = "/v1/apps/{app}/quota",
    tag = "host",
    params(("app" = String, Path, description = "The app, installed or not")),
    responses(
        (status = 200, body = QuotaDecisionView),
        (status = 409, description = "This host only answers questions")
    )
)]
pub(super) async fn unset_quota(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
) -> Answer<QuotaDecisionView> {
    shared.host.set_quota(&app, None).await?;
    Ok(Json(QuotaDecisionView::new(&shared.host, app)))
}
