//! The durable wish to run an entry point on a trigger, under conditions, within limits.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use crate::access::AccessStatus;
use crate::condition::{Blocking, Condition, Holds, Judgement, judge};
use crate::ids::{AppId, RegistrationId};
use crate::limits::{Limits, LimitsRequest};
use crate::outcome::CancellationReason;
use crate::overlap::Overlap;
use crate::retry::RetryPolicy;
use crate::schedule::{CronSchedule, Schedule, TimeSchedule};
use crate::time::Timestamp;
use crate::trigger::{Trigger, TriggerKind};

mod builder;
mod check;
mod error;
mod timers;

use check::{check_declared, check_runs_as, check_trigger};

pub use builder::TaskBuilder;
pub use error::{RegistrationError, ScheduleError};
pub use timers::TimerProfile;

/// The longest name of a registration or an entry point, in bytes.
pub const NAME_LEN_MAX: usize = 128;
/// The most bytes of environment and arguments, taken together, each text with the NUL that ends it: empty
/// ones count too.
pub const ENV_LEN_MAX: usize = 32 * 1024;
/// The longest that a filesystem trigger may wait for quiet.
pub const SETTLE_MAX: Duration = Duration::from_secs(60 * 60);
/// How many messages wait for one registration unless its overlap policy says otherwise.
pub const MESSAGES_WAITING: u32 = 1_000;
/// The most by which occurrences of a cron trigger are put off.
pub const CRON_JITTER_MAX: Duration = Duration::from_secs(60 * 60);
/// The shortest silence that a socket trigger asks to be told of.
pub const KEEP_ALIVE_MIN: Duration = Duration::from_secs(1);
/// The longest.
pub const KEEP_ALIVE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A registration as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// Stable for its whole life (UWP-002).
    pub id: RegistrationId,
    /// Whose it is.
    pub app: AppId,
    /// The group that it is in; none keeps it among the app's ungrouped ones (UWP-016, UWP-017).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// A label, not a key (UWP-003).
    pub name: String,
    /// Which of the app's components runs. Case-sensitive (UWP-010). None: the app itself, in its own instance (UWP-120).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_point: Option<String>,
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
    /// What a run may use, if it asks for anything: few do, and there are hundreds of bytes of it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "asked")]
    pub limits: Option<Box<LimitsRequest>>,
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

impl RegistrationStatus {
    /// Its name in stores and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Spent => "spent",
        }
    }
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
    /// How often in a row the host fell while a run of it was under way. Any run of it that ends sets it back
    /// ([`RegistrationStore::forgive`](crate::store::RegistrationStore::forgive)).
    #[serde(default)]
    pub crashes: u32,
}

impl RegistrationRecord {
    /// A registration that has never fired, made at `now`.
    #[must_use]
    pub const fn new(registration: Registration, now: Timestamp) -> Self {
        Self { registration, status: RegistrationStatus::Active, watermark: now, crashes: 0 }
    }
}

/// As a registration has it that asks for nothing.
fn asked<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<LimitsRequest>>, D::Error> {
    Ok(Registration::asked(LimitsRequest::deserialize(from)?))
}

impl Registration {
    /// What it has as [`limits`](Self::limits) if these are asked for.
    #[must_use]
    pub fn asked(limits: LimitsRequest) -> Option<Box<LimitsRequest>> {
        (limits != LimitsRequest::none()).then(|| Box::new(limits))
    }

    /// What a run may use, as far as it asks for that.
    #[must_use]
    pub fn limits(&self) -> &LimitsRequest {
        const NONE: &LimitsRequest = &LimitsRequest::none();
        self.limits.as_deref().unwrap_or(NONE)
    }

    /// Whether it runs in its app's own instance (UWP-120).
    #[must_use]
    pub const fn is_in_process(&self) -> bool {
        self.entry_point.is_none()
    }

    /// Its schedule, if its trigger has one.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`]: what is stored is not understood, or not any more.
    pub fn schedule(&self) -> Result<Option<Schedule>, ScheduleError> {
        Ok(match &self.trigger {
            Trigger::Time(time) | Trigger::Maintenance(time) => {
                Some(Schedule::Time(TimeSchedule::new(self.registered_at, time.every, time.one_shot)?))
            }
            Trigger::Cron(cron) => {
                Some(Schedule::Cron(CronSchedule::parse(&cron.expression, &cron.time_zone)?))
            }
            Trigger::Application
            | Trigger::System(_)
            | Trigger::Filesystem(_)
            | Trigger::Socket(_)
            | Trigger::Signal(_)
            | Trigger::Message(_) => None,
        })
    }
}

/// Why a run is cancelled because something about the machine changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// [`CancellationReason::ConditionLoss`], or [`CancellationReason::EnergySaver`].
    pub reason: CancellationReason,
    /// What does not hold any more.
    pub blocking: Vec<Blocking>,
}

