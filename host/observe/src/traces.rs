//! One trace for each activation, from its firing to its completion, over OTLP.
//!
//! | span | from | to | its id |
//! | --- | --- | --- | --- |
//! | `activation`, the root | it fired | it completed | the lower half of the activation's id |
//! | `run`, a child for each attempt | it started | it ended | the lower half of the run's id |
//!
//! **The trace id is the activation's id**, its 128 bits in hexadecimal without dashes: who has the one has found the
//! other. As no id is made up here, an attempt after a restart of the host belongs to the trace of the one before it.
//! A span is exported when it ends, and the root with it only then: what an activation did before a restart is in the
//! run spans that had ended, and the root is made of what the host tells afterwards. When a firing was not seen, the
//! root begins at the moment that is in the activation's id.
//!
//! **Status** is an error for a run whose outcome is not `succeeded`, with the outcome as its text, and for an
//! activation that did not succeed. Otherwise it is not set.
//!
//! **Span events** have the names of the host's events. On the root: `fired`, `duplicate`, `redriven` (with a link to
//! the trace of the dead letter), `latched`, `waiting`, `retrying`, `interrupted`, `lease-lost`, `unregistered`. On a
//! run: `deferral-taken`, `deferral-completed`, `returned`, `denied`, `memory-refused`, `cancel-requested`, `paused`,
//! `resumed`. A span keeps its first 128 events and counts the rest. Texts from guests are cut to 256 bytes.
//!
//! | attribute | on | is |
//! | --- | --- | --- |
//! | `dormouse.app` | both | the app, if anybody knows it |
//! | `dormouse.registration` | both | the registration's id |
//! | `dormouse.activation` | both | the activation's id |
//! | `dormouse.coalesced` | root | the firings that it stands for |
//! | `dormouse.attempts` | root | the number of its last attempt |
//! | `dormouse.success` | root | whether it succeeded |
//! | `dormouse.outcome` | both | how the run ended; on the root, the last one |
//! | `dormouse.run`, `dormouse.attempt` | run | its id and number |
//! | `dormouse.message` | run | what the guest or the runtime says of a failure |
//! | `dormouse.trap` | run | what the trap was |
//! | `dormouse.cancellation.reason`, `.policy`, `.forced` | run | why it was cancelled, and whether by force |
//! | `dormouse.queue_wait`, `.wall`, `.cpu`, `.paused` | run | from its receipt, in seconds |
//! | `dormouse.peak_memory`, `.stdout`, `.stderr`, `.output_dropped` | run | from its receipt, in bytes |
//! | `dormouse.deferrals`, `.denials`, `.memory_refusals`, `.suspended` | run | from its receipt, how many |

mod attributes;
mod open;
mod span;

use std::sync::Arc;

use dormouse_core::event::{Event, EventKind};
use dormouse_core::{ActivationId, AppId, RunId, Timestamp};
use opentelemetry::KeyValue;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;

use crate::stats::Stats;
use open::{Activation, Open, Run};

/// Makes spans of events.
pub(crate) struct Assembler {
    open: Open,
    /// Spans that ended, and that nobody took yet.
    pub(crate) ended: Vec<SpanData>,
}

impl Assembler {
    /// Remembers at most `max` activations.
    pub(crate) fn new(max: usize, stats: Arc<Stats>) -> Self {
        Self { open: Open::new(max, stats), ended: Vec::new() }
    }

    /// `event` happened to a registration that is `app`'s.
    pub(crate) fn see(&mut self, event: &Event, app: Option<&AppId>) {
        match &event.kind {
            EventKind::Fired { coalesced, .. } => {
                if let Some(activation) = self.activation(event, app) {
                    if *coalesced == 1 {
                        activation.start = event.at;
                    }
                    activation.coalesced = *coalesced;
                    activation.log.add(event);
                }
            }
            EventKind::Redriven { dead, .. } => {
                if let Some(activation) = self.activation(event, app) {
                    activation.redriven_from = Some(*dead);
                    activation.log.add(event);
                }
            }
            EventKind::Latched { .. } | EventKind::Waiting { .. } | EventKind::Retrying { .. } => {
                if let Some(activation) = self.activation(event, app) {
                    activation.log.add(event);
                }
            }
            EventKind::Interrupted { run, .. } => {
                self.abandon(event, *run, "interrupted");
                if let Some(activation) = self.activation(event, app) {
                    activation.log.add(event);
                }
            }
            // Of an activation that may be long complete.
            EventKind::Duplicate { activation, .. } => {
                if let Some(activation) = self.open.get(*activation) {
                    activation.log.add(event);
                }
            }
            EventKind::Started { run, attempt, .. } => self.started(event, app, *run, *attempt),
            EventKind::Ended { .. } => self.ended(event, app),
            EventKind::LeaseLost { activation, run } => {
                self.abandon(event, *run, "lease-lost");
                if let Some(activation) = self.open.get(*activation) {
                    activation.log.add(event);
                }
            }
            EventKind::Completed { success, .. } => self.completed(event, app, *success),
            EventKind::Unregistered { .. } => self.unregistered(event),
            kind => {
                if let Some(run) = kind.run().and_then(|run| self.open.run(run)) {
                    run.log.add(event);
                }
            }
        }
    }

