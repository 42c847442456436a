//! One of the `registrations`: what the host does at an installation, checked as far as no machine is needed.

use std::net::SocketAddr;

use dormouse_core::registration::{EntryPoint, NAME_LEN_MAX, RegistrationContext};
use dormouse_core::schedule::CronErrorKind;
use dormouse_core::{
    AppId, Class, Condition, Limits, Overlap, RegistrationError, RetryPolicy, TaskBuilder, TimerProfile,
    Trigger,
};

use super::document::{Document, KeyPath};
use super::error::{ManifestError, Problem};
use super::limits::limits;
use super::trigger::trigger;
use super::values::{env_name, line, span};
use super::{Contradiction, raw};
use crate::capabilities::{Capabilities, rank};
use crate::text::excerpt;

/// What a registration may refer to.
pub(super) struct Declared<'a> {
    pub(super) app: &'a AppId,
    pub(super) entry_points: &'a [EntryPoint],
    /// There is an `[app]`.
    pub(super) has_app: bool,
    pub(super) capabilities: &'a Capabilities,
    /// The guest paths of [`Capabilities::directories`].
    pub(super) directories: &'a [String],
    /// [`Capabilities::listen`].
    pub(super) listen: &'a [SocketAddr],
}

/// A registration that is understood.
pub(super) struct Understood {
    pub(super) task: TaskBuilder,
    pub(super) group: Option<String>,
    pub(super) is_application: bool,
    pub(super) contradictions: Vec<Contradiction>,
}

/// Understands `raw`, which stands at `path`.
pub(super) fn registration(
    raw: &raw::Registration,
    document: &Document<'_>,
    path: &KeyPath,
    declared: &Declared<'_>,
) -> Result<Understood, ManifestError> {
    let at = |key: &str, problem| document.error(&path.key(key), problem);
    let name = line(&raw.name, NAME_LEN_MAX).map_err(|problem| at("name", problem))?;
    let mut task = TaskBuilder::new(&name);
    if let Some(entry_point) = &raw.entry_point {
        task = task.entry_point(entry_point);
    }
    let group = raw.group.as_deref().map(|group| line(group, NAME_LEN_MAX)).transpose();
    let group = group.map_err(|problem| at("group", problem))?;
    if let Some(group) = &group {
        task = task.group(group);
    }
    let wakes = trigger(&raw.trigger).map_err(|(key, problem)| {
        let trigger = path.key("trigger");
        document.error(&if key.is_empty() { trigger } else { trigger.key(key) }, problem)
    })?;
    asked_for(&wakes, declared)
        .map_err(|(key, problem)| document.error(&path.key("trigger").key(key), problem))?;
    for (index, text) in raw.conditions.iter().enumerate() {
        let condition = text.parse::<Condition>();
        task = task.condition(
            condition.map_err(|error| document.error(&path.key("conditions").index(index), error.into()))?,
        );
    }
    task = task.cancel_on_condition_loss(raw.cancel_on_condition_loss);
    if let Some(overlap) = raw.overlap {
        task = task.overlap(match overlap {
            raw::Overlap::Coalesce => Overlap::Coalesce,
            raw::Overlap::KeepLatest => Overlap::KeepLatest,
            raw::Overlap::Refuse => Overlap::Refuse,
            raw::Overlap::Queue(max) => Overlap::Queue { max },
            raw::Overlap::Parallel(max) => Overlap::Parallel { max },
        });
    }
    if let Some(raw::Retry(table)) = &raw.retry {
        task = task.retry(retry(table).map_err(|(key, problem)| {
            // A plain number has no keys.
            let retry = path.key("retry");
            document.error(&if key.is_empty() { retry } else { retry.key(key) }, problem)
        })?);
    }
    // Whoever grants a class has said how long runs may take: no registration of the package goes beyond it.
    let picked = Class::for_trigger(wakes.kind());
    let most = declared.capabilities.class.filter(|asked| rank(*asked) > rank(picked)).unwrap_or(picked);
    task = task.limits(limits(&raw.limits, most, document, &path.key("limits"))?);
    for (name, value) in &raw.env {
        let name = env_name(name).map_err(|problem| document.error(&path.key("env").key(name), problem))?;
        task = task.env(name, value);
    }
    for arg in &raw.args {
        task = task.arg(arg);
    }
    let is_application = matches!(wakes, Trigger::Application);
    let trigger_key = trigger_key(&wakes);
    let task = task.trigger(wakes);
    let context = RegistrationContext {
        entry_points: Some(declared.entry_points),
        app: declared.has_app,
        directories: declared.directories,
        listen: declared.listen,
        // These two are counted over the whole manifest, by their places in it.
        application: None,
        registered: 0,
        registered_max: usize::MAX,
        timers: TimerProfile::DEFAULT,
        // What a host allows is the host's affair, at the installation.
        limits_max: &Limits::unbounded(),
    };
    let pairs = task.validate(declared.app, &context).map_err(|error| {
        let (key, problem) = place(error, trigger_key);
        let key = key.split('.').filter(|key| !key.is_empty()).fold(path.clone(), |path, key| path.key(key));
        document.error(&key, problem)
    })?;
    let contradictions = pairs
        .into_iter()
        .map(|(one, other)| Contradiction { registration: name.clone(), one, other })
        .collect();
    Ok(Understood { task, group, is_application, contradictions })
}

