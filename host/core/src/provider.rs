//! The seams through which the outside reaches the rules: conditions and signals.

use crate::condition::{Condition, Holds};
use crate::trigger::{Message, SystemEvent};

/// Answers whether conditions hold.
///
/// Asked whenever an activation waits or a run asked to be cancelled on condition loss, from the
/// scheduler's threads: it answers from memory and never waits.
pub trait ConditionProvider: Send + Sync + 'static {
    /// Whether `condition` holds now. [`Holds::Unknown`] for conditions that this provider knows nothing
    /// of: another one is asked then, and if none knows, the condition counts as unmet.
    fn holds(&self, condition: &Condition) -> Holds;

    /// What background work costs at present, if this provider knows. The condition
    /// [`Condition::BackgroundWorkCostNotHigh`] follows from it (UWP-069).
    fn work_cost(&self) -> Option<WorkCost> {
        None
    }

    /// Whether the machine runs so short of memory that somebody has to give some back, if this provider knows. While it
    /// does, the host gives up one run after the other (UWP-092).
    fn memory_is_short(&self) -> Option<bool> {
        None
    }

    /// Keeps `notice`, and calls it after every change of an answer. It may be called too often; a change
    /// that is not told is found by the next scan, a minute later at most.
    fn subscribe(&self, notice: ChangeNotice);
}

/// What background work costs at present: a hint to the guest, and a condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkCost {
    /// Do what you came for.
    #[default]
    Low,
    /// Do what cannot wait.
    Medium,
    /// Do little and return.
    High,
}

/// Tells that answers may have changed. Carries nothing: the truth is in the provider.
pub type ChangeNotice = Box<dyn Fn() + Send + Sync>;

/// A provider whose answers are set by hand: for embedders with facts of their own, and for tests.
#[derive(Default)]
pub struct FixedProvider {
    answers: std::sync::Mutex<Vec<(Condition, Holds)>>,
    work_cost: std::sync::Mutex<Option<WorkCost>>,
    memory_is_short: std::sync::Mutex<Option<bool>>,
    notices: std::sync::Mutex<Vec<ChangeNotice>>,
}

impl std::fmt::Debug for FixedProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FixedProvider").finish_non_exhaustive()
    }
}

impl FixedProvider {
    /// Knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on, `condition` is answered with `holds`.
    pub fn set(&self, condition: &Condition, holds: Holds) {
        {
            let mut answers = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            answers.retain(|(known, _)| known != condition);
            answers.push((condition.clone(), holds));
        }
        self.changed();
    }

    /// From now on, background work costs this.
    pub fn set_work_cost(&self, cost: WorkCost) {
        *self.work_cost.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(cost);
        self.changed();
    }

    /// From now on, memory is short, or is not.
    pub fn set_memory_is_short(&self, short: bool) {
        *self.memory_is_short.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(short);
        self.changed();
    }

    /// Called with no other lock held: a notice may ask at once.
    fn changed(&self) {
        for notice in self.notices.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter() {
            notice();
        }
    }
}

impl ConditionProvider for FixedProvider {
    fn holds(&self, condition: &Condition) -> Holds {
        let answers = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        answers.iter().find(|(known, _)| known == condition).map_or(Holds::Unknown, |(_, holds)| *holds)
    }

    fn work_cost(&self) -> Option<WorkCost> {
        *self.work_cost.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn memory_is_short(&self) -> Option<bool> {
        *self.memory_is_short.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn subscribe(&self, notice: ChangeNotice) {
        self.notices.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(notice);
    }
}

/// A fact from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// On a topic of the embedder's own, with a payload: fires signal and message triggers.
    Message(Message),
    /// Something happened to the machine or its session: fires system triggers.
    System(SystemEvent),
}

impl From<Message> for Signal {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<SystemEvent> for Signal {
    fn from(event: SystemEvent) -> Self {
        Self::System(event)
    }
}

/// What a signal source tells the host.
pub type SignalSink = std::sync::Arc<dyn Fn(Signal) + Send + Sync>;

/// Raises signals.
///
/// Started once when its host starts, stopped by being dropped. A source that can be asked what it missed
/// asks when it is started.
pub trait SignalSource: Send + Sync + 'static {
    /// Begins to raise signals into `sink`, which never blocks. Must return at once.
    ///
    /// # Errors
    ///
    /// A text that says what is missing and what to do; the host does not start then.
    fn start(&self, sink: SignalSink) -> Result<(), String>;
}

/// A source whose signals are raised by hand, for tests.
#[derive(Default)]
pub struct ScriptedSource(std::sync::Mutex<Option<SignalSink>>);

impl std::fmt::Debug for ScriptedSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedSource").finish_non_exhaustive()
    }
}

impl ScriptedSource {
    /// Raises nothing until told.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises `signal`, if the source was started. Answers whether it was.
    pub fn raise(&self, signal: impl Into<Signal>) -> bool {
        let sink = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        sink.map(|sink| sink(signal.into())).is_some()
    }
}

impl SignalSource for ScriptedSource {
    fn start(&self, sink: SignalSink) -> Result<(), String> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(sink);
        Ok(())
    }
}
