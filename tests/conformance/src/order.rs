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
    /// A run beside another one of the same activation.
    #[error("run {run} started while run {other} of the same activation goes on (UWP-070)")]
    StartedBeside {
        /// The run.
        run: String,
        /// The other one.
        other: String,
    },
    /// An attempt that is not behind the one before.
    #[error("run {run} is attempt {attempt} of its activation, and attempt {before} was before it")]
    Attempt {
        /// The run.
        run: String,
        /// Which attempt it says it is.
        attempt: u32,
        /// The last one before.
        before: u32,
    },
    /// A run of before a stop, when something starts after it.
    #[error("run {run} goes on, and its host was stopped and has started again")]
    OutlivedStop {
        /// Which.
        run: String,
    },
    /// An event that names another registration, activation or attempt than those before it.
    #[error("`{event}` of {of} names {told}, and it was {before} before")]
    Another {
        /// What.
        event: &'static str,
        /// Of which run or activation.
        of: String,
        /// What it names.
        told: String,
        /// What was named before.
        before: String,
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
    /// Something else than its interruption, of a run whose host died.
    #[error("`{event}` of run {run}, which the death of its host had cut off (UWP-097)")]
    AfterCrash {
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
    /// A completion of something that did not fire.
    #[error("activation {activation} completed, and never fired")]
    CompletedNotFired {
        /// Which.
        activation: String,
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
    /// Its host was stopped; its end may be told yet.
    Stopped,
    /// Its host died.
    CutOff,
    Ended,
}

#[derive(Clone, Debug, Default)]
struct Run {
    registration: String,
    activation: String,
    attempt: u32,
    phase: Phase,
    canceled: bool,
    returned: bool,
    open: u32,
}

#[derive(Clone, Debug, Default)]
struct Activation {
    registration: String,
    completed: bool,
    /// The last attempt that started; 0 before the first.
    attempt: u32,
}

/// Looks at each event.
#[derive(Clone, Debug, Default)]
pub struct Order {
    seq: u64,
    at_ms: f64,
    runs: BTreeMap<String, Run>,
    activations: BTreeMap<String, Activation>,
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
        for run in self.runs.values_mut().filter(|run| run.goes_on()) {
            run.phase = Phase::CutOff;
        }
    }

    /// The host was stopped: what ran has ended, which may be told later, but before anything starts.
    pub fn stopped(&mut self) {
        for run in self.runs.values_mut().filter(|run| run.goes_on()) {
            run.phase = Phase::Stopped;
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
                let registration =
                    || Activation { registration: event.registration.clone(), ..Activation::default() };
                let known = self.activations.entry(activation.clone()).or_insert_with(registration);
                same(event.kind.word(), activation, &event.registration, &known.registration)
            }
            EventKind::Started { activation, run, attempt } => {
                self.started(&event.registration, activation, run, *attempt)
            }
            EventKind::Completed { activation, .. } => self.completed(&event.registration, activation),
            kind => match kind.run() {
                Some(run) => self.within(&event.registration, kind, run),
                None => Ok(()),
            },
        }
    }

    fn started(
        &mut self,
        registration: &str,
        activation: &str,
        run: &str,
        attempt: u32,
    ) -> Result<(), Disorder> {
        let (activation, run) = (activation.to_owned(), run.to_owned());
        if let Some((run, _)) = self.runs.iter().find(|(_, run)| run.phase == Phase::Stopped) {
            return Err(Disorder::OutlivedStop { run: run.clone() });
        }
        let Some(of) = self.activations.get_mut(&activation) else {
            return Err(Disorder::NotFired { run, activation });
        };
        if of.completed {
            return Err(Disorder::StartedAfterCompletion { run, activation });
        }
        if self.runs.contains_key(&run) {
            return Err(Disorder::StartedTwice { run });
        }
        let beside = |other: &Run| other.activation == activation && other.goes_on();
        if let Some((other, _)) = self.runs.iter().find(|(_, other)| beside(other)) {
            return Err(Disorder::StartedBeside { run, other: other.clone() });
        }
        same("started", &run, registration, &of.registration)?;
        if attempt <= of.attempt {
            return Err(Disorder::Attempt { run, attempt, before: of.attempt });
        }
        of.attempt = attempt;
        let registration = registration.to_owned();
        self.runs.insert(run, Run { registration, activation, attempt, ..Run::default() });
        Ok(())
    }

    fn completed(&mut self, registration: &str, activation: &str) -> Result<(), Disorder> {
        let goes_on = |run: &Run| run.activation == activation && run.goes_on();
        let going = self.runs.iter().find(|(_, run)| goes_on(run)).map(|(run, _)| run.clone());
        let Some(of) = self.activations.get_mut(activation) else {
            return Err(Disorder::CompletedNotFired { activation: activation.to_owned() });
        };
        let activation = activation.to_owned();
        if let Some(run) = going {
            return Err(Disorder::CompletedBeforeEnd { run, activation });
        }
        same("completed", &activation, registration, &of.registration)?;
        if std::mem::replace(&mut of.completed, true) {
            return Err(Disorder::CompletedTwice { activation });
        }
        Ok(())
    }

    fn within(&mut self, registration: &str, kind: &EventKind, name: &str) -> Result<(), Disorder> {
        let (event, name) = (kind.word(), name.to_owned());
        let Some(run) = self.runs.get_mut(&name) else {
            return Err(Disorder::NotStarted { event, run: name });
        };
        same(event, &name, registration, &run.registration)?;
        match (run.phase, kind) {
            (Phase::Running | Phase::Stopped, _) | (Phase::CutOff, EventKind::Interrupted { .. }) => {}
            (Phase::CutOff, _) => return Err(Disorder::AfterCrash { event, run: name }),
            (Phase::Ended, _) => return Err(Disorder::AfterEnd { event, run: name }),
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
            EventKind::Interrupted { activation, .. } => {
                same(event, &name, activation, &run.activation)?;
                run.phase = Phase::Ended;
            }
            EventKind::Ended { ended, .. } => {
                same(event, &name, &ended.activation, &run.activation)?;
                let attempt = |number: u32| format!("attempt {number}");
                same(event, &name, &attempt(ended.attempt), &attempt(run.attempt))?;
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
    fn goes_on(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Stopped)
    }

    fn open_are(&self, run: String, told: u32, lossy: bool) -> Result<(), Disorder> {
        if lossy || told == self.open {
            return Ok(());
        }
        Err(Disorder::Deferrals { run, told, counted: self.open })
    }
}

/// What an event names is what was named before.
fn same(event: &'static str, of: &str, told: &str, before: &str) -> Result<(), Disorder> {
    if told == before {
        return Ok(());
    }
    let [of, told, before] = [of, told, before].map(str::to_owned);
    Err(Disorder::Another { event, of, told, before })
}

#[cfg(test)]
mod tests;
