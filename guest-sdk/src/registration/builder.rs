//! Making a registration.

use super::trigger::Trigger;
use super::{RegistrationError, TaskRegistration};
use crate::bindings::dormouse::background::registration as wit;

/// Makes a registration of the task's own app. A plain value: what is changed after registering changes
/// nothing that is registered (UWP-015).
#[derive(Clone, Debug)]
#[must_use = "nothing is registered before `register` is called"]
pub struct TaskBuilder {
    name: String,
    group: Option<String>,
    entry_point: Option<String>,
    trigger: Option<Trigger>,
    conditions: Vec<String>,
    cancel_on_condition_loss: bool,
    overlap: Option<Overlap>,
    attempts: Option<u32>,
}

impl TaskBuilder {
    /// A registration called `name`, with nothing else. It needs a trigger, and an entry point unless it runs in the
    /// app's own instance.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            group: None,
            entry_point: None,
            trigger: None,
            conditions: Vec::new(),
            cancel_on_condition_loss: false,
            overlap: None,
            attempts: None,
        }
    }

    /// The component that runs, by its name in the app's manifest. Case-sensitive (UWP-010). Without one the app's own
    /// instance runs it, in [`background_activated`](crate::app::App::background_activated) (UWP-120).
    pub fn entry_point(mut self, name: impl Into<String>) -> Self {
        self.entry_point = Some(name.into());
        self
    }

    /// What wakes it. A second call replaces the first.
    pub fn trigger(mut self, trigger: impl Into<Trigger>) -> Self {
        self.trigger = Some(trigger.into());
        self
    }

    /// One more condition, as in a manifest: `internet-available`, `battery-above:30`. All must hold.
    pub fn condition(mut self, condition: impl Into<String>) -> Self {
        self.conditions.push(condition.into());
        self
    }

    /// Cancels a run when a condition stops to hold. Off by default (UWP-065).
    pub fn cancel_on_condition_loss(mut self, yes: bool) -> Self {
        self.cancel_on_condition_loss = yes;
        self
    }

    /// Puts it into a group, which is listed apart from the app's other registrations (UWP-016). Reverse-DNS
    /// names are advised.
    pub fn group(mut self, id: impl Into<String>) -> Self {
        self.group = Some(id.into());
        self
    }

    /// What a firing becomes while the registration is busy. By default application triggers are refused,
    /// messages and sockets queue, and all others are coalesced.
    pub fn overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = Some(overlap);
        self
    }

    /// How often an activation is attempted in all, with growing waits. Once by default.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Whether it would register, without doing so (UWP-026). Answers warnings: conditions that can never
    /// hold together.
    ///
    /// # Errors
    ///
    /// [`RegistrationError`] names the field.
    pub fn validate(&self) -> Result<Vec<String>, RegistrationError> {
        Ok(self.raw()?.validate()?)
    }

    /// Registers it. Durable when it answers; survives the run, and the host (UWP-019, UWP-020).
    ///
    /// # Errors
    ///
    /// [`RegistrationError`] names the field, and nothing is registered (UWP-006, UWP-007).
    pub fn register(&self, if_exists: IfExists) -> Result<TaskRegistration, RegistrationError> {
        Ok(self.raw()?.register(if_exists.into())?.into())
    }

    fn raw(&self) -> Result<wit::TaskBuilder, RegistrationError> {
        let raw = wit::TaskBuilder::new(&self.name);
        if let Some(entry_point) = &self.entry_point {
            raw.set_entry_point(entry_point);
        }
        if let Some(trigger) = &self.trigger {
            raw.set_trigger(&trigger.clone().into());
        }
        for condition in &self.conditions {
            raw.add_condition(condition)?;
        }
        raw.set_cancel_on_condition_loss(self.cancel_on_condition_loss);
        if let Some(group) = &self.group {
            raw.set_group(group);
        }
        if let Some(overlap) = self.overlap {
            raw.set_overlap(overlap.into());
        }
        if let Some(attempts) = self.attempts {
            raw.set_attempts(attempts)?;
        }
        Ok(raw)
    }
}

/// What to do when the app has a registration of the same group and name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IfExists {
    /// Leave it if it says the same; else replace what it says, at once, and keep its id (UWP-027).
    #[default]
    ReplaceIfDifferent,
    /// Leave it as it is.
    Keep,
    /// Refuse.
    Error,
    /// Make another one (UWP-004).
    AllowDuplicate,
}

impl From<IfExists> for wit::IfExists {
    fn from(if_exists: IfExists) -> Self {
        match if_exists {
            IfExists::ReplaceIfDifferent => Self::ReplaceIfDifferent,
            IfExists::Keep => Self::Keep,
            IfExists::Error => Self::Error,
            IfExists::AllowDuplicate => Self::AllowDuplicate,
        }
    }
}

/// What a firing becomes while its registration is busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Overlap {
    /// At most one activation waits; further firings are counted into it (UWP-058).
    Coalesce,
    /// So many wait; more are refused.
    Queue(u32),
    /// At most one waits, with what came newest (UWP-055).
    KeepLatest,
    /// Refused while one waits or runs (UWP-044).
    Refuse,
    /// So many run at once; more wait (UWP-057).
    Parallel(u32),
}

impl From<Overlap> for wit::Overlap {
    fn from(overlap: Overlap) -> Self {
        match overlap {
            Overlap::Coalesce => Self::Coalesce,
            Overlap::Queue(max) => Self::Queue(max),
            Overlap::KeepLatest => Self::KeepLatest,
            Overlap::Refuse => Self::Refuse,
            Overlap::Parallel(max) => Self::Parallel(max),
        }
    }
}
