//! The durable wish to run an entry point on a trigger, under conditions, within limits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::condition::{CONDITIONS_MAX, Condition, contradictions};
use crate::ids::{AppId, RegistrationId};
use crate::limits::{Limits, LimitsRequest};
use crate::overlap::Overlap;
use crate::retry::RetryPolicy;
use crate::schedule::{CronSchedule, Schedule, TimeSchedule};
use crate::time::Timestamp;
use crate::trigger::{TOPIC_LEN_MAX, Trigger, TriggerKind};

mod error;

pub use error::{RegistrationError, ScheduleError};

/// The longest name of a registration or an entry point, in bytes.
pub const NAME_LEN_MAX: usize = 128;
/// The most bytes of environment and arguments, taken together, each text with the NUL that ends it: empty
/// ones count too.
pub const ENV_LEN_MAX: usize = 32 * 1024;
/// The longest that a filesystem trigger may wait for quiet.
pub const SETTLE_MAX: Duration = Duration::from_secs(60 * 60);
/// The longest period of a time trigger.
pub const PERIOD_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A registration as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// Stable for its whole life (UWP-002).
    pub id: RegistrationId,
    /// Whose it is.
    pub app: AppId,
    /// A label, not a key (UWP-003).
    pub name: String,
    /// Which of the app's components runs. Case-sensitive (UWP-010).
    pub entry_point: String,
    /// What wakes it.
    pub trigger: Trigger,
    /// What must hold before it starts.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// Whether a run is cancelled when a condition stops to hold (UWP-065, UWP-066).
    #[serde(default)]
    pub cancel_on_condition_loss: bool,
    /// What a firing becomes while it is busy.
    pub overlap: Overlap,
    /// What a run may use.
    #[serde(default)]
    pub limits: LimitsRequest,
    /// What follows a failure.
    pub retry: RetryPolicy,
    /// The guest's environment: exactly this.
    #[serde(default)]
    pub env: Vec<(String, String)>,
    /// The guest's arguments after its own name: exactly these.
    #[serde(default)]
    pub args: Vec<String>,
    /// When it was made.
    pub registered_at: Timestamp,
}

/// Whether a registration still fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistrationStatus {
    /// It fires.
    Active,
    /// It was to fire once, and did. It stays listed until it is unregistered (UWP-034).
    Spent,
}

/// A registration with what its firings left on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegistrationRecord {
    /// The registration.
    pub registration: Registration,
    /// Whether it still fires.
    pub status: RegistrationStatus,
    /// The newest occurrence of its schedule that was dealt with; its making if none was.
    pub watermark: Timestamp,
}

impl Registration {
    /// Its schedule, if its trigger has one.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`]: what is stored is not understood, or not any more.
    pub fn schedule(&self) -> Result<Option<Schedule>, ScheduleError> {
        Ok(match &self.trigger {
            Trigger::Time(time) => {
                Some(Schedule::Time(TimeSchedule::new(self.registered_at, time.every, time.one_shot)?))
            }
            Trigger::Cron(cron) => {
                Some(Schedule::Cron(CronSchedule::parse(&cron.expression, &cron.time_zone)?))
            }
            Trigger::Application | Trigger::Filesystem(_) | Trigger::Signal(_) => None,
        })
    }
}

/// What a host knows that a registration must fit.
#[derive(Clone, Debug)]
pub struct RegistrationContext<'a> {
    /// The entry points of the app; none if it is not installed.
    pub entry_points: Option<&'a [String]>,
    /// Guest paths of the directories granted to the app.
    pub directories: &'a [String],
    /// Registrations that the app has.
    pub existing: &'a [Registration],
    /// The shortest period of a time trigger: 1 s, or 15 min in profile `uwp` (UWP-036).
    pub period_min: Duration,
    /// The most that the host allows.
    pub limits_max: &'a Limits,
}

/// Makes a [`Registration`]; UWP's `BackgroundTaskBuilder`. A plain value: what is changed after
/// registering changes nothing that is registered (UWP-015).
#[derive(Clone, Debug)]
pub struct TaskBuilder {
    name: String,
    entry_point: Option<String>,
    trigger: Option<Trigger>,
    conditions: Vec<Condition>,
    cancel_on_condition_loss: bool,
    overlap: Option<Overlap>,
    limits: LimitsRequest,
    retry: RetryPolicy,
    env: Vec<(String, String)>,
    args: Vec<String>,
}

