//! From events to numbers.

use std::collections::HashMap;
use std::time::Duration;

use dormouse_core::event::{Event, EventKind};
use dormouse_core::{AppEvent, AppEventKind, AppId, Outcome, Receipt, RunId, Timestamp};
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, Value};

use super::catalogue::{Instruments, Seconds};
use super::labels::{self, Owners};
use super::provider::Provider;

/// Runs that were told to end and have not: no host has as many slots. Beyond it their ends are not timed.
const CANCELLED_MAX: usize = 16_384;

/// Records what happened.
pub(crate) struct Recorder {
    /// Nothing can be read when it is gone.
    _provider: Provider,
    instruments: Instruments,
    owners: Owners,
    cancelled: HashMap<RunId, Timestamp>,
}

impl Recorder {
    pub(crate) fn new(provider: Provider, owners: Owners) -> Self {
        let instruments = Instruments::build(provider.meter());
        Self { _provider: provider, instruments, owners, cancelled: HashMap::new() }
    }

    /// `event` happened to a registration that is `app`'s.
    pub(crate) fn record(&mut self, event: &Event, app: Option<&AppId>) {
        let all = &self.instruments;
        // Nothing of it is any registration's.
        let app = if let EventKind::RegistrationFailed { app, .. } = &event.kind { Some(app) } else { app };
        let owner = self.owners.of(event.registration, app);
        match &event.kind {
            EventKind::Registered { .. } => all.registrations_made.add(1, &owner),
            EventKind::RegistrationFailed { .. } => all.registrations_failed.add(1, &owner),
            EventKind::Unregistered { withdrawn } => {
                all.registrations_removed.add(1, &owner);
                all.activations_withdrawn.add(u64::from(*withdrawn), &owner);
            }
            EventKind::Spent => all.registrations_spent.add(1, &owner),
            EventKind::Fired { coalesced, .. } => {
                one(&all.firings_accepted, owner, [("coalesced", Value::Bool(*coalesced > 1))]);
            }
            EventKind::Duplicate { .. } => all.firings_duplicate.add(1, &owner),
            EventKind::Refused { reason } => {
                one(&all.firings_refused, owner, [("reason", reason.as_str().into())]);
            }
            EventKind::Latched { blocking, .. } => {
                for block in blocking {
                    let condition = labels::condition(&block.condition).into();
                    let holds = block.holds.to_string().into();
                    one(
                        &all.activations_latched,
                        owner.clone(),
                        [("condition", condition), ("holds", holds)],
                    );
                }
            }
            EventKind::Waiting { shortage, .. } => {
                one(&all.activations_waited, owner, [("shortage", shortage.as_str().into())]);
            }
            EventKind::Started { attempt, .. } => {
                one(&all.runs_started, owner, [("retry", Value::Bool(*attempt > 1))]);
            }
            EventKind::DeferralTaken { .. } => all.deferrals_taken.add(1, &owner),
            EventKind::DeferralCompleted { .. } => all.deferrals_completed.add(1, &owner),
            EventKind::Returned { ok, .. } => one(&all.runs_returned, owner, [("ok", Value::Bool(*ok))]),
            EventKind::Denied { .. } => all.denials.add(1, &owner),
            EventKind::MemoryRefused { .. } => all.memory_refusals.add(1, &owner),
            EventKind::CancelRequested { run, cancellation } => {
                if self.cancelled.len() < CANCELLED_MAX {
                    self.cancelled.entry(*run).or_insert(event.at);
                }
                let (reason, policy) = (cancellation.reason.as_str(), labels::policy(&cancellation.policy));
                one(
                    &all.cancellations_requested,
                    owner,
                    [("reason", reason.into()), ("policy", policy.into())],
                );
            }
            EventKind::Paused { .. } => all.runs_paused.add(1, &owner),
            EventKind::Resumed { .. } => all.runs_resumed.add(1, &owner),
            EventKind::Ended { run, outcome, receipt, .. } => {
                let cancelled = self.cancelled.remove(run).map(|since| event.at.since(since));
                if let Some(took) = cancelled {
                    all.run_cancel.0.record(took.as_secs_f64(), &owner);
                }
                used(all, receipt, &owner);
                ended(all, outcome, owner);
            }
            EventKind::Retrying { .. } => all.activations_retried.add(1, &owner),
            EventKind::Interrupted { run, .. } => {
                self.cancelled.remove(run);
                all.runs_interrupted.add(1, &owner);
            }
            EventKind::Completed { success, .. } => {
                one(&all.activations_completed, owner, [("success", Value::Bool(*success))]);
            }
            EventKind::LeaseLost { run, .. } => {
                self.cancelled.remove(run);
                all.leases_lost.add(1, &owner);
            }
            EventKind::Quarantined { .. } => all.registrations_quarantined.add(1, &owner),
            EventKind::Released => all.registrations_released.add(1, &owner),
            EventKind::Redriven { .. } => all.activations_redriven.add(1, &owner),
            EventKind::Fault { given_up, .. } => {
                one(&all.faults, owner, [("given_up", Value::Bool(*given_up))]);
            }
            // Output and progress, which do not reach the queue, and what is newer than this.
            _ => {}
        }
    }
}

