//! The lives of apps.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use dormouse::{AppError, AppHandle, AppView};
use dormouse_core::AppId;
use dormouse_core::app::previous::AppStateRecord;
use utoipa::IntoResponses;

use super::Answer;
use super::runs::OutputOf;
use crate::api::{AppStateView, LaunchAsked, LaunchRequest, LaunchResult, LaunchedView, OutputView, Problem};
use crate::server::extract::Given;
use crate::server::shared::Shared;

/// What is answered to who wants an app elsewhere in its life.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the document has it")]
enum Changed {
    /// Where it is now
    #[response(status = 200)]
    Done(AppStateView),
    /// It is not installed
    #[response(status = 404)]
    NotInstalled,
    /// It is not running, has no life of its own, or ended meanwhile
    #[response(status = 409)]
    Refused,
}

/// Where in its life an app is.
#[utoipa::path(
    get,
    path = "/v1/apps/{app}/state",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    responses(
        (status = 200, body = AppStateView),
        (status = 404, description = "It is not installed"),
        (status = 409, description = "It has no life of its own")
    )
)]
pub(super) async fn app_state(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
) -> Answer<AppStateView> {
    if shared.host.is_read_only() {
        return kept(&shared, app).await;
    }
    seen(&shared.host.app(&app)?.look().await?)
}

/// Nothing lives here: what an earlier host left behind is all that there is to say.
async fn kept(shared: &Shared, app: AppId) -> Answer<AppStateView> {
    let record = shared.host.store().app_state(&app).await?;
    let package = shared.host.packages().into_iter().find(|package| package.app == app);
    let record = match (record, package) {
        (_, Some(package)) if package.activations.is_empty() => {
            return Err(AppError::NoLifecycle { app }.into());
        }
        (Some(record), _) => record,
        (None, Some(_)) => AppStateRecord::new(app, shared.clock.wall()),
        (None, None) => return Err(AppError::NotInstalled { app }.into()),
    };
    Ok(Json(AppStateView::kept(&record, shared.clock.wall())))
}

/// Launches an app, or activates it for something else, and answers when it has dealt with that. Unless `hidden` says
/// otherwise it is in sight afterwards, until it is hidden. Whoever goes before the answer does not want to see it.
#[utoipa::path(
    post,
    path = "/v1/apps/{app}/launch",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    request_body = LaunchRequest,
    responses(
        (status = 200, body = LaunchedView),
        (status = 404, description = "It is not installed"),
        (status = 409, description = "It has no life of its own, does not declare the activation, or ended meanwhile"),
        (status = 413, description = "The activation carries too much")
    )
)]
pub(super) async fn launch(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
    Given(ask): Given<LaunchRequest>,
) -> Answer<LaunchedView> {
    let handle = changed(&shared, &app)?;
    let result = match ask.asked()? {
        LaunchAsked::Prelaunch => handle.prelaunch().await?.into(),
        LaunchAsked::Hidden(activation) => {
            handle.activate_hidden(activation).await?;
            LaunchResult::Launched
        }
        LaunchAsked::Seen(activation) => {
            shared.leases.keep(app, handle.activate(activation).await?);
            LaunchResult::Launched
        }
    };
    Ok(Json(LaunchedView { result, app: AppStateView::from(&handle.view()) }))
}

/// Brings an app to the front that is there.
#[utoipa::path(
    post,
    path = "/v1/apps/{app}/show",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    responses(Changed)
)]
pub(super) async fn show(State(shared): State<Arc<Shared>>, Path(app): Path<AppId>) -> Answer<AppStateView> {
    let handle = changed(&shared, &app)?;
    shared.leases.keep(app, handle.show().await?);
    seen(&handle.view())
}

/// Takes an app out of sight that was launched or shown over this API: it is in the background then, unless somebody else
/// wants to see it. It answers when it is.
#[utoipa::path(
    post,
    path = "/v1/apps/{app}/hide",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    responses(Changed)
)]
pub(super) async fn hide(State(shared): State<Arc<Shared>>, Path(app): Path<AppId>) -> Answer<AppStateView> {
    let handle = changed(&shared, &app)?;
    seen(&handle.hide(shared.leases.take(&app)).await?)
}

/// Suspends an app without delay and whoever sees it, as a locked screen does, until it is resumed, shown or activated.
/// Its background tasks and an extended execution are waited for. Answers when it is suspended, or somebody wanted it back
/// meanwhile.
#[utoipa::path(
    post,
    path = "/v1/apps/{app}/suspend",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    responses(Changed)
)]
pub(super) async fn suspend(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
) -> Answer<AppStateView> {
    seen(&changed(&shared, &app)?.suspend().await?)
}

/// Resumes an app. One that nobody wants to see is suspended again after a while.
#[utoipa::path(
    post,
    path = "/v1/apps/{app}/resume",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    responses(Changed)
)]
pub(super) async fn resume(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
) -> Answer<AppStateView> {
    seen(&changed(&shared, &app)?.resume().await?)
}

/// Closes an app, as its user would: it is suspended and ended. How it ended is in `last_end`: `closed`, unless it was not
/// done with `suspending` in time, or crashed on the way.
#[utoipa::path(
    post,
    path = "/v1/apps/{app}/close",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    responses(Changed)
)]
pub(super) async fn close(State(shared): State<Arc<Shared>>, Path(app): Path<AppId>) -> Answer<AppStateView> {
    let view = changed(&shared, &app)?.close().await?;
    shared.leases.sweep();
    seen(&view)
}

/// Takes an app's memory away at once, as a machine does that needs it.
#[utoipa::path(
    post,
    path = "/v1/apps/{app}/terminate",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    responses(Changed)
)]
pub(super) async fn terminate(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
) -> Answer<AppStateView> {
    let view = changed(&shared, &app)?.terminate().await?;
    shared.leases.sweep();
    seen(&view)
}

/// What the instance of an app has written so far, or, of an app that is not there, its last one since the host began: as
/// much as is kept, both streams as text, or one of them byte for byte.
#[utoipa::path(
    get,
    path = "/v1/apps/{app}/output",
    tag = "apps",
    params(("app" = String, Path, description = "The app"), OutputOf),
    responses(
        (status = 200, content((OutputView = "application/json"), (String = "application/octet-stream"))),
        (status = 404, description = "It is not installed"),
        (status = 409, description = "It has no life of its own")
    )
)]
pub(super) async fn app_output(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
    Query(what): Query<OutputOf>,
) -> Result<Response, Problem> {
    Ok(what.answered(shared.host.app(&app)?.output()))
}

/// The app, to be asked for a change.
fn changed(shared: &Shared, app: &AppId) -> Result<AppHandle, Problem> {
    shared.writable()?;
    Ok(shared.host.app(app)?)
}

fn seen(view: &AppView) -> Answer<AppStateView> {
    Ok(Json(AppStateView::from(view)))
}
