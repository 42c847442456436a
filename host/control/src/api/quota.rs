//! What an app may use, and has left.

use dormouse_core::AppId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;
use super::moment::ms;

/// An app's allowance of CPU time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuotaView {
    /// Whose.
    #[schema(value_type = String)]
    pub app: AppId,
    /// CPU time per window.
    pub cpu_ms: f64,
    /// From one refill to the next.
    pub window_ms: f64,
    /// CPU time that is left of this window's.
    pub left_ms: f64,
    /// When its runs go on, if nothing is left.
    pub refills_at: Option<Moment>,
    /// Runs that are paused because it is spent.
    pub paused_runs: u32,
}

impl From<&dormouse::QuotaView> for QuotaView {
    fn from(quota: &dormouse::QuotaView) -> Self {
        Self {
            app: quota.app.clone(),
            cpu_ms: ms(quota.policy.cpu()),
            window_ms: ms(quota.policy.window()),
            left_ms: ms(quota.left),
            refills_at: quota.refills_at.map(Moment),
            paused_runs: quota.paused_runs,
        }
    }
}
