//! The `trigger` of a registration: one that is named by its key, with the options that go with it.

use dormouse_core::{
    CronTrigger, FilesystemTrigger, MaintenanceTrigger, MessageTrigger, SignalTrigger, SocketTrigger,
    SystemTrigger, TimeTrigger, Trigger,
};

use super::error::Problem;
use super::raw;
use super::values::span;
use crate::text::excerpt;

/// A problem with one of the trigger's keys; with the trigger itself if the key is empty.
pub(super) type KeyProblem = (&'static str, Problem);

/// Every option that some trigger has.
const OPTIONS: [&str; 8] =
    ["one-shot", "misfire", "jitter", "time-zone", "recursive", "settle", "keep-alive", "recurrence"];

/// Understands `raw`.
pub(super) fn trigger(raw: &raw::Trigger) -> Result<Trigger, KeyProblem> {
    let (name, has) = kind(raw)?;
    if let Some(option) = OPTIONS.into_iter().find(|option| is_set(raw, option) && !has.contains(option)) {
        return Err((option, Problem::NoSuchOption { trigger: name, has }));
    }
    let one_shot = raw.one_shot.unwrap_or_default();
    let misfire = raw.misfire.unwrap_or_default();
    let optional = |key, text: &Option<String>| text.as_deref().map(|text| at(key, span(text))).transpose();
    let jitter = optional("jitter", &raw.jitter)?.unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Ok(match name {
        "application" if raw.application == Some(false) => {
            return Err(("application", Problem::ApplicationFalse));
        }
        "application" => Trigger::Application,
        "every" => {
            let every = at("every", span(&text(&raw.every)))?;
            Trigger::Time(TimeTrigger { every, one_shot, misfire, jitter })
        }
        "cron" => {
            let time_zone = raw.time_zone.clone().unwrap_or_else(|| "UTC".to_owned());
            Trigger::Cron(
                CronTrigger { misfire, jitter, ..CronTrigger::new(text(&raw.cron)) }.in_time_zone(time_zone),
            )
        }
        "maintenance" => {
            let every = at("maintenance", span(&text(&raw.maintenance)))?;
            Trigger::Maintenance(MaintenanceTrigger { every, one_shot, misfire, jitter })
        }
        "system" => {
            let event = text(&raw.system).parse().map_err(|error| ("system", Problem::SystemEvent(error)))?;
            Trigger::System(SystemTrigger { event, one_shot })
        }
        "directory" => {
            let plain = FilesystemTrigger::new(text(&raw.directory));
            let recursive = raw.recursive.unwrap_or(plain.recursive);
            let settle = optional("settle", &raw.settle)?.unwrap_or(plain.settle);
            Trigger::Filesystem(FilesystemTrigger { recursive, settle, ..plain })
        }
        "listen" => {
            let written = text(&raw.listen);
            let listen =
                written.parse().map_err(|_| ("listen", Problem::Listen { text: excerpt(&written) }))?;
            Trigger::Socket(SocketTrigger { listen, keep_alive: optional("keep-alive", &raw.keep_alive)? })
        }
        "signal" => {
            let recurrence = raw.recurrence.unwrap_or_default();
            Trigger::Signal(SignalTrigger { one_shot, recurrence, ..SignalTrigger::new(text(&raw.signal)) })
        }
        _ => Trigger::Message(MessageTrigger::new(text(&raw.message))),
    })
}

/// The key that names the trigger, and the options that it has.
fn kind(raw: &raw::Trigger) -> Result<(&'static str, &'static [&'static str]), KeyProblem> {
    let kinds: [(bool, &str, &[&str]); 9] = [
        (raw.application.is_some(), "application", &[]),
        (raw.every.is_some(), "every", &["one-shot", "misfire", "jitter"]),
        (raw.cron.is_some(), "cron", &["time-zone", "misfire", "jitter"]),
        (raw.maintenance.is_some(), "maintenance", &["one-shot", "misfire", "jitter"]),
        (raw.system.is_some(), "system", &["one-shot"]),
        (raw.directory.is_some(), "directory", &["recursive", "settle"]),
        (raw.listen.is_some(), "listen", &["keep-alive"]),
        (raw.signal.is_some(), "signal", &["one-shot", "recurrence"]),
        (raw.message.is_some(), "message", &[]),
    ];
    let mut named = kinds.into_iter().filter(|(is_named, ..)| *is_named).map(|(_, name, has)| (name, has));
    let first = named.next().ok_or(("", Problem::NoTrigger))?;
    match named.next() {
        Some((second, _)) => Err((second, Problem::SecondTrigger { other: first.0 })),
        None => Ok(first),
    }
}

fn is_set(raw: &raw::Trigger, option: &str) -> bool {
    match option {
        "one-shot" => raw.one_shot.is_some(),
        "misfire" => raw.misfire.is_some(),
        "jitter" => raw.jitter.is_some(),
        "time-zone" => raw.time_zone.is_some(),
        "recursive" => raw.recursive.is_some(),
        "settle" => raw.settle.is_some(),
        "keep-alive" => raw.keep_alive.is_some(),
        _ => raw.recurrence.is_some(),
    }
}

fn at<T>(key: &'static str, result: Result<T, Problem>) -> Result<T, KeyProblem> {
    result.map_err(|problem| (key, problem))
}