    fn activation(&mut self, event: &Event, app: Option<&AppId>) -> Option<&mut Activation> {
        let id = event.kind.activation()?;
        let activation = self.open.entry(id, || Activation::new(id, event.registration, event.at));
        if activation.app.is_none() {
            activation.app = app.cloned();
        }
        Some(activation)
    }

    fn started(&mut self, event: &Event, app: Option<&AppId>, run: RunId, attempt: u32) {
        let Some(activation) = self.activation(event, app) else { return };
        activation.attempts = activation.attempts.max(attempt);
        let (id, before) = (activation.id, activation.run.as_ref().map(|before| before.id));
        // An activation has one run at a time: that the one before ended was not seen.
        if let Some(before) = before.filter(|before| *before != run) {
            self.abandon(event, before, "its end was not seen");
        }
        self.open.start(id, Run::new(run, attempt, event.at));
    }

    fn ended(&mut self, event: &Event, app: Option<&AppId>) {
        let EventKind::Ended { run, attempt, outcome, receipt, .. } = &event.kind else { return };
        let Some(activation) = self.activation(event, app) else { return };
        activation.attempts = activation.attempts.max(*attempt);
        activation.outcome = Some(outcome.as_str());
        let id = activation.id;
        // When the start was not seen, the receipt says how long ago it was.
        let run = self.open.end(id, *run).unwrap_or_else(|| {
            let wall = i64::try_from(receipt.wall.as_micros()).unwrap_or(i64::MAX);
            Run::new(*run, *attempt, Timestamp::from_micros(event.at.as_micros().saturating_sub(wall)))
        });
        let mut attributes = attributes::ended(outcome);
        attributes.extend(attributes::receipt(receipt));
        let status = if outcome.is_success() { Status::Unset } else { Status::error(outcome.as_str()) };
        self.export_run(event, id, run, attributes, status);
    }

    /// `run` is over for this host, and nobody says how it ended.
    fn abandon(&mut self, event: &Event, run: RunId, why: &'static str) {
        let Some(id) = self.open.activation_of(run) else { return };
        if let Some(run) = self.open.end(id, run) {
            self.export_run(event, id, run, Vec::new(), Status::error(why));
        }
    }

    fn export_run(
        &mut self,
        event: &Event,
        id: ActivationId,
        run: Run,
        mut attributes: Vec<KeyValue>,
        status: Status,
    ) {
        let (registration, app) = match self.open.get(id) {
            Some(activation) => (activation.registration, activation.app.clone()),
            None => (event.registration, None),
        };
        attributes.extend(attributes::owner(id, registration, app.as_ref()));
        attributes.extend(attributes::run(run.id, run.attempt));
        self.ended.push(span::run(id, run, event.at, attributes, status));
    }

    fn completed(&mut self, event: &Event, app: Option<&AppId>, success: bool) {
        let Some(activation) = self.activation(event, app) else { return };
        let (id, run) = (activation.id, activation.run.as_ref().map(|run| run.id));
        if let Some(run) = run {
            self.abandon(event, run, "its end was not seen");
        }
        if let Some(activation) = self.open.remove(id) {
            let status = if success {
                Status::Unset
            } else {
                Status::error(activation.outcome.unwrap_or("it did not succeed"))
            };
            self.export_root(event, activation, success, status);
        }
    }

    /// What of it waited will not run, and nobody tells of each. What runs goes on, and completes.
    fn unregistered(&mut self, event: &Event) {
        for mut activation in self.open.remove_waiting(event.registration) {
            activation.log.add(event);
            self.export_root(event, activation, false, Status::error("withdrawn"));
        }
    }

    fn export_root(&mut self, event: &Event, activation: Activation, success: bool, status: Status) {
        let mut attributes =
            attributes::owner(activation.id, activation.registration, activation.app.as_ref());
        attributes.extend(attributes::root(&activation, success));
        self.ended.push(span::root(activation, event.at, attributes, status));
    }
}
