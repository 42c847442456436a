//! What an app may use, and has left.

use dormouse::Host;
use dormouse_core::quota::{QuotaPolicyError, QuotaSource};
use dormouse_core::{AppId, QuotaDecision, QuotaPolicy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::limits::span;
use super::moment::ms;
use super::words::QuotaSourceWord;
use super::{Moment, SpanRefused};

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
    /// Who set it.
    #[schema(value_type = QuotaSourceWord)]
    pub set_by: QuotaSource,
    /// CPU time that is left of this window's.
    pub left_ms: f64,
    /// When its runs go on, if nothing is left.
    pub refills_at: Option<Moment>,
    /// Runs that are paused because it is spent.
    pub paused_runs: u32,
    /// Since when the first of them is; none if none is.
    pub paused_since: Option<Moment>,
}

impl From<&dormouse::QuotaView> for QuotaView {
    fn from(quota: &dormouse::QuotaView) -> Self {
        Self {
            app: quota.app.clone(),
            cpu_ms: ms(quota.policy.cpu()),
            window_ms: ms(quota.policy.window()),
            set_by: quota.set_by,
            left_ms: ms(quota.left),
            refills_at: quota.refills_at.map(Moment),
            paused_runs: quota.paused_runs,
            paused_since: quota.paused_since.map(Moment),
        }
    }
}

/// What an operator decides about an app's quota: `"off"`, or `{"limited": {"cpu_ms": 2000, "window_ms": 900000}}`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum QuotaRequest {
    /// It has none, whatever the app or the host says.
    Off,
    /// It has this one.
    Limited {
        /// CPU time per window.
        cpu_ms: f64,
        /// From one refill to the next.
        window_ms: f64,
    },
}

/// A quota that cannot be set.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QuotaRefused {
    /// A span that is none.
    #[error(transparent)]
    Span(#[from] SpanRefused),
    /// A quota that makes no sense.
    #[error(transparent)]
    Policy(#[from] QuotaPolicyError),
}

impl QuotaRefused {
    /// Which field of the request is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Span(span) => span.field,
            Self::Policy(QuotaPolicyError::Window { .. }) => "limited.window_ms",
            Self::Policy(_) => "limited.cpu_ms",
        }
    }
}

impl TryFrom<QuotaRequest> for QuotaDecision {
    type Error = QuotaRefused;

    fn try_from(request: QuotaRequest) -> Result<Self, QuotaRefused> {
        Ok(match request {
            QuotaRequest::Off => Self::Off,
            QuotaRequest::Limited { cpu_ms, window_ms } => {
                let (cpu, window) = (span("limited.cpu_ms", cpu_ms)?, span("limited.window_ms", window_ms)?);
                Self::Limited(QuotaPolicy::new(cpu, window)?)
            }
        })
    }
}

impl From<QuotaDecision> for QuotaRequest {
    fn from(decision: QuotaDecision) -> Self {
        match decision {
            QuotaDecision::Off => Self::Off,
            QuotaDecision::Limited(policy) => {
                Self::Limited { cpu_ms: ms(policy.cpu()), window_ms: ms(policy.window()) }
            }
        }
    }
}

/// What was decided about an app's quota, and what it has now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuotaDecisionView {
    /// Whose.
    #[schema(value_type = String)]
    pub app: AppId,
    /// What the operator decided; none if nothing.
    pub decided: Option<QuotaRequest>,
    /// What it has; none if it has none, or is not installed.
    pub quota: Option<QuotaView>,
}

impl QuotaDecisionView {
    /// What `host` says of it.
    pub(crate) fn new(host: &Host, app: AppId) -> Self {
        Self {
            decided: host.quota_decision(&app).map(QuotaRequest::from),
            quota: host.quota(&app).as_ref().map(QuotaView::from),
            app,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_the_same_after_the_wire() {
        for (decision, json) in [
            (QuotaDecision::Off, r#""off""#),
            (
                QuotaDecision::Limited(QuotaPolicy::UWP8),
                r#"{"limited":{"cpu_ms":2000.0,"window_ms":900000.0}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&QuotaRequest::from(decision)).unwrap(), json);
            let request: QuotaRequest = serde_json::from_str(json).unwrap();
            assert_eq!(QuotaDecision::try_from(request).unwrap(), decision);
        }
    }

    #[test]
    fn what_is_no_quota_is_refused_and_the_field_is_named() {
        for (cpu_ms, window_ms, field) in [
            (-1.0, 1.0, "limited.cpu_ms"),
            (0.0, 1.0, "limited.cpu_ms"),
            (1.0, 0.0, "limited.window_ms"),
            (1.0, 1e300, "limited.window_ms"),
            (1.0, 1e15, "limited.window_ms"),
        ] {
            let refused = QuotaDecision::try_from(QuotaRequest::Limited { cpu_ms, window_ms }).unwrap_err();
            assert_eq!(refused.field(), field, "{refused}");
        }
        for json in
            [r#""on""#, r#"{"limited":{"cpu_ms":1}}"#, r#"{"limited":{"cpu_ms":1,"window_ms":1,"x":1}}"#]
        {
            assert!(serde_json::from_str::<QuotaRequest>(json).is_err(), "{json}");
        }
    }
}
