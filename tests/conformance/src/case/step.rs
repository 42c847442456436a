//! What a case does.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::expect::Pattern;
use crate::matching::Match;
use crate::protocol::{Access, Capability, FIRING_REFUSALS, Limits, REFUSALS, RESULTS, WorkCost};

/// One thing that is done. `of` is always the handle of a registration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do", deny_unknown_fields)]
pub enum Step {
    /// Installs an app.
    Install {
        /// Which, by its name.
        app: String,
        /// It is refused, with this reason.
        #[serde(default)]
        refused: Option<String>,
    },
    /// Registers.
    Register {
        /// Which.
        of: String,
        /// It is refused, with this reason.
        #[serde(default)]
        refused: Option<String>,
        /// It is the registration that is called so already.
        #[serde(default)]
        same_as: Option<String>,
    },
    /// Asks whether it could be registered.
    Validate {
        /// Which.
        of: String,
        /// It could not, for this reason.
        #[serde(default)]
        refused: Option<String>,
    },
    /// Unregisters.
    Unregister {
        /// Which.
        of: String,
        /// With what runs of it.
        #[serde(default)]
        cancel: bool,
        /// It is refused, with this reason.
        #[serde(default)]
        refused: Option<String>,
    },
    /// Fires.
    Fire {
        /// Which.
        of: String,
        /// What the task is given, as text; only with an application trigger.
        #[serde(default)]
        arguments: Option<String>,
        /// The same as bytes, in hexadecimal digits.
        #[serde(default)]
        arguments_hex: Option<String>,
        /// What makes this firing one and the same however often it is said.
        #[serde(default)]
        key: Option<String>,
        /// What it comes to; by default `accepted`.
        #[serde(default)]
        result: Option<String>,
        /// It is refused, with this reason.
        #[serde(default)]
        refused: Option<String>,
    },
    /// Raises a signal.
    Signal {
        /// On this topic.
        topic: String,
        /// With this in it.
        #[serde(default)]
        body: String,
        /// Which is of this media type.
        #[serde(default = "text")]
        content_type: String,
        /// What it comes to, by handle; says nothing of others.
        #[serde(default)]
        results: BTreeMap<String, String>,
        /// How many registrations hear it.
        #[serde(default)]
        heard: Option<usize>,
    },
    /// Makes a condition hold, or not.
    Condition {
        /// Which.
        condition: String,
        /// `met`, `unmet` or `unknown`.
        holds: String,
    },
    /// Makes background work cost so much.
    WorkCost {
        /// How much.
        cost: WorkCost,
    },
    /// Has something happen to the machine.
    SystemEvent {
        /// What.
        event: String,
    },
    /// Decides whether an app may run.
    Access {
        /// Which; by default `test`.
        #[serde(default = "app")]
        app: String,
        /// What is decided.
        access: Access,
    },
    /// Cancels the newest run.
    Cancel {
        /// Of this.
        of: String,
        /// It is refused, with this reason.
        #[serde(default)]
        refused: Option<String>,
    },
    /// Takes the newest run down without grace.
    Kill {
        /// Of this.
        of: String,
    },
    /// Lets time pass until something was seen.
    Wait {
        /// What.
        event: Pattern,
        /// How often since the case began.
        #[serde(default = "once")]
        times: usize,
        /// The longest that it may take.
        #[serde(default = "minute")]
        within_ms: u64,
    },
    /// Lets time pass, all of it.
    Advance {
        /// Milliseconds.
        ms: u64,
    },
    /// Waits until nothing more happens without time passing.
    Settle {},
    /// Looks at what was seen so far.
    Seen {
        /// Events of this kind.
        event: Pattern,
        /// How many.
        times: usize,
    },
    /// Looks at what is registered: exactly these, by handle.
    List {
        /// Of this app; by default `test`.
        #[serde(default = "app")]
        app: String,
        /// Each with what is to be said of it.
        registrations: BTreeMap<String, Match>,
    },
    /// Looks at the runs that are recorded, the first first.
    History {
        /// Of this.
        of: String,
        /// What is to be said of each; there are no others.
        runs: Vec<Match>,
    },
    /// Stops the host in an orderly manner.
    Stop {},
    /// Has the host die at this moment.
    Crash {},
    /// Starts it again.
    Start {},
    /// Runs a command to its end.
    Command {
        /// Its program.
        program: String,
        /// Its arguments.
        #[serde(default)]
        args: Vec<String>,
        /// Its environment.
        #[serde(default)]
        env: BTreeMap<String, String>,
        /// Its standard input.
        #[serde(default)]
        stdin: String,
        /// What it may use.
        #[serde(default)]
        limits: Limits,
        /// What is to be said of `ended`, `code`, `stdout` and `stderr`.
        expect: Match,
    },
}

