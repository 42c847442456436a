//! Apps, and how they come and go.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use dormouse::{Consent, InstallError, InstallOptions, Installation, PackageInfo};
use dormouse_core::AppId;
use dormouse_core::app::lifecycle::AppState;
use http::{Extensions, StatusCode};

use super::Answer;
use crate::api::{
    AccessRequest, AccessView, AppView, Code, ConsentRequest, InstallRequest, InstallationView, Page,
    Problem, UploadView,
};
use crate::server::extract::Given;
use crate::server::failure::no;
use crate::server::shared::Shared;
use crate::server::uploads::{self, Held};
use crate::server::{Peer, directories};

/// The installed packages, by name.
#[utoipa::path(get, path = "/v1/apps", tag = "apps", responses((status = 200, body = Page<AppView>)))]
pub(super) async fn apps(State(shared): State<Arc<Shared>>) -> Answer<Page<AppView>> {
    let views = shared.host.packages().iter().map(|package| app_view(&shared, package)).collect();
    Ok(Json(Page::whole(views)))
}

/// An installed package.
#[utoipa::path(
    get,
    path = "/v1/apps/{app}",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    responses((status = 200, body = AppView), (status = 404, description = "It is not installed"))
)]
pub(super) async fn app(State(shared): State<Arc<Shared>>, Path(app): Path<AppId>) -> Answer<AppView> {
    let found = shared.host.packages().into_iter().find(|package| package.app == app);
    let package = found.ok_or_else(|| no("app", &app))?;
    Ok(Json(app_view(&shared, &package)))
}

fn app_view(shared: &Shared, package: &PackageInfo) -> AppView {
    let life = shared.host.app_view(&package.app);
    AppView::new(package, life.map_or(AppState::NotRunning, |life| life.state))
}

/// Hands a package in, to be installed within ten minutes.
#[utoipa::path(
    post,
    path = "/v1/uploads",
    tag = "apps",
    request_body(content = String, content_type = "application/gzip", description = "A package as a .tar.gz"),
    responses((status = 200, body = UploadView))
)]
pub(super) async fn upload(State(shared): State<Arc<Shared>>, body: Body) -> Answer<UploadView> {
    shared.writable()?;
    uploads::receive(&shared, body).await.map(Json)
}

/// Installs a package that was handed in: once, unless what it asks for has to be agreed to first. It is done to its end, whether or not the client waits for that.
#[utoipa::path(
    post,
    path = "/v1/apps",
    tag = "apps",
    request_body = InstallRequest,
    responses(
        (status = 200, body = InstallationView),
        (status = 403, description = "Directories are given away at the Unix socket only"),
        (status = 404, description = "There is no such upload"),
        (status = 409, description = "It is installed already, or asks for what nobody agreed to"),
        (status = 422, description = "The package, a component of it or a grant is not valid")
    )
)]
pub(super) async fn install(
    State(shared): State<Arc<Shared>>,
    extensions: Extensions,
    Given(ask): Given<InstallRequest>,
) -> Answer<InstallationView> {
    take_in(&shared, &extensions, &ask, None).await
}

/// Replaces an installed package by another version of it that was handed in. It is done to its end, whether or not the
/// client waits for that.
#[utoipa::path(
    put,
    path = "/v1/apps/{app}",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    request_body = InstallRequest,
    responses(
        (status = 200, body = InstallationView),
        (status = 403, description = "Directories are given away at the Unix socket only"),
        (status = 404, description = "It is not installed, or there is no such upload"),
        (status = 409, description = "It is another app's, older, or newly asks for what nobody agreed to"),
        (status = 422, description = "The package, a component of it or a grant is not valid")
    )
)]
pub(super) async fn update(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
    extensions: Extensions,
    Given(ask): Given<InstallRequest>,
) -> Answer<InstallationView> {
    take_in(&shared, &extensions, &ask, Some(app)).await
}

async fn take_in(
    shared: &Shared,
    extensions: &Extensions,
    ask: &InstallRequest,
    update: Option<AppId>,
) -> Answer<InstallationView> {
    let peer = Peer::of(extensions);
    let done = install_held(shared, peer, ask, update).await;
    // An app that was replaced has ended.
    shared.leases.sweep();
    // What needs consent is asked for again, when somebody agreed.
    if !done.as_ref().is_err_and(|problem| problem.code == Code::ConsentNeeded) {
        shared.uploads.forget(ask.upload);
    }
    done.map(|installation| Json(InstallationView::from(&installation)))
}

