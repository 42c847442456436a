//! What can be wrong with a registration.

use std::net::SocketAddr;
use std::time::Duration;

use super::{KEEP_ALIVE_MAX, KEEP_ALIVE_MIN, SETTLE_MAX};
use crate::condition::CONDITIONS_MAX;
use crate::ids::{AppId, RegistrationId};
use crate::limits::LimitsError;
use crate::schedule::{CronError, PeriodError};
use crate::trigger::TriggerKind;

/// What is wrong with a registration. Everything is checked when it is made, not at its first firing
/// (UWP-006), and the error names the field.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// There is no trigger (UWP-001).
    #[error("a registration needs exactly one trigger: call `trigger`")]
    NoTrigger,
    /// There is no entry point, and no component of the app's own that could run instead.
    #[error(
        "the registration names no entry point, and app `{app}` has no component of its own; name an entry point that it has, or add [app] to its dormouse.toml"
    )]
    NoApp {
        /// The app.
        app: AppId,
    },
    /// The app has no such entry point (UWP-008).
    #[error("app `{app}` has no entry point {entry_point:?}; it has {}", list(.known))]
    EntryPointNotDeclared {
        /// The app.
        app: AppId,
        /// What was named.
        entry_point: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The entry point does not declare triggers of this kind (UWP-009).
    #[error(
        "entry point {entry_point:?} does not declare {kind} triggers; it declares {}. Add `{kind}` to its `triggers` in dormouse.toml and install the package again",
        kinds(.declared)
    )]
    TriggerNotDeclared {
        /// The entry point.
        entry_point: String,
        /// The kind that was asked for.
        kind: TriggerKind,
        /// The kinds that it declares.
        declared: Vec<TriggerKind>,
    },
    /// The app has as many registrations as it may have.
    #[error("app `{app}` has {max} registrations, as many as it may have; unregister some first")]
    TooManyRegistrations {
        /// The app.
        app: AppId,
        /// How many it may have.
        max: usize,
    },
    /// The app is not installed.
    #[error("app `{app}` is not installed; install it before registering its tasks")]
    AppNotInstalled {
        /// The app.
        app: AppId,
    },
    /// A text is empty or too long.
    #[error("`{field}` has {len} bytes; it must have 1 to {max}")]
    Length {
        /// Which.
        field: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The longest allowed.
        max: usize,
    },
    /// A time trigger's period is out of range (UWP-036).
    #[error("`trigger.every` is {every:?}; it must be between {min:?} and {max:?}")]
    Period {
        /// What was asked.
        every: Duration,
        /// The shortest that the host's profile allows.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// A cron expression or time zone that is none.
    #[error("`trigger.cron` is not valid")]
    Cron(#[source] CronError),
    /// A filesystem trigger watches something that was not granted.
    #[error("`trigger.directory` {directory:?} is not granted; granted are {}", list(.granted))]
    DirectoryNotGranted {
        /// The guest path that was named, shortened.
        directory: String,
        /// The guest paths of what is granted.
        granted: Vec<String>,
    },
    /// A filesystem trigger that waits too long for quiet.
    #[error("`trigger.settle` is {settle:?}; it must be at most {SETTLE_MAX:?}")]
    Settle {
        /// What was asked.
        settle: Duration,
    },
    /// An address that was not granted.
    #[error(
        "`trigger.listen` {listen} is not granted; granted are {}. Ask for it under `listen` in dormouse.toml",
        addresses(.granted)
    )]
    ListenNotGranted {
        /// The address that was named.
        listen: SocketAddr,
        /// What is granted.
        granted: Vec<SocketAddr>,
    },
    /// A silence that is too short or too long.
    #[error(
        "`trigger.keep_alive` is {keep_alive:?}; it must be between {KEEP_ALIVE_MIN:?} and {KEEP_ALIVE_MAX:?}"
    )]
    KeepAlive {
        /// What was asked.
        keep_alive: Duration,
    },
    /// A jitter that could move one occurrence behind the next.
    #[error("`trigger.jitter` is {jitter:?}; it must be at most {max:?}")]
    Jitter {
        /// What was asked.
        jitter: Duration,
        /// The most allowed.
        max: Duration,
    },
    /// A second application trigger of one app (UWP-012).
    #[error(
        "app `{app}` has an application trigger already, on registration {existing}; unregister that one first"
    )]
    SecondApplicationTrigger {
        /// The app.
        app: AppId,
        /// The registration that has it.
        existing: RegistrationId,
    },
    /// Too many conditions.
    #[error("`conditions` has {len}; at most {CONDITIONS_MAX} are allowed")]
    TooManyConditions {
        /// How many.
        len: usize,
    },
    /// An overlap policy with a bound of zero.
    #[error("`overlap` allows none; give it a bound of at least 1")]
    OverlapZero,
    /// A socket trigger with an overlap policy that lets one firing stand for another, or be lost.
    #[error(
        "`overlap` of a socket trigger must be `queue` or `parallel`: each firing is of one connection, and none stands for another"
    )]
    OverlapOfSocket,
    /// A limit.
    #[error("`limits` cannot be granted")]
    Limits(#[source] LimitsError),
    /// Environment or arguments that no program can be given.
    #[error("`{field}` holds {value:?}: names must not be empty or hold `=`, and nothing may hold a NUL")]
    Text {
        /// `env` or `args`.
        field: &'static str,
        /// What is wrong, shortened.
        value: String,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn kinds(kinds: &[TriggerKind]) -> String {
    list(&kinds.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn addresses(addresses: &[SocketAddr]) -> String {
    list(&addresses.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// A schedule that was stored and cannot be followed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScheduleError {
    /// The expression or the time zone is not understood by this version, or by this machine's time zone data.
    #[error("its cron expression or time zone is not understood")]
    Cron(#[from] CronError),
    /// The period is none.
    #[error("its period is not valid")]
    Period(#[from] PeriodError),
}
