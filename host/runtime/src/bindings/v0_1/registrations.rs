//! Registrations as the contract says them, from and to our own types.

use std::collections::BTreeMap;
use std::time::Duration;

use dormouse_core::registration::{NAME_LEN_MAX, RegistrationRecord, RegistrationStatus};
use dormouse_core::schedule::Misfire;
use dormouse_core::trigger::{self, TOPIC_LEN_MAX};
use dormouse_core::{
    AccessStatus, ApplicationTriggerResult, Overlap, Recurrence, RegistrationError, SystemEvent, TaskBuilder,
};

use super::registration as wit;
use crate::host::{HostError, IfExists};
use crate::registrar::with_causes;

/// The longest of the texts in a trigger: none of them is valid that is longer.
const TRIGGER_TEXT_LEN_MAX: usize = 1024;

/// A builder of the guest's. What is too long is not kept: that it is wrong is told when it matters.
#[expect(unreachable_pub, reason = "generated code re-exports it")]
#[derive(Debug)]
pub struct Builder {
    task: TaskBuilder,
    /// What is wrong beside what `task` itself judges, by field: setting a field again makes it good.
    wrong: BTreeMap<&'static str, wit::RegistrationError>,
    pub(crate) conditions: usize,
}

impl Builder {
    pub(crate) fn new(name: String) -> Self {
        let mut wrong = BTreeMap::new();
        let name = short("name", name, NAME_LEN_MAX).unwrap_or_else(|error| {
            wrong.insert("name", error);
            String::new()
        });
        Self { task: TaskBuilder::new(name), wrong, conditions: 0 }
    }

    /// Does something to the task, which cannot be wrong.
    pub(crate) fn change(&mut self, change: impl FnOnce(TaskBuilder) -> TaskBuilder) {
        // A moment without a task: there is no builder that changes in place.
        self.task = change(std::mem::replace(&mut self.task, TaskBuilder::new("")));
    }

    /// Sets a field to `value`, unless that is wrong.
    pub(crate) fn set<T>(
        &mut self,
        field: &'static str,
        value: Result<T, wit::RegistrationError>,
        set: impl FnOnce(TaskBuilder, T) -> TaskBuilder,
    ) {
        match value {
            Ok(value) => {
                self.wrong.remove(field);
                self.change(|task| set(task, value));
            }
            Err(error) => {
                self.wrong.insert(field, error);
            }
        }
    }

    /// The task, as it is now.
    pub(crate) fn task(&self) -> Result<&TaskBuilder, wit::RegistrationError> {
        match self.wrong.values().next() {
            Some(error) => Err(error.clone()),
            None => Ok(&self.task),
        }
    }
}

/// `text`, unless it is longer than `max` bytes.
pub(crate) fn short(field: &'static str, text: String, max: usize) -> Result<String, wit::RegistrationError> {
    if text.len() > max {
        let len = text.len();
        return Err(RegistrationError::Length { field, len, max }.into());
    }
    Ok(text)
}

/// A parameter that is not valid.
pub(crate) fn invalid(error: &dyn std::error::Error) -> wit::RegistrationError {
    wit::RegistrationError { kind: wit::RegistrationErrorKind::Invalid, message: with_causes(error) }
}

/// There is no such registration of the app.
pub(crate) fn not_found() -> wit::RegistrationError {
    wit::RegistrationError {
        kind: wit::RegistrationErrorKind::NotFound,
        message: "the app has no such registration: look at `all-tasks` and `group-tasks`".to_owned(),
    }
}

/// The run was cancelled while the host was at it.
pub(crate) fn cut_short() -> wit::RegistrationError {
    wit::RegistrationError {
        kind: wit::RegistrationErrorKind::Unavailable,
        message: "the run was cancelled before the host had kept it: it may be done all the same".to_owned(),
    }
}

impl From<RegistrationError> for wit::RegistrationError {
    fn from(error: RegistrationError) -> Self {
        use wit::RegistrationErrorKind as Kind;
        let kind =
            match &error {
                RegistrationError::NoTrigger | RegistrationError::NoApp { .. } => Kind::Incomplete,
                RegistrationError::EntryPointNotDeclared { .. }
                | RegistrationError::AppNotInstalled { .. } => Kind::EntryPointNotDeclared,
                RegistrationError::TriggerNotDeclared { .. } => Kind::TriggerNotDeclared,
                RegistrationError::DirectoryNotGranted { .. }
                | RegistrationError::ListenNotGranted { .. } => Kind::NotGranted,
                RegistrationError::SecondApplicationTrigger { .. } => Kind::SecondApplicationTrigger,
                RegistrationError::TooManyRegistrations { .. } => Kind::TooMany,
                _ => Kind::Invalid,
            };
        Self { kind, message: with_causes(&error) }
    }
}