impl Registration {
    /// Everything that must hold before an activation starts, with what `holds` says of it: its conditions,
    /// external power for a maintenance trigger (UWP-040), and, for an app that is subject to policy, that
    /// the machine is not in a low-power mode (UWP-030). That nobody knows of a low-power mode means that
    /// there is none.
    pub fn requirements(
        &self,
        access: AccessStatus,
        mut holds: impl FnMut(&Condition) -> Holds,
    ) -> Vec<(Condition, Holds)> {
        let mut all: Vec<_> = self.conditions.iter().map(|c| (c.clone(), holds(c))).collect();
        if self.has_power_of_itself() && !self.conditions.contains(&Condition::ExternalPower) {
            all.push((Condition::ExternalPower, holds(&Condition::ExternalPower)));
        }
        if saves_energy(access, &mut holds) && !self.conditions.contains(&Condition::EnergySaverOff) {
            all.push((Condition::EnergySaverOff, Holds::Unmet));
        }
        all
    }

    /// Whether an activation may start now, as far as conditions go.
    pub fn judge(&self, access: AccessStatus, mut holds: impl FnMut(&Condition) -> Holds) -> Judgement {
        // Most registrations have no conditions: nothing is allocated for them.
        if self.conditions.is_empty() && !self.has_power_of_itself() && !saves_energy(access, &mut holds) {
            return Judgement::Start;
        }
        judge(self.requirements(access, holds))
    }

    /// Why a run that goes on is to be cancelled now; none if it is not. Conditions count only with
    /// `cancel_on_condition_loss` (UWP-065, UWP-066); the power of a maintenance trigger (UWP-041) and the
    /// low-power mode (UWP-093) always.
    pub fn lost(&self, access: AccessStatus, mut holds: impl FnMut(&Condition) -> Holds) -> Option<Loss> {
        // Also of a registration that names it as a condition of its own: naming it exempts nobody.
        if saves_energy(access, &mut holds) {
            let blocking = vec![Blocking { condition: Condition::EnergySaverOff, holds: Holds::Unmet }];
            return Some(Loss { reason: CancellationReason::EnergySaver, blocking });
        }
        let Judgement::Latch { mut blocking } = judge(self.requirements(access, holds)) else { return None };
        if !self.cancel_on_condition_loss {
            blocking.retain(|b| b.condition == Condition::ExternalPower && self.has_power_of_itself());
        }
        (!blocking.is_empty()).then_some(Loss { reason: CancellationReason::ConditionLoss, blocking })
    }

    /// A maintenance trigger requires external power, whether or not it is named as a condition as well.
    fn has_power_of_itself(&self) -> bool {
        self.trigger.kind() == TriggerKind::Maintenance
    }
}

/// Whether a low-power mode stands against an app with this access.
fn saves_energy(access: AccessStatus, holds: &mut impl FnMut(&Condition) -> Holds) -> bool {
    access == AccessStatus::AllowedSubjectToPolicy && holds(&Condition::EnergySaverOff) == Holds::Unmet
}

impl Registration {
    /// Whether what is registered would be registered today: its app may have been replaced by another version.
    ///
    /// # Errors
    ///
    /// [`RegistrationError`] names what the app does not have any more.
    pub fn check(&self, context: &RegistrationContext<'_>) -> Result<(), RegistrationError> {
        let known = context
            .entry_points
            .ok_or_else(|| RegistrationError::AppNotInstalled { app: self.app.clone() })?;
        if let Some(declared) = check_runs_as(self.entry_point.as_deref(), &self.app, known, context.app)? {
            check_declared(declared, self.trigger.kind())?;
        }
        check_trigger(&self.trigger, &self.app, context)
    }
}

/// What a host knows that a registration must fit.
#[derive(Clone, Copy, Debug)]
pub struct RegistrationContext<'a> {
    /// The entry points of the app; none if it is not installed.
    pub entry_points: Option<&'a [EntryPoint]>,
    /// The app has a component of its own, in which what names no entry point runs.
    pub app: bool,
    /// Guest paths of the directories granted to the app.
    pub directories: &'a [String],
    /// Addresses that the app was granted to be listened on for it.
    pub listen: &'a [SocketAddr],
    /// The app's registration with an application trigger, if it has one beside this.
    pub application: Option<RegistrationId>,
    /// How many registrations the app has beside this.
    pub registered: usize,
    /// How many it may have.
    pub registered_max: usize,
    /// The bounds of time triggers.
    pub timers: TimerProfile,
    /// The most that the host allows.
    pub limits_max: &'a Limits,
}

/// An entry point, as the app's manifest declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint {
    /// Its name. Case-sensitive (UWP-010).
    pub name: String,
    /// The kinds of trigger that may wake it (UWP-009); none if it may be any.
    pub triggers: Option<Vec<TriggerKind>>,
}

impl EntryPoint {
    /// One that any trigger may wake.
    #[must_use]
    pub fn any(name: impl Into<String>) -> Self {
        Self { name: name.into(), triggers: None }
    }

    /// Whether a trigger of `kind` may wake it.
    #[must_use]
    pub fn declares(&self, kind: TriggerKind) -> bool {
        self.triggers.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }
}

#[cfg(test)]
mod tests;