fn asked_for(trigger: &Trigger, declared: &Declared<'_>) -> Result<(), (&'static str, Problem)> {
    match trigger {
        Trigger::Filesystem(trigger) if !declared.directories.contains(&trigger.directory) => {
            let value = excerpt(&trigger.directory);
            Err(("directory", Problem::NotAskedFor { value, table: "[capabilities.directories]" }))
        }
        Trigger::Socket(trigger) if !declared.listen.contains(&trigger.listen) => {
            let value = trigger.listen.to_string();
            Err(("listen", Problem::NotAskedFor { value, table: "listen in [capabilities]" }))
        }
        _ => Ok(()),
    }
}

fn retry(raw: &raw::RetryTable) -> Result<RetryPolicy, (&'static str, Problem)> {
    let plain = RetryPolicy::none();
    let optional =
        |key, text: &Option<String>| text.as_deref().map(span).transpose().map_err(|problem| (key, problem));
    let initial = optional("initial", &raw.initial)?.unwrap_or(plain.initial());
    let max = optional("max", &raw.max)?.unwrap_or(plain.max().max(initial));
    let factor = raw.factor.unwrap_or(plain.factor());
    let jitter = raw.jitter.unwrap_or(plain.jitter());
    // The first attempt is no retry.
    RetryPolicy::new(raw.times.saturating_add(1), initial, max, factor, jitter).map_err(|error| {
        use dormouse_core::retry::RetryPolicyError;
        let key = match error {
            RetryPolicyError::Initial { .. } => "initial",
            RetryPolicyError::Max { .. } => "max",
            RetryPolicyError::Factor { .. } => "factor",
            RetryPolicyError::Jitter { .. } => "jitter",
            _ => "",
        };
        (key, Problem::Retry(error))
    })
}

/// The key that names the trigger in a manifest.
const fn trigger_key(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Application => "trigger.application",
        Trigger::Time(_) => "trigger.every",
        Trigger::Cron(_) => "trigger.cron",
        Trigger::Maintenance(_) => "trigger.maintenance",
        Trigger::System(_) => "trigger.system",
        Trigger::Filesystem(_) => "trigger.directory",
        Trigger::Socket(_) => "trigger.listen",
        Trigger::Signal(_) => "trigger.signal",
        Trigger::Message(_) => "trigger.message",
        _ => "trigger",
    }
}

/// The key below the registration that `error` is about.
fn place(error: RegistrationError, trigger_key: &'static str) -> (&'static str, Problem) {
    match error {
        RegistrationError::Cron(error) => {
            let is_zone = error.kind() == CronErrorKind::UnknownTimeZone;
            (if is_zone { "trigger.time-zone" } else { "trigger.cron" }, Problem::Cron(error))
        }
        RegistrationError::Limits(error) => ("limits", Problem::Limits(error)),
        error => {
            let key = match &error {
                RegistrationError::EntryPointNotDeclared { .. } | RegistrationError::NoApp { .. } => {
                    "entry-point"
                }
                RegistrationError::Length { field: "entry_point", .. } => "entry-point",
                RegistrationError::TriggerNotDeclared { .. } | RegistrationError::Period { .. } => {
                    trigger_key
                }
                RegistrationError::Length { field: "trigger.topic", .. } => trigger_key,
                RegistrationError::Settle { .. } => "trigger.settle",
                RegistrationError::KeepAlive { .. } => "trigger.keep-alive",
                RegistrationError::Jitter { .. } => "trigger.jitter",
                RegistrationError::TooManyConditions { .. } => "conditions",
                RegistrationError::OverlapZero | RegistrationError::OverlapOfSocket => "overlap",
                RegistrationError::Text { field: "env", .. } => "env",
                RegistrationError::Text { .. } => "args",
                // The registration as a whole.
                _ => "",
            };
            (key, Problem::Registration(error))
        }
    }
}