impl Recorder {
    /// `event` happened to an app.
    pub(crate) fn record_app(&mut self, event: &AppEvent) {
        let (all, mut owner) = (&self.instruments, self.owners.of_app(&event.app));
        match &event.kind {
            AppEventKind::Returned { handler, took_ms, .. } => {
                owner.push(KeyValue::new("handler", handler.as_str()));
                all.app_handler.0.record(Duration::from_millis(*took_ms).as_secs_f64(), &owner);
            }
            AppEventKind::Ended { end, .. } => one(&all.app_ends, owner, [("end", end.as_str().into())]),
            // What does not reach the queue.
            _ => {}
        }
    }
}

fn one<const N: usize>(counter: &Counter<u64>, mut owner: Vec<KeyValue>, labels: [(&'static str, Value); N]) {
    owner.extend(labels.map(|(name, value)| KeyValue::new(name, value)));
    counter.add(1, &owner);
}

fn used(all: &Instruments, receipt: &Receipt, owner: &[KeyValue]) {
    let spans: [(&Seconds, _); 4] = [
        (&all.run_queue_wait, receipt.queue_wait),
        (&all.run_wall, receipt.wall),
        (&all.run_cpu, receipt.cpu),
        (&all.run_paused, receipt.paused),
    ];
    for (histogram, span) in spans {
        histogram.0.record(span.as_secs_f64(), owner);
    }
    if let Some(ending) = receipt.ending {
        if let Some(told) = ending.told {
            all.run_told.0.record(told.as_secs_f64(), owner);
        }
        all.run_freed.0.record(ending.freed.as_secs_f64(), owner);
    }
    all.run_peak_memory.0.record(receipt.peak_memory_bytes, owner);
    all.run_output.0.record(receipt.stdout_bytes.saturating_add(receipt.stderr_bytes), owner);
    if receipt.output_dropped_bytes > 0 {
        all.output_dropped.add(receipt.output_dropped_bytes, owner);
    }
}

fn ended(all: &Instruments, outcome: &Outcome, owner: Vec<KeyValue>) {
    match outcome {
        Outcome::Trapped { kind, .. } => {
            one(&all.runs_trapped, owner.clone(), [("trap", kind.to_string().into())]);
        }
        Outcome::Canceled { cancellation, forced } => {
            let reason = cancellation.reason.as_str().into();
            one(&all.runs_canceled, owner.clone(), [("reason", reason), ("forced", Value::Bool(*forced))]);
        }
        _ => {}
    }
    one(&all.runs_ended, owner, [("outcome", outcome.as_str().into())]);
}
