//! What holds of the events of every case, whatever it expects: an order that no host breaks.

use std::collections::BTreeMap;

use crate::protocol::{Event, EventKind};

/// Events that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Disorder {
    /// One is missing, or came twice.
    #[error("event {expected} was to come, and {got} came")]
    Sequence {
        /// The number that was to come.
        expected: u64,
        /// The one that came.
        got: u64,
    },
    /// Time goes back.
    #[error("event {seq} is of {at_ms} ms, and the one before it of {before_ms} ms")]
    Time {
        /// Which event.
        seq: u64,
        /// Its moment.
        at_ms: f64,
        /// That of the one before.
        before_ms: f64,
    },
    /// A run that started twice.
    #[error("run {run} started twice (UWP-070)")]
    StartedTwice {
        /// Which.
        run: String,
    },
    /// A run of something that did not fire.
    #[error("run {run} is of activation {activation}, which never fired (UWP-063)")]
    NotFired {
        /// The run.
        run: String,
        /// Its activation.
        activation: String,
    },
    /// Something of a run that did not start.
    #[error("`{event}` of run {run}, which never started")]
    NotStarted {
        /// What.
        event: &'static str,
        /// Of which run.
        run: String,
    },
    /// Something of a run that is over.
    #[error("`{event}` of run {run} behind its end (UWP-097)")]
    AfterEnd {
        /// What.
        event: &'static str,
        /// Of which run.
        run: String,
    },
    /// A second cancellation.
    #[error("run {run} was cancelled twice (UWP-081)")]
    CanceledTwice {
        /// Which.
        run: String,
    },
    /// A run that returned twice.
    #[error("run {run} returned twice (UWP-070)")]
    ReturnedTwice {
        /// Which.
        run: String,
    },
    /// Deferrals that do not add up.
    #[error("run {run} has {told} deferrals open, and {counted} were counted (UWP-074)")]
    Deferrals {
        /// Which run.
        run: String,
        /// What the event says.
        told: u32,
        /// What those before it come to.
        counted: u32,
    },
    /// A success with deferrals open.
    #[error("run {run} succeeded with {open} deferrals open (UWP-073)")]
    SucceededOpen {
        /// Which run.
        run: String,
        /// How many.
        open: u32,
    },
    /// A second completion.
    #[error("activation {activation} completed twice (UWP-117)")]
    CompletedTwice {
        /// Which.
        activation: String,
    },
    /// A completion before the end.
    #[error("activation {activation} completed while run {run} of it goes on")]
    CompletedBeforeEnd {
        /// The activation.
        activation: String,
        /// The run.
        run: String,
    },
    /// A run of what is over.
    #[error("run {run} started after its activation {activation} had completed (UWP-117)")]
    StartedAfterCompletion {
        /// The run.
        run: String,
        /// The activation.
        activation: String,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Running,
    /// Its host died.
    CutOff,
    Ended,
}

#[derive(Clone, Debug, Default)]
struct Run {
    activation: String,
    phase: Phase,
    canceled: bool,
    returned: bool,
    open: u32,
}

/// Looks at each event.
#[derive(Clone, Debug, Default)]
pub struct Order {
    seq: u64,
    at_ms: f64,
    runs: BTreeMap<String, Run>,
    /// Whether they completed.
    activations: BTreeMap<String, bool>,
    /// Whether deferrals are told at all.
    lossy: bool,
}

impl Order {
    /// For a host that tells of runs no more than their beginning and end.
    #[must_use]
    pub fn of_ends() -> Self {
        Self { lossy: true, ..Self::default() }
    }

    /// The host died: what ran is cut off.
    pub fn crashed(&mut self) {
        for run in self.runs.values_mut().filter(|run| run.phase == Phase::Running) {
            run.phase = Phase::CutOff;
        }
    }

    /// Whether `event` may come now.
    ///
    /// # Errors
    ///
    /// [`Disorder`]
    pub fn see(&mut self, event: &Event) -> Result<(), Disorder> {
        let expected = self.seq + 1;
        if event.seq != expected {
            return Err(Disorder::Sequence { expected, got: event.seq });
        }
        if event.at_ms < self.at_ms {
            return Err(Disorder::Time { seq: event.seq, at_ms: event.at_ms, before_ms: self.at_ms });
        }
        (self.seq, self.at_ms) = (event.seq, event.at_ms);
        match &event.kind {
            EventKind::Fired { activation, .. } => {
                self.activations.entry(activation.clone()).or_default();
                Ok(())
            }
            EventKind::Started { activation, run, .. } => self.started(activation, run),
            EventKind::Completed { activation, .. } => self.completed(activation),
            kind => match kind.run() {
                Some(run) => self.within(kind, run),
                None => Ok(()),
            },
        }
    }

    fn started(&mut self, activation: &str, run: &str) -> Result<(), Disorder> {
        let (activation, run) = (activation.to_owned(), run.to_owned());
        match self.activations.get(&activation) {
            None => return Err(Disorder::NotFired { run, activation }),
            Some(true) => return Err(Disorder::StartedAfterCompletion { run, activation }),
            Some(false) => {}
        }
        if self.runs.contains_key(&run) {
            return Err(Disorder::StartedTwice { run });
        }
        self.runs.insert(run, Run { activation, ..Run::default() });
        Ok(())
    }

    fn completed(&mut self, activation: &str) -> Result<(), Disorder> {
        let activation = activation.to_owned();
        let goes_on = |run: &Run| run.activation == activation && run.phase == Phase::Running;
        if let Some((run, _)) = self.runs.iter().find(|(_, run)| goes_on(run)) {
            return Err(Disorder::CompletedBeforeEnd { run: run.clone(), activation });
        }
        match self.activations.insert(activation.clone(), true) {
            Some(true) => Err(Disorder::CompletedTwice { activation }),
            _ => Ok(()),
        }
    }

    fn within(&mut self, kind: &EventKind, name: &str) -> Result<(), Disorder> {
        let (event, name) = (kind.word(), name.to_owned());
        let Some(run) = self.runs.get_mut(&name) else {
            return Err(Disorder::NotStarted { event, run: name });
        };
        if matches!(kind, EventKind::Interrupted { .. }) && run.phase == Phase::CutOff {
            run.phase = Phase::Ended;
            return Ok(());
        }
        if run.phase != Phase::Running {
            return Err(Disorder::AfterEnd { event, run: name });
        }
        match kind {
            EventKind::CancelRequested { .. } if std::mem::replace(&mut run.canceled, true) => {
                return Err(Disorder::CanceledTwice { run: name });
            }
            EventKind::Returned { open, .. } => {
                if std::mem::replace(&mut run.returned, true) {
                    return Err(Disorder::ReturnedTwice { run: name });
                }
                return run.open_are(name, *open, self.lossy);
            }
            EventKind::DeferralTaken { open, .. } => {
                run.open += 1;
                return run.open_are(name, *open, self.lossy);
            }
            EventKind::DeferralCompleted { open, .. } => {
                run.open = run.open.saturating_sub(1);
                return run.open_are(name, *open, self.lossy);
            }
            EventKind::Interrupted { .. } => run.phase = Phase::Ended,
            EventKind::Ended { ended, .. } => {
                run.phase = Phase::Ended;
                if ended.outcome == "succeeded" && run.open > 0 {
                    return Err(Disorder::SucceededOpen { run: name, open: run.open });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Run {
    fn open_are(&self, run: String, told: u32, lossy: bool) -> Result<(), Disorder> {
        if lossy || told == self.open {
            return Ok(());
        }
        Err(Disorder::Deferrals { run, told, counted: self.open })
    }
}

#[cfg(test)]
mod tests;
