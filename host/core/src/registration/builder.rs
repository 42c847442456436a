//! How a registration is made.

use super::check::{check_declared, check_runs_as, check_trigger, excerpt, length};
use super::{
    ENV_LEN_MAX, MESSAGES_WAITING, NAME_LEN_MAX, Registration, RegistrationContext, RegistrationError,
};
use crate::condition::{CONDITIONS_MAX, Condition, contradictions};
use crate::ids::{AppId, RegistrationId};
use crate::limits::LimitsRequest;
use crate::overlap::Overlap;
use crate::retry::RetryPolicy;
use crate::time::Timestamp;
use crate::trigger::{Trigger, TriggerKind};

/// Makes a [`Registration`]; UWP's `BackgroundTaskBuilder`. A plain value: what is changed after
/// registering changes nothing that is registered (UWP-015).
#[derive(Clone, Debug)]
pub struct TaskBuilder {
    name: String,
    group: Option<String>,
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
            group: None,
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

    /// The group that it was put into.
    #[must_use]
    pub fn group_id(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Puts it into a group, which is listed apart from the app's other registrations (UWP-016). Reverse-DNS
    /// names are advised.
    #[must_use]
    pub fn group(mut self, id: impl Into<String>) -> Self {
        self.group = Some(id.into());
        self
    }

    /// The component that runs, by its name in the app. Without one the app itself runs, in its own instance.
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
        if let Some(group) = &self.group {
            length("group", group, NAME_LEN_MAX)?;
        }
        let known =
            context.entry_points.ok_or_else(|| RegistrationError::AppNotInstalled { app: app.clone() })?;
        if let Some(entry_point) = &self.entry_point {
            length("entry_point", entry_point, NAME_LEN_MAX)?;
        }
        let declared = check_runs_as(self.entry_point.as_deref(), app, known, context.app)?;
        let trigger = self.trigger.as_ref().ok_or(RegistrationError::NoTrigger)?;
        if let Some(declared) = declared {
            check_declared(declared, trigger.kind())?;
        }
        check_trigger(trigger, app, context)?;
        if context.registered >= context.registered_max {
            return Err(RegistrationError::TooManyRegistrations {
                app: app.clone(),
                max: context.registered_max,
            });
        }
        if self.conditions.len() > CONDITIONS_MAX {
            return Err(RegistrationError::TooManyConditions { len: self.conditions.len() });
        }
        if let Some(Overlap::Queue { max: 0 } | Overlap::Parallel { max: 0 }) = self.overlap {
            return Err(RegistrationError::OverlapZero);
        }
        if let (Trigger::Socket(_), Some(Overlap::Coalesce | Overlap::KeepLatest | Overlap::Refuse)) =
            (trigger, self.overlap)
        {
            return Err(RegistrationError::OverlapOfSocket);
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
            // Each carries something that no other does.
            TriggerKind::Message | TriggerKind::Socket => Overlap::Queue { max: MESSAGES_WAITING },
            TriggerKind::Time
            | TriggerKind::Cron
            | TriggerKind::Maintenance
            | TriggerKind::System
            | TriggerKind::Filesystem
            | TriggerKind::Signal => Overlap::Coalesce,
        });
        Ok(Registration {
            id,
            app,
            group: self.group,
            name: self.name,
            entry_point: self.entry_point,
            trigger,
            conditions: self.conditions,
            cancel_on_condition_loss: self.cancel_on_condition_loss,
            overlap,
            limits: Registration::asked(self.limits),
            retry: self.retry,
            env: self.env,
            args: self.args,
            registered_at: now,
        })
    }
}
