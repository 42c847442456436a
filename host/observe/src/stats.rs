//! What telemetry says of itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::metrics::observed::Observed;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What was lost, and what was not.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    /// Events that found the queue full.
    pub(crate) events_dropped: Count,
    /// Spans that a collector took.
    pub(crate) spans_exported: Count,
    /// Spans that found the buffer full.
    pub(crate) spans_without_room: Count,
    /// Spans that no collector took.
    pub(crate) spans_not_taken: Count,
    /// Open activations that were forgotten for newer ones.
    pub(crate) activations_forgotten: Count,
    /// Exports of metrics that failed.
    pub(crate) metric_exports_failed: Count,
    /// Exports of spans that failed.
    pub(crate) trace_exports_failed: Count,
    /// Connections of scrapers beyond the limit.
    pub(crate) scrapes_refused: Count,
    /// Observed values beyond the limit.
    pub(crate) readings_dropped: Count,
}

impl Stats {
    /// These numbers as metrics.
    pub(crate) fn observed(self: &Arc<Self>) -> Vec<Observed> {
        let plain = |name, unit, meaning, count: fn(&Self) -> &Count| {
            let stats = Arc::clone(self);
            Observed::counter(name, unit, meaning, move |now| now.put(count(&stats).get(), &[]))
        };
        let (spans, exports) = (Arc::clone(self), Arc::clone(self));
        vec![
            plain(
                "dormouse.telemetry.events.dropped",
                "{event}",
                "Events that are in no metric and no trace because the queue was full.",
                |stats| &stats.events_dropped,
            ),
            plain("dormouse.telemetry.spans.exported", "{span}", "Spans that the collector took.", |stats| {
                &stats.spans_exported
            }),
            Observed::counter(
                "dormouse.telemetry.spans.dropped",
                "{span}",
                "Spans that were lost: no room for them, or not taken by the collector.",
                move |now| {
                    now.put(spans.spans_without_room.get(), &[("reason", "no-room")]);
                    now.put(spans.spans_not_taken.get(), &[("reason", "not-taken")]);
                },
            ),
            plain(
                "dormouse.telemetry.activations.forgotten",
                "{activation}",
                "Open activations that were forgotten for newer ones; their root spans lack what came before.",
                |stats| &stats.activations_forgotten,
            ),
            Observed::counter(
                "dormouse.telemetry.exports.failed",
                "{export}",
                "Exports that the collector did not take, after all attempts.",
                move |now| {
                    now.put(exports.metric_exports_failed.get(), &[("signal", "metrics")]);
                    now.put(exports.trace_exports_failed.get(), &[("signal", "traces")]);
                },
            ),
            plain(
                "dormouse.telemetry.scrapes.refused",
                "{connection}",
                "Connections that were closed at once because too many were open.",
                |stats| &stats.scrapes_refused,
            ),
            plain(
                "dormouse.telemetry.readings.dropped",
                "{reading}",
                "Observed values that are not exported because one metric had too many.",
                |stats| &stats.readings_dropped,
            ),
        ]
    }
}
