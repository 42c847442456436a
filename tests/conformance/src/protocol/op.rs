//! What a runner asks an adapter to do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::Ended;
use super::world::{Access, App, HostSettings, Limits, Registration, Status, WorkCost};

macro_rules! ops {
    ($($name:ident = $word:literal,)*) => {
        /// The word of each operation.
        pub const OPS: &[&str] = &[$($word),*];

        impl Op {
            /// Its word.
            #[must_use]
            pub const fn word(&self) -> &'static str {
                match self { $(Self::$name { .. } => $word,)* }
            }
        }
    };
}

ops! {
    Hello = "hello",
    Open = "open",
    Install = "install",
    Register = "register",
    Validate = "validate",
    Unregister = "unregister",
    Fire = "fire",
    Signal = "signal",
    Condition = "condition",
    WorkCost = "work-cost",
    SystemEvent = "system-event",
    Access = "access",
    Cancel = "cancel",
    Pass = "pass",
    Advance = "advance",
    Settle = "settle",
    List = "list",
    History = "history",
    Stop = "stop",
    Crash = "crash",
    Start = "start",
    Command = "command",
    Close = "close",
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "op")]
pub enum Op {
    /// The first: who is there? Answered with [`Hello`](super::Hello).
    Hello {
        /// The version of the protocol that the runner speaks.
        protocol: u32,
        /// Who the runner is.
        runner: String,
    },
    /// Make a new host, with no state, and forget the one before.
    Open {
        /// The case that comes, for logs.
        case: String,
        /// What the host is set to.
        host: HostSettings,
    },
    /// Install an app.
    Install {
        /// What it is.
        app: App,
        /// Its program.
        program: Program,
    },
    /// Register a task. Answered with the id of the registration.
    Register {
        /// What it is.
        registration: Registration,
    },
    /// Say whether it could be registered, and do not do it.
    Validate {
        /// What it is.
        registration: Registration,
    },
    /// Remove a registration.
    Unregister {
        /// Its id.
        registration: String,
        /// Cancel what runs of it.
        cancel: bool,
    },
    /// Fire a registration. Answered with [`Fired`].
    Fire {
        /// Its id.
        registration: String,
        /// What the task is given, as bytes in hexadecimal digits; only with an application trigger.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<String>,
        /// What makes this firing one and the same however often it is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Raise a signal, or a message, on a topic. Answered with [`Signaled`].
    Signal {
        /// The topic.
        topic: String,
        /// The media type of the body.
        content_type: String,
        /// The body, as bytes in hexadecimal digits.
        body: String,
    },
    /// From now on a condition holds, or does not.
    Condition {
        /// Which.
        condition: String,
        /// `met`, `unmet` or `unknown`.
        holds: String,
    },
    /// From now on background work costs that much.
    WorkCost {
        /// How much.
        cost: WorkCost,
    },
    /// Something happens to the machine.
    SystemEvent {
        /// What.
        event: String,
    },
    /// An operator decides whether an app may run.
    Access {
        /// Which.
        app: String,
        /// What is decided.
        access: Access,
    },
    /// An operator ends a run.
    Cancel {
        /// Which.
        run: String,
        /// Without grace.
        kill: bool,
    },
    /// Let up to `ms` pass; answer as soon as there are events. Answered with [`Now`](super::Now).
    Pass {
        /// Milliseconds.
        ms: u64,
    },
    /// Let `ms` pass, all of them. Answered with [`Now`](super::Now).
    Advance {
        /// Milliseconds.
        ms: u64,
    },
    /// Answer when nothing more will happen without time passing, and all that happened was told.
    Settle,
    /// What is registered. Answered with a list of [`Listed`] as `registrations`.
    List {
        /// Of this app.
        app: String,
    },
    /// How the runs of a registration ended, the first first. Answered with a list of [`Recorded`] as `runs`.
    History {
        /// Its id.
        registration: String,
    },
    /// Stop the host in an orderly manner.
    Stop,
    /// The host dies at this moment, without being told.
    Crash,
    /// Start it again on its state. Apps are installed as they were.
    Start,
    /// Run a command to its end. Answered with [`CommandEnded`].
    Command {
        /// Its program.
        program: Program,
        /// Its arguments.
        args: Vec<String>,
        /// Its environment.
        env: BTreeMap<String, String>,
        /// Its standard input.
        stdin: String,
        /// What it may use.
        limits: Limits,
    },
    /// The case is over: remove the host and its state.
    Close,
}

/// A component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// The path of its file, absolute.
    pub path: String,
}

/// What a firing came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fired {
    /// `accepted`, `coalesced` or `duplicate`.
    pub result: String,
    /// The activation that stands for it.
    pub activation: String,
}

/// What a signal came to for one registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signaled {
    /// Which.
    pub registration: String,
    /// `accepted`, `coalesced`, `duplicate` or the reason of its refusal.
    pub result: String,
}

/// A registration that there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its id.
    pub registration: String,
    /// Its name.
    pub name: String,
    /// The group that it is in.
    #[serde(default)]
    pub group: Option<String>,
    /// Whether it still fires.
    pub status: Status,
}

/// A run that is recorded. It is read as the event `ended` is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recorded {
    /// Its id.
    pub run: String,
    /// How it ended, as in the event.
    #[serde(flatten)]
    pub ended: Ended,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandEnded {
    /// In which way.
    pub ended: CommandEnd,
    /// Its exit code, if it exited.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// And to standard error.
    pub stderr: String,
}

/// In which way a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommandEnd {
    /// By itself, with a code.
    Exited,
    /// By a trap.
    Trapped,
    /// It was stopped at a limit.
    Limit,
}
