//! The host itself, and what there is to wait for on its machine.

use std::time::Duration;

use dormouse_core::AppId;
use http::Method;
use serde_json::Value;

use super::{Client, ClientError};
use crate::api::{
    ConditionView, HealthView, HostInfo, Page, QuotaDecisionView, QuotaRequest, QuotaView, TriggerCatalogView,
};

/// How long a host may take to say that it is there.
const PROBED: Duration = Duration::from_secs(5);

/// Each fails with [`ClientError`].
#[expect(clippy::missing_errors_doc, reason = "said once, for all of them")]
impl Client {
    /// Whether a host runs there: none if nobody listens. That the socket may not be opened, or that the host lets nobody
    /// in, is an error: there is one.
    pub async fn ping(&self) -> Result<Option<HostInfo>, ClientError> {
        match self.get(&["host"]).patience(PROBED).answer().await {
            Ok(info) => Ok(Some(info)),
            Err(ClientError::NotRunning { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the host is, and how it does.
    pub async fn host(&self) -> Result<HostInfo, ClientError> {
        self.get(&["host"]).answer().await
    }

    /// Whether it does what it should; if not, the problem says what is wrong.
    pub async fn health(&self) -> Result<HealthView, ClientError> {
        self.get(&["health"]).answer().await
    }

    /// The description of the interface, in OpenAPI.
    pub async fn openapi(&self) -> Result<Value, ClientError> {
        self.ask_at(Method::GET, "/openapi.json".to_owned()).answer().await
    }

    /// What each app may use of the CPU, and what is left of it.
    pub async fn quotas(&self) -> Result<Page<QuotaView>, ClientError> {
        self.get(&["quotas"]).answer().await
    }

    /// The same of one app.
    pub async fn quota(&self, app: &AppId) -> Result<QuotaView, ClientError> {
        self.get(&["apps", app.as_str(), "quota"]).answer().await
    }

    /// Decides about the quota of an app; with none, takes back what was decided.
    pub async fn set_quota(
        &self,
        app: &AppId,
        quota: Option<QuotaRequest>,
    ) -> Result<QuotaDecisionView, ClientError> {
        let path = ["apps", app.as_str(), "quota"];
        match quota {
            Some(quota) => self.put(&path).json(&quota).answer().await,
            None => self.delete(&path).answer().await,
        }
    }

    /// Every trigger that there is anywhere, and whether it is here.
    pub async fn triggers(&self) -> Result<Page<TriggerCatalogView>, ClientError> {
        self.get(&["triggers"]).answer().await
    }

    /// The conditions that there are, and whether they hold now; `asked` are looked at as well.
    pub async fn conditions(&self, asked: &[String]) -> Result<Page<ConditionView>, ClientError> {
        let ask = asked.iter().fold(self.get(&["conditions"]), |ask, one| ask.with("condition", Some(one)));
        ask.answer().await
    }
}
