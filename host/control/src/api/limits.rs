//! What a run may use, and what follows a failure.

use std::time::Duration;

use dormouse_core::{Class, LimitsRequest, RetryPolicy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::moment::ms;
use super::words::ClassWord;

/// What a registration asks for beside its class. What it leaves open is its app's, the host's, and the class's at last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsView {
    /// The class; by default the one that the trigger kind picks.
    #[schema(value_type = Option<ClassWord>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Wall-clock time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<f64>,
    /// CPU time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<f64>,
    /// CPU time within each minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_per_minute_ms: Option<f64>,
    /// From a cancellation to the loss of the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_ms: Option<f64>,
    /// CPU time after a cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_cpu_ms: Option<f64>,
    /// How long it may do nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<f64>,
    /// How long it may go without a call of WASI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub io_every_ms: Option<f64>,
    /// Of all linear memories and tables together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Of linear memories, tables and core instances, each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<u32>,
    /// Open at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deferrals: Option<u32>,
    /// Of standard output and of standard error, each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u64>,
    /// That one call between guest and host may lift or lower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostcall_bytes: Option<u64>,
    /// Of randomness in one call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub random_bytes: Option<u64>,
    /// Held at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handles: Option<u32>,
    /// Of headers or of trailers of one HTTP message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_fields_bytes: Option<u64>,
    /// Between two progress events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_every_ms: Option<f64>,
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryView {
    /// How many failures end an activation, at least 1.
    pub max_attempts: u32,
    /// The first wait, before jitter. By default 1 s.
    #[serde(default = "initial")]
    pub initial_ms: f64,
    /// The longest wait. By default 15 min.
    #[serde(default = "longest")]
    pub max_ms: f64,
    /// How much longer each wait is than the one before. By default 2.
    #[serde(default = "factor")]
    pub factor: f64,
    /// The share of a wait that may be taken off, from 0 to 1. By default a half.
    #[serde(default = "jitter")]
    pub jitter: f64,
}

fn initial() -> f64 {
    ms(RetryPolicy::none().initial())
}

fn longest() -> f64 {
    ms(RetryPolicy::none().max())
}

fn factor() -> f64 {
    RetryPolicy::none().factor()
}

fn jitter() -> f64 {
    RetryPolicy::none().jitter()
}

/// The longest span, in milliseconds: far beyond any calendar.
const SPAN_MS_MAX: f64 = 1e22;

/// A number of milliseconds that is no span.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("`{field}` is {ms:?}; a span is a number of milliseconds from 0 to {SPAN_MS_MAX:?}")]
pub struct SpanRefused {
    /// Which.
    pub field: &'static str,
    /// What was given.
    pub ms: f64,
}

pub(crate) fn span(field: &'static str, ms: f64) -> Result<Duration, SpanRefused> {
    let refused = SpanRefused { field, ms };
    if ms > SPAN_MS_MAX {
        return Err(refused);
    }
    Duration::try_from_secs_f64(ms / 1_000.0).map_err(|_| refused)
}

impl From<&LimitsRequest> for LimitsView {
    fn from(limits: &LimitsRequest) -> Self {
        Self {
            class: limits.class,
            wall_ms: limits.wall.map(ms),
            cpu_ms: limits.cpu.map(ms),
            cpu_per_minute_ms: limits.cpu_per_minute.map(ms),
            grace_ms: limits.grace.map(ms),
            grace_cpu_ms: limits.grace_cpu.map(ms),
            idle_ms: limits.idle.map(ms),
            io_every_ms: limits.io_every.map(ms),
            memory_bytes: limits.memory_bytes,
            instances: limits.instances,
            deferrals: limits.deferrals,
            output_bytes: limits.output_bytes,
            hostcall_bytes: limits.hostcall_bytes,
            random_bytes: limits.random_bytes,
            handles: limits.handles,
            http_fields_bytes: limits.http_fields_bytes,
            progress_every_ms: limits.progress_every.map(ms),
        }
    }
}

impl TryFrom<&LimitsView> for LimitsRequest {
    type Error = SpanRefused;

    fn try_from(limits: &LimitsView) -> Result<Self, SpanRefused> {
        let of = |field, ms: Option<f64>| ms.map(|ms| span(field, ms)).transpose();
        Ok(Self {
            class: limits.class,
            wall: of("limits.wall_ms", limits.wall_ms)?,
            cpu: of("limits.cpu_ms", limits.cpu_ms)?,
            cpu_per_minute: of("limits.cpu_per_minute_ms", limits.cpu_per_minute_ms)?,
            grace: of("limits.grace_ms", limits.grace_ms)?,
            grace_cpu: of("limits.grace_cpu_ms", limits.grace_cpu_ms)?,
            idle: of("limits.idle_ms", limits.idle_ms)?,
            io_every: of("limits.io_every_ms", limits.io_every_ms)?,
            memory_bytes: limits.memory_bytes,
            instances: limits.instances,
            deferrals: limits.deferrals,
            output_bytes: limits.output_bytes,
            hostcall_bytes: limits.hostcall_bytes,
            random_bytes: limits.random_bytes,
            handles: limits.handles,
            http_fields_bytes: limits.http_fields_bytes,
            progress_every: of("limits.progress_every_ms", limits.progress_every_ms)?,
        })
    }
}

impl From<&RetryPolicy> for RetryView {
    fn from(retry: &RetryPolicy) -> Self {
        Self {
            max_attempts: retry.max_attempts(),
            initial_ms: ms(retry.initial()),
            max_ms: ms(retry.max()),
            factor: retry.factor(),
            jitter: retry.jitter(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_the_same_after_the_wire() {
        let asked = LimitsRequest {
            class: Some(Class::Long),
            wall: Some(Duration::from_micros(1_500)),
            memory_bytes: Some(7),
            ..LimitsRequest::default()
        };
        let json = serde_json::to_string(&LimitsView::from(&asked)).unwrap();
        assert_eq!(json, r#"{"class":"long","wall_ms":1.5,"memory_bytes":7}"#);
        let view: LimitsView = serde_json::from_str(&json).unwrap();
        assert_eq!(LimitsRequest::try_from(&view).unwrap(), asked);
    }

    #[test]
    fn every_limit_has_its_place_on_the_wire() {
        for key in LimitsRequest::KEYS {
            let mut asked = LimitsRequest::default();
            asked.set(key, "3").or_else(|_| asked.set(key, "3s")).unwrap();
            let json = serde_json::to_value(LimitsView::from(&asked)).unwrap();
            assert_eq!(json.as_object().unwrap().len(), 1, "{key}: {json}");
            let view: LimitsView = serde_json::from_value(json).unwrap();
            assert_eq!(LimitsRequest::try_from(&view).unwrap(), asked, "{key}");
        }
    }

    #[test]
    fn what_is_no_span_is_refused_by_name() {
        for wall_ms in [-1.0, f64::NAN, f64::INFINITY, 1e300, 1.1e22] {
            let limits = LimitsView { wall_ms: Some(wall_ms), ..LimitsView::default() };
            let refused = LimitsRequest::try_from(&limits).unwrap_err();
            assert_eq!(refused.field, "limits.wall_ms");
            assert!(refused.to_string().len() < 100, "{refused}");
        }
        assert_eq!(
            SpanRefused { field: "limits.wall_ms", ms: 1e300 }.to_string(),
            "`limits.wall_ms` is 1e300; a span is a number of milliseconds from 0 to 1e22"
        );
        assert!(serde_json::from_str::<LimitsView>(r#"{"wall":1}"#).is_err());
    }

    #[test]
    fn a_retry_needs_no_more_than_its_attempts() {
        let retry: RetryView = serde_json::from_str(r#"{"max_attempts":3}"#).unwrap();
        assert_eq!(retry, RetryView::from(&RetryPolicy::exponential(3).unwrap()));
    }
}
