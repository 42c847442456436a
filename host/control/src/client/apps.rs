//! Packages on their way in, and what is installed.

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use dormouse_core::{AccessStatus, AppId};
use http::header::CONTENT_LENGTH;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use super::{Client, ClientError};
use crate::api::{
    AccessRequest, AccessView, AppLimitsDecisionView, AppLimitsView, AppUsageView, AppView, InstallRequest,
    InstallationView, Page, UploadView,
};

/// How long the host may say nothing while it is sent a package, or compiles one.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// As much of a file is read at once, in bytes.
const READ: usize = 64 * 1024;

/// Each fails with [`ClientError`].
#[expect(clippy::missing_errors_doc, reason = "said once, for all of them")]
impl Client {
    /// All that is installed.
    pub async fn apps(&self) -> Result<Page<AppView>, ClientError> {
        self.get(&["apps"]).answer().await
    }

    /// One app.
    pub async fn app(&self, app: &AppId) -> Result<AppView, ClientError> {
        self.get(&["apps", app.as_str()]).answer().await
    }

    /// What an app keeps and spends.
    pub async fn usage(&self, app: &AppId) -> Result<AppUsageView, ClientError> {
        self.get(&["apps", app.as_str(), "usage"]).patience(PATIENCE).answer().await
    }

    /// How much an app may keep.
    pub async fn app_limits(&self, app: &AppId) -> Result<AppLimitsDecisionView, ClientError> {
        self.get(&["apps", app.as_str(), "limits"]).answer().await
    }

    /// Decides how much an app may keep; with none, takes back what was decided.
    pub async fn set_app_limits(
        &self,
        app: &AppId,
        limits: Option<AppLimitsView>,
    ) -> Result<AppLimitsDecisionView, ClientError> {
        let path = ["apps", app.as_str(), "limits"];
        match limits {
            Some(limits) => self.put(&path).json(&limits).answer().await,
            None => self.delete(&path).answer().await,
        }
    }

    /// Sends a package, a `.tar.gz`, for an installation that follows.
    pub async fn upload(&self, path: &Path) -> Result<UploadView, ClientError> {
        let unread = |source| ClientError::File { path: path.to_owned(), source };
        let file = File::open(path).await.map_err(unread)?;
        let len = file.metadata().await.map_err(unread)?.len();
        let body = Body::from_stream(ReaderStream::with_capacity(file, READ));
        let ask = self.post(&["uploads"]).body("application/gzip", Ok(body));
        ask.header(CONTENT_LENGTH, len).patience(PATIENCE).answer().await
    }

    /// Installs what was uploaded.
    pub async fn install(&self, request: &InstallRequest) -> Result<InstallationView, ClientError> {
        self.post(&["apps"]).json(request).patience(PATIENCE).answer().await
    }

    /// Replaces an app by what was uploaded.
    pub async fn update(
        &self,
        app: &AppId,
        request: &InstallRequest,
    ) -> Result<InstallationView, ClientError> {
        self.put(&["apps", app.as_str()]).json(request).patience(PATIENCE).answer().await
    }

    /// Removes an app with its registrations.
    pub async fn uninstall(&self, app: &AppId) -> Result<(), ClientError> {
        self.delete(&["apps", app.as_str()]).done().await
    }

    /// Whether an app may run in the background.
    pub async fn access(&self, app: &AppId) -> Result<AccessView, ClientError> {
        self.get(&["apps", app.as_str(), "access"]).answer().await
    }

    /// Decides whether an app may.
    pub async fn set_access(&self, app: &AppId, access: AccessStatus) -> Result<AccessView, ClientError> {
        self.put(&["apps", app.as_str(), "access"]).json(&AccessRequest { access }).answer().await
    }
}
