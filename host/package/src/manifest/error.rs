//! What can be wrong with a manifest, and where.

use std::fmt;

use dormouse_core::app::activation::{ActivationKind, UnknownActivationKind};
use dormouse_core::condition::ConditionError;
use dormouse_core::ids::AppIdError;
use dormouse_core::limits::LimitsError;
use dormouse_core::quota::QuotaPolicyError;
use dormouse_core::retry::RetryPolicyError;
use dormouse_core::schedule::CronError;
use dormouse_core::trigger::{UnknownSystemEvent, UnknownTrigger};
use dormouse_core::{AppLimitsError, Class, RegistrationError, TriggerKind};

use super::{MANIFEST_LEN_MAX, MANIFEST_NAME};
use crate::capabilities::{GUEST_PATH_LEN_MAX, HostPortError};
use crate::path::PathError;

/// A problem of a manifest, with its place:
///
/// ```text
/// dormouse.toml:12:11: registrations[0].trigger.every: `5 parsecs` is no span of time: ...
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ManifestError {
    place: Option<(usize, usize)>,
    key: String,
    problem: Box<Problem>,
}

impl ManifestError {
    pub(super) fn at(line: usize, column: usize, key: String, problem: Problem) -> Self {
        Self { place: Some((line, column)), key, problem: Box::new(problem) }
    }

    /// One that concerns the file as a whole.
    pub(super) fn whole(problem: Problem) -> Self {
        Self { place: None, key: String::new(), problem: Box::new(problem) }
    }

    pub(crate) fn too_long() -> Self {
        Self::whole(Problem::TooLong)
    }

    /// The line, from 1; none if the problem is the file's as a whole.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place.map(|(line, _)| line)
    }

    /// The column in that line, in characters from 1.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.place.map(|(_, column)| column)
    }

    /// The path of the key: `registrations[0].trigger.every`. Empty if it is the whole file, or cannot be told.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MANIFEST_NAME)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for ManifestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The problem is displayed already; what is behind it is not.
        std::error::Error::source(&*self.problem)
    }
}