impl From<HostError> for wit::RegistrationError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Registration(error) => error.into(),
            error @ HostError::Exists { .. } => {
                Self { kind: wit::RegistrationErrorKind::Exists, message: error.to_string() }
            }
            // Their causes name files and tables of the host's, which are no guest's business.
            error => Self { kind: wit::RegistrationErrorKind::Unavailable, message: error.to_string() },
        }
    }
}

impl From<ApplicationTriggerResult> for wit::ApplicationTriggerResult {
    fn from(result: ApplicationTriggerResult) -> Self {
        match result {
            ApplicationTriggerResult::Allowed => Self::Allowed,
            ApplicationTriggerResult::CurrentlyRunning => Self::CurrentlyRunning,
            ApplicationTriggerResult::DisabledByPolicy => Self::DisabledByPolicy,
            ApplicationTriggerResult::UnknownError => Self::UnknownError,
        }
    }
}

impl From<AccessStatus> for wit::AccessStatus {
    fn from(status: AccessStatus) -> Self {
        match status {
            AccessStatus::Unspecified => Self::Unspecified,
            AccessStatus::AlwaysAllowed => Self::AlwaysAllowed,
            AccessStatus::AllowedSubjectToPolicy => Self::AllowedSubjectToPolicy,
            AccessStatus::DeniedByPolicy => Self::DeniedByPolicy,
            AccessStatus::DeniedByUser => Self::DeniedByUser,
        }
    }
}

impl From<wit::IfExists> for IfExists {
    fn from(if_exists: wit::IfExists) -> Self {
        match if_exists {
            wit::IfExists::ReplaceIfDifferent => Self::ReplaceIfDifferent,
            wit::IfExists::Keep => Self::Keep,
            wit::IfExists::Error => Self::Error,
            wit::IfExists::AllowDuplicate => Self::AllowDuplicate,
        }
    }
}

impl From<wit::Overlap> for Overlap {
    fn from(overlap: wit::Overlap) -> Self {
        match overlap {
            wit::Overlap::Coalesce => Self::Coalesce,
            wit::Overlap::Queue(max) => Self::Queue { max },
            wit::Overlap::KeepLatest => Self::KeepLatest,
            wit::Overlap::Refuse => Self::Refuse,
            wit::Overlap::Parallel(max) => Self::Parallel { max },
        }
    }
}

/// Pairs two enums with the same cases, in both directions. With `else`, ours may have grown a case that this
/// version of the contract has no word for.
macro_rules! same {
    ($to_ours:ident, $to_wit:ident: $name:ident { $($case:ident),* $(,)? } $(else $none:ident)?) => {
        const fn $to_ours(value: wit::$name) -> $name {
            match value { $(wit::$name::$case => $name::$case,)* }
        }

        const fn $to_wit(value: $name) -> Option<wit::$name> {
            match value { $($name::$case => Some(wit::$name::$case),)* $(_ => $none,)? }
        }
    };
}

same!(misfire, misfire_of: Misfire { Coalesce, Skip, All });
same!(recurrence, recurrence_of: Recurrence { Once, Always });
same!(event, event_of: SystemEvent {
    InternetAvailable,
    NetworkStateChange,
    UserPresent,
    UserAway,
    SessionConnected,
    TimeZoneChange,
    PowerStateChange,
    BackgroundWorkCostChange,
    ServicingComplete,
} else None);

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