async fn install_held(
    shared: &Shared,
    peer: Peer,
    ask: &InstallRequest,
    update: Option<AppId>,
) -> Result<Installation, Problem> {
    let held = shared.uploads.hold(ask.upload)?;
    let is_update = update.is_some();
    let options = InstallOptions {
        consent: match &ask.consent {
            ConsentRequest::All => Consent::ToAll,
            ConsentRequest::Nothing | ConsentRequest::To(_) => Consent::Nothing,
        },
        directories: directories::given(shared, peer, &ask.directories).await?,
        env: ask.env.clone(),
        allow_downgrade: ask.allow_downgrade,
        only: update,
    };
    match once(shared, &held, ask, options.clone(), is_update).await {
        Err(Failed::Install(InstallError::ConsentNeeded { difference, .. })) if agreed(ask, &difference) => {
            // The package is read again: what was agreed to is what it asks for.
            let options = InstallOptions { consent: Consent::To(difference), ..options };
            once(shared, &held, ask, options, is_update).await
        }
        done => done,
    }
    .map_err(|failed| match failed {
        Failed::Asked(problem) => problem,
        Failed::Install(error) => error.into(),
    })
}

/// Whether everything that is asked for was agreed to.
fn agreed(ask: &InstallRequest, asks: &dormouse::package::Difference) -> bool {
    let ConsentRequest::To(agreed) = &ask.consent else { return false };
    asks.needing_consent().all(|line| agreed.contains(&line.to_string()))
}

enum Failed {
    Asked(Problem),
    Install(InstallError),
}

async fn once(
    shared: &Shared,
    held: &Held,
    ask: &InstallRequest,
    options: InstallOptions,
    update: bool,
) -> Result<Installation, Failed> {
    let mut source = held.source();
    if let Some(sha256) = &ask.sha256 {
        let digest = sha256.parse().map_err(|_| {
            let detail = "`sha256` is no SHA-256: write 64 hexadecimal digits";
            Failed::Asked(Problem::new(Code::InvalidRequest, detail).field("sha256"))
        })?;
        source = source
            .expecting(digest)
            .map_err(|error| Failed::Install(InstallError::Repository(error.into())))?;
    }
    let done = if update {
        shared.host.update_package(source, options).await
    } else {
        shared.host.install_package(source, options).await
    };
    done.map_err(Failed::Install)
}

/// Removes a package with its registrations and its local folder. It is done to its end, whether or not the client waits
/// for that.
#[utoipa::path(
    delete,
    path = "/v1/apps/{app}",
    tag = "apps",
    params(("app" = String, Path, description = "The app")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "It is not installed"),
        (status = 409, description = "This host only answers questions")
    )
)]
pub(super) async fn uninstall(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
) -> Result<StatusCode, Problem> {
    let done = shared.host.uninstall_package(&app).await;
    shared.leases.sweep();
    done?;
    Ok(StatusCode::NO_CONTENT)
}

fn access_of(shared: &Shared, app: AppId) -> AccessView {
    let access = shared.host.access_status(&app);
    AccessView {
        installed: shared.host.packages().iter().any(|package| package.app == app),
        refusal: access.refusal().map(|refusal| refusal.to_string()),
        access,
        app,
    }
}

/// Whether an app may run in the background.
#[utoipa::path(
    get,
    path = "/v1/apps/{app}/access",
    tag = "apps",
    params(("app" = String, Path, description = "The app, installed or not")),
    responses((status = 200, body = AccessView))
)]
pub(super) async fn access(State(shared): State<Arc<Shared>>, Path(app): Path<AppId>) -> Answer<AccessView> {
    Ok(Json(access_of(&shared, app)))
}

/// Decides whether an app may run in the background, whether it is installed or not.
#[utoipa::path(
    put,
    path = "/v1/apps/{app}/access",
    tag = "apps",
    params(("app" = String, Path, description = "The app, installed or not")),
    request_body = AccessRequest,
    responses((status = 200, body = AccessView), (status = 409, description = "This host only answers questions"))
)]
pub(super) async fn set_access(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<AppId>,
    Given(ask): Given<AccessRequest>,
) -> Answer<AccessView> {
    shared.host.set_access(&app, ask.access).await?;
    Ok(Json(access_of(&shared, app)))
}
