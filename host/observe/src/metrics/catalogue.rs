//! The metrics that are made of events, declared once.

use opentelemetry::metrics::{Counter, Histogram, Meter};

/// A metric, as OpenTelemetry has it.
#[derive(Debug)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) meaning: &'static str,
    /// Its labels, besides those that say whose it is.
    pub(crate) labels: &'static [&'static str],
}

/// Every label besides `app` and `registration`, with how many values it can have. What is not in an event's own
/// list of words is `other`.
const LABELS: [(&str, usize); 15] = [
    ("coalesced", 2),
    ("condition", 15),
    ("end", 12),
    ("forced", 2),
    ("given_up", 2),
    ("handler", 9),
    ("holds", 2),
    ("ok", 2),
    ("outcome", 6),
    ("policy", 12),
    ("reason", 13),
    ("retry", 2),
    ("shortage", 4),
    ("success", 2),
    ("trap", 9),
];

/// The most series of one metric. Where labels could make more, most of their combinations cannot happen.
const SERIES_MAX: usize = 8_192;

impl Metric {
    /// How many series it can have, if whose it is can be said in `owners` ways. The SDK takes room for as many, and
    /// counts what is beyond into one series without labels.
    pub(crate) fn series(&self, owners: usize) -> usize {
        let values =
            |label: &&str| LABELS.iter().find(|(name, _)| name == label).map_or(1, |(_, values)| *values);
        let combinations: usize = self.labels.iter().map(values).product();
        combinations.saturating_mul(owners).clamp(1, SERIES_MAX)
    }
}

/// What a metric is recorded with.
pub(crate) trait Instrument {
    fn build(meter: &Meter, metric: &Metric) -> Self;
}

impl Instrument for Counter<u64> {
    fn build(meter: &Meter, metric: &Metric) -> Self {
        meter.u64_counter(metric.name).with_unit(metric.unit).with_description(metric.meaning).build()
    }
}

/// A histogram of spans of time.
pub(crate) struct Seconds(pub(crate) Histogram<f64>);

impl Instrument for Seconds {
    fn build(meter: &Meter, metric: &Metric) -> Self {
        // From a run that returns at once to one that takes its ten minutes.
        let boundaries = vec![
            0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0,
        ];
        let histogram = meter.f64_histogram(metric.name).with_unit(metric.unit);
        Self(histogram.with_description(metric.meaning).with_boundaries(boundaries).build())
    }
}

/// A histogram of short spans of time.
pub(crate) struct Moments(pub(crate) Histogram<f64>);

impl Instrument for Moments {
    fn build(meter: &Meter, metric: &Metric) -> Self {
        // Below a tick of the epoch, and up to what nobody should wait for.
        let boundaries =
            vec![0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];
        let histogram = meter.f64_histogram(metric.name).with_unit(metric.unit);
        Self(histogram.with_description(metric.meaning).with_boundaries(boundaries).build())
    }
}

/// A histogram of sizes.
pub(crate) struct Bytes(pub(crate) Histogram<u64>);

impl Instrument for Bytes {
    fn build(meter: &Meter, metric: &Metric) -> Self {
        // 0, then 1 KiB to 1 GiB, each four times the one before.
        let boundaries = std::iter::once(0.0).chain((5..=15).map(|power| 4_f64.powi(power))).collect();
        let histogram = meter.u64_histogram(metric.name).with_unit(metric.unit);
        Self(histogram.with_description(metric.meaning).with_boundaries(boundaries).build())
    }
}

macro_rules! instruments {
    ($($field:ident: $kind:ty = $name:literal, $unit:literal, [$($label:literal),*], $meaning:literal;)+) => {
        /// One instrument for each metric.
        pub(crate) struct Instruments {
            $(pub(crate) $field: $kind,)+
        }

        impl Instruments {
            /// All that there are.
            pub(crate) const ALL: &[Metric] = &[
                $(Metric { name: $name, unit: $unit, meaning: $meaning, labels: &[$($label),*] },)+
            ];

            pub(crate) fn build(meter: &Meter) -> Self {
                $(let metric = Metric { name: $name, unit: $unit, meaning: $meaning, labels: &[$($label),*] };
                let $field = <$kind>::build(meter, &metric);)+
                Self { $($field,)+ }
            }
        }
    };
}