/// What is wrong in a manifest.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file is too long.
    #[error("it is longer than {} KiB, the most for a manifest", MANIFEST_LEN_MAX >> 10)]
    TooLong,
    /// The file cannot be read.
    #[error("it cannot be read: {detail}")]
    Unreadable {
        /// What the system says.
        detail: String,
    },
    /// The file is not UTF-8.
    #[error("this byte is not UTF-8, which a manifest must be; save it as UTF-8")]
    NotUtf8,
    /// Not TOML, or not of a manifest's shape: a key is missing, unknown or of another type.
    #[error("{message}")]
    Toml {
        /// What the library says.
        message: String,
    },
    /// Too many of something.
    #[error("there are {len}; at most {max} are allowed")]
    TooMany {
        /// How many there are.
        len: usize,
        /// How many there may be.
        max: usize,
    },
    /// A text that is empty, too long, or has control characters.
    #[error("write 1 to {max} bytes without control characters")]
    Text {
        /// The most bytes.
        max: usize,
    },
    /// The package's name is none.
    #[error(transparent)]
    Name(#[from] AppIdError),
    /// The version is none.
    #[error("`{text}` is no version ({detail}); write three numbers, like 1.4.0")]
    Version {
        /// What was written, shortened.
        text: String,
        /// What is wrong with it.
        detail: String,
    },
    /// No entry points, and no app.
    #[error("a package needs at least one entry point: `[entry-points.NAME]`, or an `[app]`")]
    NoEntryPoint,
    /// The update task is no entry point.
    #[error("there is no entry point {name:?}; there are {}", known.join(", "))]
    UpdateTask {
        /// What was named, shortened.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The path of a component is none.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The manifest was named as a component.
    #[error("this is the manifest itself; name a component")]
    ManifestAsComponent,
    /// The component is not in the package.
    #[error("`{path}` is not in the package")]
    ComponentMissing {
        /// Its path.
        path: String,
    },
    /// An entry point without triggers.
    #[error("nothing could ever wake it; name the kinds of trigger that may, or make it the `update-task`")]
    NoTriggers,
    /// No kind of trigger of this version (UWP-060).
    #[error(transparent)]
    UnknownTrigger(#[from] UnknownTrigger),
    /// One kind of trigger twice.
    #[error("{kind} is there twice")]
    TriggerTwice {
        /// Which.
        kind: TriggerKind,
    },
    /// No kind of activation of this version.
    #[error(transparent)]
    UnknownActivation(#[from] UnknownActivationKind),
    /// One kind of activation twice.
    #[error("{kind} is there twice")]
    ActivationTwice {
        /// Which.
        kind: ActivationKind,
    },
    /// More memory for an app that nobody sees than for one that somebody does.
    #[error(
        "this is more than `foreground-memory`; an app that nobody sees has no more than one that is seen"
    )]
    BackgroundMemory,
    /// No host with a port.
    #[error(transparent)]
    HostPort(#[from] HostPortError),
    /// No address to listen on.
    #[error("`{text}` is no address with a port of its own; write both as numbers, like 127.0.0.1:8080")]
    Listen {
        /// What was written, shortened.
        text: String,
    },
    /// No name for an environment variable.
    #[error(
        "`{text}` cannot name an environment variable: it must not be empty or hold `=` or control characters"
    )]
    EnvName {
        /// What was written, shortened.
        text: String,
    },
    /// No path that a guest can have.
    #[error(
        "write an absolute path without `.`, `..` or empty parts, of at most {GUEST_PATH_LEN_MAX} bytes, like \"/pictures\""
    )]
    GuestPath,
    /// No span of time.
    #[error(
        "`{text}` is no span of time; write a number and a unit of h, m, s or ms, like 500ms, 25s or 1h30m"
    )]
    Span {
        /// What was written, shortened.
        text: String,
    },
    /// A registration without a trigger (UWP-001).
    #[error(
        "it needs exactly one of `application`, `every`, `cron`, `maintenance`, `system`, `directory`, `listen`, `signal` and `message`"
    )]
    NoTrigger,
    /// A registration with two triggers (UWP-001).
    #[error(
        "there is `{other}` already, and a registration has exactly one trigger; make a second registration"
    )]
    SecondTrigger {
        /// The other one.
        other: &'static str,
    },
    /// An application trigger that is none.
    #[error("write `true`, or name another trigger")]
    ApplicationFalse,
    /// An option that this trigger does not have.
    #[error("a `{trigger}` trigger has no such option; it has {}", options(.has))]
    NoSuchOption {
        /// The trigger.
        trigger: &'static str,
        /// The options that it has.
        has: &'static [&'static str],
    },
    /// No system event of this version (UWP-060).
    #[error(transparent)]
    SystemEvent(#[from] UnknownSystemEvent),
    /// No cron expression, or no time zone.
    #[error(transparent)]
    Cron(#[from] CronError),
    /// No condition.
    #[error(transparent)]
    Condition(#[from] ConditionError),
    /// No retry policy.
    #[error(transparent)]
    Retry(#[from] RetryPolicyError),
    /// A limit.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// A limit of what the app keeps.
    #[error(transparent)]
    AppLimits(#[from] AppLimitsError),
    /// A quota of CPU time that makes no sense.
    #[error(transparent)]
    Quota(#[from] QuotaPolicyError),
    /// A limit above what the package asks for.
    #[error("{asked} is above class `{class}`, which is all that this package asks for; {}", remedy(*.next))]
    AboveClass {
        /// What the registration wants.
        asked: String,
        /// The class that it may have.
        class: Class,
        /// The class that would do, if one does.
        next: Option<Class>,
    },
    /// Two registrations of one name, in one group.
    #[error(
        "a registration of this name is there already, as registrations[{first}]; give each a name of its own"
    )]
    RegistrationTwice {
        /// The index of the other, from 0.
        first: usize,
    },
    /// Two application triggers (UWP-012).
    #[error(
        "registrations[{first}] has an application trigger already, and a package has at most one; remove one of them"
    )]
    SecondApplicationTrigger {
        /// The index of the other, from 0.
        first: usize,
    },
    /// A trigger that needs a capability which is not asked for.
    #[error("{value} is not asked for; add it under `{table}`")]
    NotAskedFor {
        /// What is needed, shortened.
        value: String,
        /// Where to ask for it.
        table: &'static str,
    },
    /// Anything else that no registration can have.
    #[error(transparent)]
    Registration(RegistrationError),
}

fn options(has: &[&str]) -> String {
    if has.is_empty() { "none".to_owned() } else { has.join(", ") }
}

fn remedy(next: Option<Class>) -> String {
    match next {
        Some(class) => format!("write `class = \"{class}\"` under `[capabilities]`, or ask for less"),
        None => "no class has as much: ask for less".to_owned(),
    }
}
