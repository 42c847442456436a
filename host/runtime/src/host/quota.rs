//! Apps' allowances of CPU time: what is left of them, and who has which.

use std::time::Duration;

use dormouse_core::quota::{Covers, Quota, QuotaSource};
use dormouse_core::{AppId, Instant, QuotaDecision, QuotaPolicy, Timestamp};

use super::access::change;
use super::{Host, HostError};
use crate::drive::quota::settle;
use crate::shared::{Shared, State};

/// What is left of an app's allowance of CPU time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaView {
    /// The app.
    pub app: AppId,
    /// Its allowance.
    pub policy: QuotaPolicy,
    /// Who set it.
    pub set_by: QuotaSource,
    /// What is left of this window's.
    pub left: Duration,
    /// When its runs go on, if nothing is left.
    pub refills_at: Option<Timestamp>,
    /// How many of its runs are paused.
    pub paused_runs: u32,
    /// Since when the first of them is; none if none is.
    pub paused_since: Option<Timestamp>,
}

impl Host {
    /// What is left of the allowance of an app; none if it has no quota, or is not installed here.
    #[must_use]
    pub fn quota(&self, app: &AppId) -> Option<QuotaView> {
        let state = self.shared().state();
        let (quota, set_by) = state.quotas.get(app)?.quota()?;
        Some(view(self.shared(), &state, app, &quota, set_by))
    }

    /// Of all apps that have one, by name.
    #[must_use]
    pub fn quotas(&self) -> Vec<QuotaView> {
        let state = self.shared().state();
        let limited = state.quotas.iter().filter_map(|(app, allowance)| Some((app, allowance.quota()?)));
        let views = limited.map(|(app, (quota, set_by))| view(self.shared(), &state, app, &quota, set_by));
        let mut all: Vec<QuotaView> = views.collect();
        drop(state);
        all.sort_by(|a, b| a.app.cmp(&b.app));
        all
    }

    /// What the operator decided about the quota of an app; none if nothing.
    #[must_use]
    pub fn quota_decision(&self, app: &AppId) -> Option<QuotaDecision> {
        self.shared().state().records.get(app).and_then(|record| record.quota)
    }

    /// Decides about the quota of an app, as its operator; whether it is installed or not, and until something else is
    /// decided. With none, that of who installed it holds again, or the host's. Durable when it answers.
    ///
    /// It holds at once, also for what runs: what was used of the window stays used, and who is paused goes on if it
    /// is not spent any more. The access of an app that nobody decided about is kept with it, as it holds now.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`]: nothing was decided; [`HostError::ReadOnly`].
    pub async fn set_quota(&self, app: &AppId, quota: Option<QuotaDecision>) -> Result<(), HostError> {
        let settled = app.clone();
        change(
            self.shared(),
            app,
            move |record| record.quota = quota,
            move |shared, ()| {
                tracing::info!(app = %settled, ?quota, "quota");
                settle(shared, &settled);
            },
        )
        .await
    }
}

fn view(shared: &Shared, state: &State, app: &AppId, quota: &Quota, set_by: QuotaSource) -> QuotaView {
    let now = shared.clock.now();
    let of_app = state.running.values().filter(|cell| cell.known.registration.app == *app);
    let paused: Vec<Instant> = of_app.filter_map(|cell| cell.paused_since()).collect();
    QuotaView {
        app: app.clone(),
        policy: quota.policy(),
        set_by,
        left: quota.left(now),
        refills_at: match quota.verdict(now) {
            Covers::Yes { .. } => None,
            Covers::From(until) => Some(shared.clock.wall() + until.since(now)),
        },
        paused_runs: u32::try_from(paused.len()).unwrap_or(u32::MAX),
        paused_since: paused.into_iter().min().map(|since| shared.clock.wall() - now.since(since)),
    }
}
