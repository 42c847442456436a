//! Metrics: what the host told, counted, and what others know, read.
//!
//! # What there is
//!
//! All have the labels of their row. With [`Detail::Registration`](crate::Detail) those with `app` have `registration`
//! as well, but for `dormouse_app_*`, with [`Detail::Host`](crate::Detail) they have neither. A metric appears with the
//! first thing that it counts. Whoever starts telemetry may have more [observed](Observed).
//!
//! | scraped as | over OTLP | type | unit | labels | meaning |
//! | --- | --- | --- | --- | --- | --- |
//! | `dormouse_registrations_made_total` | `dormouse.registrations.made` | counter | {registration} | `app` | Registrations that were made, or replaced. |
//! | `dormouse_registrations_failed_total` | `dormouse.registrations.failed` | counter | {registration} | `app` | Registrations that could not be made. |
//! | `dormouse_registrations_removed_total` | `dormouse.registrations.removed` | counter | {registration} | `app` | Registrations that were unregistered. |
//! | `dormouse_registrations_spent_total` | `dormouse.registrations.spent` | counter | {registration} | `app` | Registrations that fire no more. |
//! | `dormouse_registrations_quarantined_total` | `dormouse.registrations.quarantined` | counter | {registration} | `app` | How often a registration was quarantined because the host fell during its runs. |
//! | `dormouse_registrations_released_total` | `dormouse.registrations.released` | counter | {registration} | `app` | How often an operator ended a quarantine. |
//! | `dormouse_firings_accepted_total` | `dormouse.firings.accepted` | counter | {firing} | `app`, `coalesced` | Firings that are durable; coalesced if counted into an activation that was waiting. |
//! | `dormouse_firings_duplicate_total` | `dormouse.firings.duplicate` | counter | {firing} | `app` | Firings that had been accepted before. |
//! | `dormouse_firings_refused_total` | `dormouse.firings.refused` | counter | {firing} | `app`, `reason` | Firings that started nothing, by reason. |
//! | `dormouse_activations_latched_total` | `dormouse.activations.latched` | counter | {activation} | `app`, `condition`, `holds` | How often an activation was found to wait for a condition. |
//! | `dormouse_activations_waited_total` | `dormouse.activations.waited` | counter | {activation} | `app`, `shortage` | How often an activation was found to wait for a slot or its backoff. |
//! | `dormouse_activations_retried_total` | `dormouse.activations.retried` | counter | {activation} | `app` | Further attempts that were granted after a failed one. |
//! | `dormouse_activations_withdrawn_total` | `dormouse.activations.withdrawn` | counter | {activation} | `app` | Activations that will not run because their registration was removed. |
//! | `dormouse_activations_redriven_total` | `dormouse.activations.redriven` | counter | {activation} | `app` | Dead letters that were made to run again. |
//! | `dormouse_activations_completed_total` | `dormouse.activations.completed` | counter | {activation} | `app`, `success` | Activations that ended, durably. |
//! | `dormouse_runs_started_total` | `dormouse.runs.started` | counter | {run} | `app`, `retry` | Runs that started; retry if not the first attempt. |
//! | `dormouse_runs_returned_total` | `dormouse.runs.returned` | counter | {run} | `app`, `ok` | Guests that returned, by whether they answered ok. |
//! | `dormouse_runs_paused_total` | `dormouse.runs.paused` | counter | {run} | `app` | How often a run was paused by a spent quota. |
//! | `dormouse_runs_resumed_total` | `dormouse.runs.resumed` | counter | {run} | `app` | How often a paused run went on. |
//! | `dormouse_runs_ended_total` | `dormouse.runs.ended` | counter | {run} | `app`, `outcome` | Runs that ended, by outcome. |
//! | `dormouse_runs_trapped_total` | `dormouse.runs.trapped` | counter | {run} | `app`, `trap` | Runs that trapped, by what the trap was. |
//! | `dormouse_runs_canceled_total` | `dormouse.runs.canceled` | counter | {run} | `app`, `reason`, `forced` | Runs that ended because they were cancelled; forced if their grace ran out. |
//! | `dormouse_runs_interrupted_total` | `dormouse.runs.interrupted` | counter | {run} | `app` | Runs that the end of their host cut off. |
//! | `dormouse_cancellations_requested_total` | `dormouse.cancellations.requested` | counter | {run} | `app`, `reason`, `policy` | Runs that were told to end, by reason and by the rule that decided. |
//! | `dormouse_deferrals_taken_total` | `dormouse.deferrals.taken` | counter | {deferral} | `app` | Deferrals that guests took. |
//! | `dormouse_deferrals_completed_total` | `dormouse.deferrals.completed` | counter | {deferral} | `app` | Deferrals that guests completed. |
//! | `dormouse_denials_total` | `dormouse.denials` | counter | {denial} | `app` | How often a guest asked for something that was not granted. |
//! | `dormouse_memory_refusals_total` | `dormouse.memory.refusals` | counter | {refusal} | `app` | How often a growth of a guest's memory was refused. |
//! | `dormouse_leases_lost_total` | `dormouse.leases.lost` | counter | {lease} | `app` | Runs whose end was refused because their lease had been taken away. |
//! | `dormouse_faults_total` | `dormouse.faults` | counter | {fault} | `app`, `given_up` | What failed outside any run; given_up if it is not tried again. |
//! | `dormouse_app_ends_total` | `dormouse.app.ends` | counter | {instance} | `app`, `end` | Instances of apps that ended, by what ended them. |
//! | `dormouse_app_handler_seconds` | `dormouse.app.handler` | histogram | s | `app`, `handler` | From the call of a handler of an app until it returned. |
//! | `dormouse_run_queue_wait_seconds` | `dormouse.run.queue_wait` | histogram | s | `app` | From the firing, or the end of the attempt before, to the start. |
//! | `dormouse_run_wall_seconds` | `dormouse.run.wall` | histogram | s | `app` | From start to end. |
//! | `dormouse_run_cpu_seconds` | `dormouse.run.cpu` | histogram | s | `app` | CPU time of the guest. |
//! | `dormouse_run_paused_seconds` | `dormouse.run.paused` | histogram | s | `app` | Of its wall time, what a run spent paused. |
//! | `dormouse_run_cancel_seconds` | `dormouse.run.cancel` | histogram | s | `app` | From the request to end to the end, of runs that were cancelled. |
//! | `dormouse_run_told_seconds` | `dormouse.run.told` | histogram | s | `app` | From the request to end until the guest heard of it, of runs that did. |
//! | `dormouse_run_freed_seconds` | `dormouse.run.freed` | histogram | s | `app` | From the end that was asked for until sandbox, memory and slot were free. |
//! | `dormouse_run_peak_memory_bytes` | `dormouse.run.peak_memory` | histogram | By | `app` | The most that a guest's memories and tables held together. |
//! | `dormouse_run_output_bytes` | `dormouse.run.output` | histogram | By | `app` | What a guest wrote, dropped or not. |
//! | `dormouse_output_dropped_bytes_total` | `dormouse.output.dropped` | counter | By | `app` | What guests wrote beyond their limit, and was dropped. |
//! | `dormouse_telemetry_events_dropped_total` | `dormouse.telemetry.events.dropped` | counter | {event} |  | Events that are in no metric and no trace because the queue was full. |
//! | `dormouse_telemetry_spans_exported_total` | `dormouse.telemetry.spans.exported` | counter | {span} |  | Spans that the collector took. |
//! | `dormouse_telemetry_spans_dropped_total` | `dormouse.telemetry.spans.dropped` | counter | {span} | `reason` | Spans that were lost: no room for them, or not taken by the collector. |
//! | `dormouse_telemetry_activations_forgotten_total` | `dormouse.telemetry.activations.forgotten` | counter | {activation} |  | Open activations that were forgotten for newer ones; their root spans lack what came before. |
//! | `dormouse_telemetry_exports_failed_total` | `dormouse.telemetry.exports.failed` | counter | {export} | `signal` | Exports that the collector did not take, after all attempts. |
//! | `dormouse_telemetry_scrapes_refused_total` | `dormouse.telemetry.scrapes.refused` | counter | {connection} |  | Connections that were closed at once because too many were open. |
//! | `dormouse_telemetry_readings_dropped_total` | `dormouse.telemetry.readings.dropped` | counter | {reading} |  | Observed values that are not exported because one metric had too many. |
//!
//! # How many series
//!
//! | label | values |
//! | --- | --- |
//! | `app` | the first 200 ([`Config::label_values_max`](crate::Config)), then `other`; `unknown` when nobody knows it any more |
//! | `registration` | the same |
//! | `condition` | the kinds; what one is compared with, and the names of custom ones, are no labels |
//! | `policy` | the host's own rules, and `other` |
//! | all others | the words that the contract has |
//!
//! What a guest writes is never a label.
//!
//! # How exact
//!
//! An event is counted when the telemetry's task comes to it, shortly after it happened. One that finds the queue full is
//! counted nowhere but in `dormouse_telemetry_events_dropped_total`. Spans of time that cross from one event to another
//! (`dormouse_run_cancel_seconds`) are wall-clock time; those of receipts are not.

mod catalogue;
mod labels;
pub(crate) mod observed;
mod provider;
mod push;
mod recorder;
mod scrape;

pub(crate) use labels::Owners;
pub use observed::{LABEL_VALUE_BYTES_MAX, Observed, READINGS_MAX};
pub(crate) use provider::{Provider, Readers, SCOPE, SharedReader};
pub(crate) use push::Push;
pub(crate) use recorder::Recorder;
pub(crate) use scrape::Scrape;
#[cfg(test)]
pub(crate) use {catalogue::Instruments, scrape::CONNECTION_MAX};