fn app() -> String {
    super::APP.to_owned()
}

fn text() -> String {
    "text/plain".to_owned()
}

const fn once() -> usize {
    1
}

const fn minute() -> u64 {
    60_000
}

impl Step {
    /// The word of it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Install { .. } => "install",
            Self::Register { .. } => "register",
            Self::Validate { .. } => "validate",
            Self::Unregister { .. } => "unregister",
            Self::Fire { .. } => "fire",
            Self::Signal { .. } => "signal",
            Self::Condition { .. } => "condition",
            Self::WorkCost { .. } => "work-cost",
            Self::SystemEvent { .. } => "system-event",
            Self::Access { .. } => "access",
            Self::Cancel { .. } => "cancel",
            Self::Kill { .. } => "kill",
            Self::Wait { .. } => "wait",
            Self::Advance { .. } => "advance",
            Self::Settle {} => "settle",
            Self::Seen { .. } => "seen",
            Self::List { .. } => "list",
            Self::History { .. } => "history",
            Self::Stop {} => "stop",
            Self::Crash {} => "crash",
            Self::Start {} => "start",
            Self::Command { .. } => "command",
        }
    }

    /// What a host must be able to do for it, beside running tasks.
    #[must_use]
    pub const fn needs(&self) -> Option<Capability> {
        Some(match self {
            Self::Signal { .. } => Capability::Signals,
            Self::Condition { .. } | Self::WorkCost { .. } | Self::SystemEvent { .. } => Capability::Machine,
            Self::Access { .. } => Capability::Access,
            Self::Cancel { .. } | Self::Kill { .. } => Capability::Operator,
            Self::History { .. } => Capability::History,
            Self::Stop {} => Capability::Restart,
            Self::Crash {} => Capability::Crash,
            Self::Command { .. } => Capability::Command,
            _ => return None,
        })
    }

    /// The handle that it names, if it names one.
    #[must_use]
    pub fn of(&self) -> Option<&str> {
        match self {
            Self::Register { of, .. }
            | Self::Validate { of, .. }
            | Self::Unregister { of, .. }
            | Self::Fire { of, .. }
            | Self::Cancel { of, .. }
            | Self::Kill { of }
            | Self::History { of, .. } => Some(of),
            _ => None,
        }
    }

    /// The words of answers that it awaits, each with those that there are.
    pub(super) fn words(&self) -> impl Iterator<Item = (&str, &'static [&'static str])> {
        let (refused, refusals) = match self {
            Self::Fire { refused, .. } => (refused.as_ref(), FIRING_REFUSALS),
            Self::Install { refused, .. }
            | Self::Register { refused, .. }
            | Self::Validate { refused, .. }
            | Self::Unregister { refused, .. }
            | Self::Cancel { refused, .. } => (refused.as_ref(), REFUSALS),
            _ => (None, REFUSALS),
        };
        let result = if let Self::Fire { result, .. } = self { result.as_ref() } else { None };
        let result = result.map(|word| (word.as_str(), RESULTS));
        refused.map(|word| (word.as_str(), refusals)).into_iter().chain(result)
    }
}
