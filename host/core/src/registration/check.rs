//! What must be right before it is registered.

use std::time::Duration;

use super::{
    CRON_JITTER_MAX, EntryPoint, KEEP_ALIVE_MAX, KEEP_ALIVE_MIN, NAME_LEN_MAX, RegistrationContext,
    RegistrationError, SETTLE_MAX, TimerProfile,
};
use crate::ids::AppId;
use crate::schedule::CronSchedule;
use crate::trigger::{MessageTrigger, SignalTrigger, TOPIC_LEN_MAX, TimeTrigger, Trigger, TriggerKind};

/// Enough of `text` to be found again: what is refused has no limit yet.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(NAME_LEN_MAX).collect()
}

pub(super) fn length(field: &'static str, text: &str, max: usize) -> Result<(), RegistrationError> {
    if text.is_empty() || text.len() > max {
        return Err(RegistrationError::Length { field, len: text.len(), max });
    }
    Ok(())
}

fn check_entry_point<'a>(
    entry_point: &str,
    app: &AppId,
    known: &'a [EntryPoint],
) -> Result<&'a EntryPoint, RegistrationError> {
    known.iter().find(|known| known.name == entry_point).ok_or_else(|| {
        RegistrationError::EntryPointNotDeclared {
            app: app.clone(),
            entry_point: entry_point.to_owned(),
            known: known.iter().map(|known| known.name.clone()).collect(),
        }
    })
}

/// What `entry_point` is declared as; none if there is none and the app itself runs, which needs no declaration (UWP-011).
pub(super) fn check_runs_as<'a>(
    entry_point: Option<&str>,
    app: &AppId,
    known: &'a [EntryPoint],
    has_app: bool,
) -> Result<Option<&'a EntryPoint>, RegistrationError> {
    match entry_point {
        Some(entry_point) => check_entry_point(entry_point, app, known).map(Some),
        None if has_app => Ok(None),
        None => Err(RegistrationError::NoApp { app: app.clone() }),
    }
}

pub(super) fn check_declared(declared: &EntryPoint, kind: TriggerKind) -> Result<(), RegistrationError> {
    if declared.declares(kind) {
        return Ok(());
    }
    Err(RegistrationError::TriggerNotDeclared {
        entry_point: declared.name.clone(),
        kind,
        declared: declared.triggers.clone().unwrap_or_default(),
    })
}

pub(super) fn check_trigger(
    trigger: &Trigger,
    app: &AppId,
    context: &RegistrationContext<'_>,
) -> Result<(), RegistrationError> {
    match trigger {
        Trigger::Application => match context.application {
            Some(existing) => Err(RegistrationError::SecondApplicationTrigger { app: app.clone(), existing }),
            None => Ok(()),
        },
        Trigger::Time(TimeTrigger { every, jitter, .. })
        | Trigger::Maintenance(TimeTrigger { every, jitter, .. }) => {
            let TimerProfile { period_min, period_max, .. } = context.timers;
            if *every < period_min || *every > period_max {
                return Err(RegistrationError::Period { every: *every, min: period_min, max: period_max });
            }
            check_jitter(*jitter, *every)
        }
        Trigger::Cron(cron) => {
            CronSchedule::parse(&cron.expression, &cron.time_zone).map_err(RegistrationError::Cron)?;
            check_jitter(cron.jitter, CRON_JITTER_MAX)
        }
        Trigger::System(_) => Ok(()),
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
        Trigger::Socket(socket) => {
            if let Some(keep_alive) = socket.keep_alive
                && !(KEEP_ALIVE_MIN..=KEEP_ALIVE_MAX).contains(&keep_alive)
            {
                return Err(RegistrationError::KeepAlive { keep_alive });
            }
            if context.listen.contains(&socket.listen) {
                return Ok(());
            }
            Err(RegistrationError::ListenNotGranted {
                listen: socket.listen,
                granted: context.listen.to_vec(),
            })
        }
        Trigger::Signal(SignalTrigger { topic, .. }) | Trigger::Message(MessageTrigger { topic }) => {
            length("trigger.topic", topic, TOPIC_LEN_MAX)
        }
    }
}

pub(super) fn check_jitter(jitter: Duration, max: Duration) -> Result<(), RegistrationError> {
    if jitter > max { Err(RegistrationError::Jitter { jitter, max }) } else { Ok(()) }
}
