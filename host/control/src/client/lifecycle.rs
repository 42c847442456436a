//! The lives of apps.

use std::time::Duration;

use bytes::Bytes;
use dormouse_core::{AppId, Stream};

use super::runs::name;
use super::{Client, ClientError};
use crate::api::{AppStateView, LaunchRequest, LaunchedView};

/// How long the host may say nothing while an app changes its state: background tasks in it may have to end first.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Each fails with [`ClientError`].
#[expect(clippy::missing_errors_doc, reason = "said once, for all of them")]
impl Client {
    /// Where in its life an app is.
    pub async fn app_state(&self, app: &AppId) -> Result<AppStateView, ClientError> {
        self.get(&["apps", app.as_str(), "state"]).answer().await
    }

    /// What its instance has written of one stream, or, if it is not there, its last one since the host began: as much as is
    /// kept.
    pub async fn app_output(&self, app: &AppId, stream: Stream) -> Result<Bytes, ClientError> {
        self.get(&["apps", app.as_str(), "output"]).with("stream", Some(name(stream))).bytes().await
    }

    /// Launches an app, or activates it for something else. Who does not wait for the answer does not want to see it.
    pub async fn launch_app(
        &self,
        app: &AppId,
        request: &LaunchRequest,
    ) -> Result<LaunchedView, ClientError> {
        self.post(&["apps", app.as_str(), "launch"]).json(request).patience(PATIENCE).answer().await
    }

    /// Brings an app to the front that is there.
    pub async fn show_app(&self, app: &AppId) -> Result<AppStateView, ClientError> {
        self.change(app, "show").await
    }

    /// Takes an app out of sight that was launched or shown over this API.
    pub async fn hide_app(&self, app: &AppId) -> Result<AppStateView, ClientError> {
        self.change(app, "hide").await
    }

    /// Suspends an app without delay and whoever sees it.
    pub async fn suspend_app(&self, app: &AppId) -> Result<AppStateView, ClientError> {
        self.change(app, "suspend").await
    }

    /// Resumes an app.
    pub async fn resume_app(&self, app: &AppId) -> Result<AppStateView, ClientError> {
        self.change(app, "resume").await
    }

    /// Closes an app, as its user would.
    pub async fn close_app(&self, app: &AppId) -> Result<AppStateView, ClientError> {
        self.change(app, "close").await
    }

    /// Takes an app's memory away at once.
    pub async fn terminate_app(&self, app: &AppId) -> Result<AppStateView, ClientError> {
        self.change(app, "terminate").await
    }

    async fn change(&self, app: &AppId, how: &str) -> Result<AppStateView, ClientError> {
        self.post(&["apps", app.as_str(), how]).patience(PATIENCE).answer().await
    }
}
