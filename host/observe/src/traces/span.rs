//! Spans, as they are exported.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dormouse_core::{ActivationId, Timestamp};
use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use uuid::Uuid;

use super::open::{Activation, Run};
use crate::metrics::SCOPE;

/// The span of a whole activation.
pub(super) fn root(
    activation: Activation,
    end: Timestamp,
    attributes: Vec<KeyValue>,
    status: Status,
) -> SpanData {
    let mut links = SpanLinks::default();
    links.links.extend(activation.redriven_from.map(|dead| Link::new(root_context(dead), Vec::new(), 0)));
    SpanData {
        links,
        ..span(
            "activation",
            root_context(activation.id),
            activation.start,
            end,
            attributes,
            activation.log.take(),
            status,
        )
    }
}

/// The span of one run of the activation `of`.
pub(super) fn run(
    of: ActivationId,
    run: Run,
    end: Timestamp,
    attributes: Vec<KeyValue>,
    status: Status,
) -> SpanData {
    let context = context(of, span_id(run.id.as_uuid()));
    SpanData {
        parent_span_id: root_context(of).span_id(),
        ..span("run", context, run.start, end, attributes, run.log.take(), status)
    }
}

fn span(
    name: &'static str,
    span_context: SpanContext,
    start: Timestamp,
    end: Timestamp,
    attributes: Vec<KeyValue>,
    events: SpanEvents,
    status: Status,
) -> SpanData {
    SpanData {
        span_context,
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time: time(start),
        // The wall clock may have been set back.
        end_time: time(end.max(start)),
        attributes,
        dropped_attributes_count: 0,
        events,
        links: SpanLinks::default(),
        status,
        instrumentation_scope: InstrumentationScope::builder(SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .build(),
    }
}

fn root_context(of: ActivationId) -> SpanContext {
    context(of, span_id(of.as_uuid()))
}

fn context(of: ActivationId, span: SpanId) -> SpanContext {
    let trace = TraceId::from_bytes(*of.as_uuid().as_bytes());
    SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::default())
}

/// The half of an id that is random where ids sort by time.
fn span_id(uuid: &Uuid) -> SpanId {
    let (_, lower) = uuid.as_u64_pair();
    // No span has the id 0.
    SpanId::from_bytes(lower.max(1).to_be_bytes())
}

pub(super) fn time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(at.as_micros()).unwrap_or(0))
}