/// Whole seconds, rounded up.
fn seconds_of(span: Duration) -> u32 {
    u32::try_from(span.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn time_trigger(time: wit::TimeTrigger) -> trigger::TimeTrigger {
    trigger::TimeTrigger {
        every: seconds(time.every_s),
        one_shot: time.one_shot,
        misfire: misfire(time.misfire),
        jitter: seconds(time.jitter_s),
    }
}

/// The trigger that a guest names, with texts that are not too long.
pub(crate) fn trigger(trigger: wit::Trigger) -> Result<trigger::Trigger, wit::RegistrationError> {
    use trigger::Trigger as Ours;
    let text = |field, text| short(field, text, TRIGGER_TEXT_LEN_MAX);
    Ok(match trigger {
        wit::Trigger::Application => Ours::Application,
        wit::Trigger::Time(time) => Ours::Time(time_trigger(time)),
        wit::Trigger::Cron(cron) => Ours::Cron(trigger::CronTrigger {
            expression: text("trigger.expression", cron.expression)?,
            time_zone: text("trigger.time-zone", cron.time_zone)?,
            misfire: misfire(cron.misfire),
            jitter: seconds(cron.jitter_s),
        }),
        wit::Trigger::Maintenance(time) => Ours::Maintenance(time_trigger(time)),
        wit::Trigger::System(system) => {
            Ours::System(trigger::SystemTrigger { event: event(system.event), one_shot: system.one_shot })
        }
        wit::Trigger::Filesystem(filesystem) => Ours::Filesystem(trigger::FilesystemTrigger {
            directory: text("trigger.directory", filesystem.directory)?,
            recursive: filesystem.recursive,
            settle: ms(filesystem.settle_ms),
        }),
        wit::Trigger::Socket(socket) => Ours::Socket(trigger::SocketTrigger {
            listen: socket.listen.parse().map_err(|_| no_address(&socket.listen))?,
            keep_alive: socket.keep_alive_ms.map(ms),
        }),
        wit::Trigger::Signal(signal) => Ours::Signal(trigger::SignalTrigger {
            topic: short("trigger.topic", signal.topic, TOPIC_LEN_MAX)?,
            one_shot: signal.one_shot,
            recurrence: recurrence(signal.recurrence),
        }),
        wit::Trigger::Message(topic) => {
            Ours::Message(trigger::MessageTrigger { topic: short("trigger.topic", topic, TOPIC_LEN_MAX)? })
        }
    })
}

fn no_address(listen: &str) -> wit::RegistrationError {
    let listen: String = listen.chars().take(64).collect();
    wit::RegistrationError {
        kind: wit::RegistrationErrorKind::Invalid,
        message: format!("`trigger.listen` {listen:?} is no address with a port: write `127.0.0.1:8080`"),
    }
}

fn time_trigger_of(time: trigger::TimeTrigger) -> Option<wit::TimeTrigger> {
    Some(wit::TimeTrigger {
        every_s: seconds_of(time.every),
        one_shot: time.one_shot,
        misfire: misfire_of(time.misfire)?,
        jitter_s: seconds_of(time.jitter),
    })
}

fn trigger_of(trigger: trigger::Trigger) -> Option<wit::Trigger> {
    use trigger::Trigger as Ours;
    Some(match trigger {
        Ours::Application => wit::Trigger::Application,
        Ours::Time(time) => wit::Trigger::Time(time_trigger_of(time)?),
        Ours::Cron(cron) => wit::Trigger::Cron(wit::CronTrigger {
            expression: cron.expression,
            time_zone: cron.time_zone,
            misfire: misfire_of(cron.misfire)?,
            jitter_s: seconds_of(cron.jitter),
        }),
        Ours::Maintenance(time) => wit::Trigger::Maintenance(time_trigger_of(time)?),
        Ours::System(system) => wit::Trigger::System(wit::SystemTrigger {
            event: event_of(system.event)?,
            one_shot: system.one_shot,
        }),
        Ours::Filesystem(filesystem) => wit::Trigger::Filesystem(wit::FilesystemTrigger {
            directory: filesystem.directory,
            recursive: filesystem.recursive,
            settle_ms: super::millis(filesystem.settle),
        }),
        Ours::Socket(socket) => wit::Trigger::Socket(wit::SocketTrigger {
            listen: socket.listen.to_string(),
            keep_alive_ms: socket.keep_alive.map(super::millis),
        }),
        Ours::Signal(signal) => wit::Trigger::Signal(wit::SignalTrigger {
            topic: signal.topic,
            one_shot: signal.one_shot,
            recurrence: recurrence_of(signal.recurrence)?,
        }),
        Ours::Message(message) => wit::Trigger::Message(message.topic),
        _ => return None,
    })
}

/// A registration as its app is told it; none if this version of the contract has no word for its trigger.
pub(crate) fn registration(
    record: RegistrationRecord,
    access: AccessStatus,
) -> Option<wit::TaskRegistration> {
    let registration = record.registration;
    Some(wit::TaskRegistration {
        id: registration.id.to_string(),
        name: registration.name,
        group: registration.group,
        entry_point: registration.entry_point.unwrap_or_default(),
        trigger: trigger_of(registration.trigger)?,
        conditions: registration.conditions.iter().map(ToString::to_string).collect(),
        spent: record.status == RegistrationStatus::Spent,
        access: access.into(),
    })
}
