//! What is left of apps' allowances.

use std::time::Duration;

use dormouse_core::quota::{Covers, Quota};
use dormouse_core::{AppId, QuotaPolicy, Timestamp};

use super::Host;
use crate::shared::{Shared, State};

/// What is left of an app's allowance of CPU time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaView {
    /// The app.
    pub app: AppId,
    /// Its allowance.
    pub policy: QuotaPolicy,
    /// What is left of this window's.
    pub left: Duration,
    /// When its runs go on, if nothing is left.
    pub refills_at: Option<Timestamp>,
    /// How many of its runs are paused.
    pub paused_runs: u32,
}

impl Host {
    /// What is left of the allowance of an app; none if it has no quota, or is not installed here.
    #[must_use]
    pub fn quota(&self, app: &AppId) -> Option<QuotaView> {
        let state = self.shared().state();
        state.quotas.get_key_value(app).map(|(app, quota)| view(self.shared(), &state, app, quota))
    }

    /// Of all apps that have one, by name.
    #[must_use]
    pub fn quotas(&self) -> Vec<QuotaView> {
        let state = self.shared().state();
        let views = state.quotas.iter().map(|(app, quota)| view(self.shared(), &state, app, quota));
        let mut all: Vec<QuotaView> = views.collect();
        drop(state);
        all.sort_by(|a, b| a.app.cmp(&b.app));
        all
    }
}

fn view(shared: &Shared, state: &State, app: &AppId, quota: &Quota) -> QuotaView {
    let now = shared.clock.now();
    let of_app = state.running.values().filter(|cell| cell.known.registration.app == *app);
    let paused = of_app.filter(|cell| cell.is_paused()).count();
    QuotaView {
        app: app.clone(),
        policy: quota.policy(),
        left: quota.left(now),
        refills_at: match quota.verdict(now) {
            Covers::Yes { .. } => None,
            Covers::From(until) => Some(shared.clock.wall() + until.since(now)),
        },
        paused_runs: u32::try_from(paused).unwrap_or(u32::MAX),
    }
}