instruments! {
    registrations_made: Counter<u64> = "dormouse.registrations.made", "{registration}", [],
        "Registrations that were made, or replaced.";
    registrations_failed: Counter<u64> = "dormouse.registrations.failed", "{registration}", [],
        "Registrations that could not be made.";
    registrations_removed: Counter<u64> = "dormouse.registrations.removed", "{registration}", [],
        "Registrations that were unregistered.";
    registrations_spent: Counter<u64> = "dormouse.registrations.spent", "{registration}", [],
        "Registrations that fire no more.";
    registrations_quarantined: Counter<u64> = "dormouse.registrations.quarantined", "{registration}", [],
        "How often a registration was quarantined because the host fell during its runs.";
    registrations_released: Counter<u64> = "dormouse.registrations.released", "{registration}", [],
        "How often an operator ended a quarantine.";
    firings_accepted: Counter<u64> = "dormouse.firings.accepted", "{firing}", ["coalesced"],
        "Firings that are durable; coalesced if counted into an activation that was waiting.";
    firings_duplicate: Counter<u64> = "dormouse.firings.duplicate", "{firing}", [],
        "Firings that had been accepted before.";
    firings_refused: Counter<u64> = "dormouse.firings.refused", "{firing}", ["reason"],
        "Firings that started nothing, by reason.";
    activations_latched: Counter<u64> = "dormouse.activations.latched", "{activation}", ["condition", "holds"],
        "How often an activation was found to wait for a condition.";
    activations_waited: Counter<u64> = "dormouse.activations.waited", "{activation}", ["shortage"],
        "How often an activation was found to wait for a slot or its backoff.";
    activations_retried: Counter<u64> = "dormouse.activations.retried", "{activation}", [],
        "Further attempts that were granted after a failed one.";
    activations_withdrawn: Counter<u64> = "dormouse.activations.withdrawn", "{activation}", [],
        "Activations that will not run because their registration was removed.";
    activations_redriven: Counter<u64> = "dormouse.activations.redriven", "{activation}", [],
        "Dead letters that were made to run again.";
    activations_completed: Counter<u64> = "dormouse.activations.completed", "{activation}", ["success"],
        "Activations that ended, durably.";
    runs_started: Counter<u64> = "dormouse.runs.started", "{run}", ["retry"],
        "Runs that started; retry if not the first attempt.";
    runs_returned: Counter<u64> = "dormouse.runs.returned", "{run}", ["ok"],
        "Guests that returned, by whether they answered ok.";
    runs_paused: Counter<u64> = "dormouse.runs.paused", "{run}", [],
        "How often a run was paused by a spent quota.";
    runs_resumed: Counter<u64> = "dormouse.runs.resumed", "{run}", [],
        "How often a paused run went on.";
    runs_ended: Counter<u64> = "dormouse.runs.ended", "{run}", ["outcome"],
        "Runs that ended, by outcome.";
    runs_trapped: Counter<u64> = "dormouse.runs.trapped", "{run}", ["trap"],
        "Runs that trapped, by what the trap was.";
    runs_canceled: Counter<u64> = "dormouse.runs.canceled", "{run}", ["reason", "forced"],
        "Runs that ended because they were cancelled; forced if their grace ran out.";
    runs_interrupted: Counter<u64> = "dormouse.runs.interrupted", "{run}", [],
        "Runs that the end of their host cut off.";
    cancellations_requested: Counter<u64> = "dormouse.cancellations.requested", "{run}", ["reason", "policy"],
        "Runs that were told to end, by reason and by the rule that decided.";
    deferrals_taken: Counter<u64> = "dormouse.deferrals.taken", "{deferral}", [],
        "Deferrals that guests took.";
    deferrals_completed: Counter<u64> = "dormouse.deferrals.completed", "{deferral}", [],
        "Deferrals that guests completed.";
    denials: Counter<u64> = "dormouse.denials", "{denial}", [],
        "How often a guest asked for something that was not granted.";
    memory_refusals: Counter<u64> = "dormouse.memory.refusals", "{refusal}", [],
        "How often a growth of a guest's memory was refused.";
    leases_lost: Counter<u64> = "dormouse.leases.lost", "{lease}", [],
        "Runs whose end was refused because their lease had been taken away.";
    faults: Counter<u64> = "dormouse.faults", "{fault}", ["given_up"],
        "What failed outside any run; given_up if it is not tried again.";
    app_ends: Counter<u64> = "dormouse.app.ends", "{instance}", ["end"],
        "Instances of apps that ended, by what ended them.";
    app_handler: Seconds = "dormouse.app.handler", "s", ["handler"],
        "From the call of a handler of an app until it returned.";
    run_queue_wait: Seconds = "dormouse.run.queue_wait", "s", [],
        "From the firing, or the end of the attempt before, to the start.";
    run_wall: Seconds = "dormouse.run.wall", "s", [],
        "From start to end.";
    run_cpu: Seconds = "dormouse.run.cpu", "s", [],
        "CPU time of the guest.";
    run_paused: Seconds = "dormouse.run.paused", "s", [],
        "Of its wall time, what a run spent paused.";
    run_cancel: Seconds = "dormouse.run.cancel", "s", [],
        "From the request to end to the end, of runs that were cancelled.";
    run_told: Moments = "dormouse.run.told", "s", [],
        "From the request to end until the guest heard of it, of runs that did.";
    run_freed: Moments = "dormouse.run.freed", "s", [],
        "From the end that was asked for until sandbox, memory and slot were free.";
    run_peak_memory: Bytes = "dormouse.run.peak_memory", "By", [],
        "The most that a guest's memories and tables held together.";
    run_output: Bytes = "dormouse.run.output", "By", [],
        "What a guest wrote, dropped or not.";
    output_dropped: Counter<u64> = "dormouse.output.dropped", "By", [],
        "What guests wrote beyond their limit, and was dropped.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_of_each_label_how_many_values_it_has() {
        for metric in Instruments::ALL {
            for label in metric.labels {
                assert!(LABELS.iter().any(|(name, _)| name == label), "{label} of {}", metric.name);
            }
        }
    }
}