impl TaskBuilder {
    /// A registration called `name`, with nothing else. Defaults: no conditions, no retry, the limits of
    /// the class that the trigger picks, `refuse` on overlap for application triggers and `coalesce` for
    /// all others.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            entry_point: None,
            trigger: None,
            conditions: Vec::new(),
            cancel_on_condition_loss: false,
            overlap: None,
            limits: LimitsRequest::default(),
            retry: RetryPolicy::none(),
            env: Vec::new(),
            args: Vec::new(),
        }
    }

    /// The name that it was begun with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The component that runs, by its name in the app.
    #[must_use]
    pub fn entry_point(mut self, name: impl Into<String>) -> Self {
        self.entry_point = Some(name.into());
        self
    }

    /// What wakes it. A second call replaces the first.
    #[must_use]
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.trigger = Some(trigger);
        self
    }

    /// One more condition; all must hold.
    #[must_use]
    pub fn condition(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Cancels a run, with `condition-loss`, when a condition stops to hold. Off by default (UWP-065).
    #[must_use]
    pub const fn cancel_on_condition_loss(mut self, yes: bool) -> Self {
        self.cancel_on_condition_loss = yes;
        self
    }

    /// What a firing becomes while the registration is busy.
    #[must_use]
    pub const fn overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = Some(overlap);
        self
    }

    /// What a run may use.
    #[must_use]
    pub const fn limits(mut self, limits: LimitsRequest) -> Self {
        self.limits = limits;
        self
    }

    /// What follows a failure.
    #[must_use]
    pub const fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// One variable of the guest's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// One argument of the guest.
    #[must_use]
    pub fn arg(mut self, value: impl Into<String>) -> Self {
        self.args.push(value.into());
        self
    }

    /// Whether this would register, without doing so (UWP-026). Answers the pairs of conditions that can
    /// never hold together: legal, but such a registration never runs (UWP-064).
    ///
    /// # Errors
    ///
    /// [`RegistrationError`] names the field.
    pub fn validate(
        &self,
        app: &AppId,
        context: &RegistrationContext<'_>,
    ) -> Result<Vec<(Condition, Condition)>, RegistrationError> {
        length("name", &self.name, NAME_LEN_MAX)?;
        let known =
            context.entry_points.ok_or_else(|| RegistrationError::AppNotInstalled { app: app.clone() })?;
        let entry_point = self.entry_point.as_ref().ok_or(RegistrationError::NoEntryPoint)?;
        length("entry_point", entry_point, NAME_LEN_MAX)?;
        if !known.contains(entry_point) {
            return Err(RegistrationError::EntryPointNotDeclared {
                app: app.clone(),
                entry_point: entry_point.clone(),
                known: known.to_vec(),
            });
        }
        let trigger = self.trigger.as_ref().ok_or(RegistrationError::NoTrigger)?;
        check_trigger(trigger, app, context)?;
        if self.conditions.len() > CONDITIONS_MAX {
            return Err(RegistrationError::TooManyConditions { len: self.conditions.len() });
        }
        if let Some(Overlap::Queue { max: 0 } | Overlap::Parallel { max: 0 }) = self.overlap {
            return Err(RegistrationError::OverlapZero);
        }
        self.limits.resolve(trigger.kind(), context.limits_max).map_err(RegistrationError::Limits)?;
        self.check_env()?;
        Ok(contradictions(&self.conditions))
    }

    fn check_env(&self) -> Result<(), RegistrationError> {
        let mut len = 0;
        for (name, value) in &self.env {
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return Err(RegistrationError::Text { field: "env", value: excerpt(name) });
            }
            len += name.len() + 1 + value.len() + 1;
        }
        for arg in &self.args {
            if arg.contains('\0') {
                return Err(RegistrationError::Text { field: "args", value: excerpt(arg) });
            }
            len += arg.len() + 1;
        }
        if len > ENV_LEN_MAX {
            return Err(RegistrationError::Length { field: "env and args", len, max: ENV_LEN_MAX });
        }
        Ok(())
    }

    /// The registration.
    ///
    /// # Errors
    ///
    /// As [`TaskBuilder::validate`].
    pub fn build(
        self,
        id: RegistrationId,
        app: AppId,
        now: Timestamp,
        context: &RegistrationContext<'_>,
    ) -> Result<Registration, RegistrationError> {
        self.validate(&app, context)?;
        let trigger = self.trigger.ok_or(RegistrationError::NoTrigger)?;
        let overlap = self.overlap.unwrap_or(match trigger.kind() {
            TriggerKind::Application => Overlap::Refuse,
            TriggerKind::Time | TriggerKind::Cron | TriggerKind::Filesystem | TriggerKind::Signal => {
                Overlap::Coalesce
            }
        });
        Ok(Registration {
            id,
            app,
            name: self.name,
            entry_point: self.entry_point.ok_or(RegistrationError::NoEntryPoint)?,
            trigger,
            conditions: self.conditions,
            cancel_on_condition_loss: self.cancel_on_condition_loss,
            overlap,
            limits: self.limits,
            retry: self.retry,
            env: self.env,
            args: self.args,
            registered_at: now,
        })
    }
}

/// Enough of `text` to be found again: what is refused has no limit yet.
fn excerpt(text: &str) -> String {
    text.chars().take(NAME_LEN_MAX).collect()
}

fn length(field: &'static str, text: &str, max: usize) -> Result<(), RegistrationError> {
    if text.is_empty() || text.len() > max {
        return Err(RegistrationError::Length { field, len: text.len(), max });
    }
    Ok(())
}

fn check_trigger(
    trigger: &Trigger,
    app: &AppId,
    context: &RegistrationContext<'_>,
) -> Result<(), RegistrationError> {
    match trigger {
        Trigger::Application => {
            let other = context.existing.iter().find(|r| r.trigger.kind() == TriggerKind::Application);
            match other {
                Some(existing) => Err(RegistrationError::SecondApplicationTrigger {
                    app: app.clone(),
                    existing: existing.id,
                }),
                None => Ok(()),
            }
        }
        Trigger::Time(time) => {
            if time.every < context.period_min || time.every > PERIOD_MAX {
                return Err(RegistrationError::Period {
                    every: time.every,
                    min: context.period_min,
                    max: PERIOD_MAX,
                });
            }
            Ok(())
        }
        Trigger::Cron(cron) => CronSchedule::parse(&cron.expression, &cron.time_zone)
            .map(|_| ())
            .map_err(RegistrationError::Cron),
        Trigger::Filesystem(filesystem) => {
            if filesystem.settle > SETTLE_MAX {
                return Err(RegistrationError::Settle { settle: filesystem.settle });
            }
            if context.directories.contains(&filesystem.directory) {
                return Ok(());
            }
            Err(RegistrationError::DirectoryNotGranted {
                directory: excerpt(&filesystem.directory),
                granted: context.directories.to_vec(),
            })
        }
        Trigger::Signal(signal) => length("trigger.topic", &signal.topic, TOPIC_LEN_MAX),
    }
}

#[cfg(test)]
mod tests;
