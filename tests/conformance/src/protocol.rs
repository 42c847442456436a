//! What runner and adapter say to each other: JSON objects, one a line. `SPEC.md` is the contract; this is its form in
//! Rust.

mod event;
mod op;
mod strict;
mod words;
mod world;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use event::{EVENTS, Ended, Event, EventKind, Holding, OUTCOMES, RECEIPT, RUN_EVENTS, Receipt, Stream};
pub use op::{CommandEnd, CommandEnded, Fired, Listed, OPS, Op, Program, Recorded, Signaled};
pub use words::{CANCELLATIONS, FIRING_REFUSALS, POLICIES, REFUSALS, RESULTS, TRAPS};
pub use world::{
    Access, App, Directory, DirectoryAccess, HostSettings, IfExists, Limits, Misfire, Overlap, Quota,
    Recurrence, Registration, Retry, Status, Trigger, WorkCost,
};

/// The version of the protocol. A runner and an adapter that name different ones do not go on.
pub const PROTOCOL: u32 = 1;

/// The longest line, in bytes, with the newline that ends it.
pub const LINE_LEN_MAX: usize = 16 * 1024 * 1024;

/// What a runner asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its number: 1, 2, 3 and so on.
    pub id: u64,
    /// What.
    #[serde(flatten)]
    pub op: Op,
}

/// What an adapter says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Something happened on the host.
    Event(Event),
    /// What was asked is done.
    Answer(Answer),
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The request's.
    pub id: u64,
    /// What became of it.
    pub reply: Reply,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reply {
    /// It was done; what there is to say depends on the request.
    Ok(Value),
    /// The host refused it.
    Refused {
        /// Why, as a word of `SPEC.md`.
        reason: String,
        /// Why, for people.
        #[serde(default)]
        text: String,
    },
    /// The adapter, or its host, cannot do that: the case is skipped.
    Unsupported(String),
    /// The adapter failed: nothing is known of the host.
    Failed(String),
}

impl Reply {
    /// It was done, with something to say.
    ///
    /// What cannot be written as JSON is a failure of the adapter.
    #[must_use]
    pub fn ok(value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => Self::Ok(value),
            Err(error) => Self::failed(error),
        }
    }

    /// It was done.
    #[must_use]
    pub fn done() -> Self {
        Self::ok(Done {})
    }

    /// The host refused it.
    #[must_use]
    pub fn refused(reason: &str, text: impl std::fmt::Display) -> Self {
        Self::Refused { reason: reason.to_owned(), text: text.to_string() }
    }

    /// The adapter failed.
    #[must_use]
    pub fn failed(text: impl std::fmt::Display) -> Self {
        Self::Failed(text.to_string())
    }
}

/// Who an adapter is, and what it can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The version of the protocol that it speaks.
    pub protocol: u32,
    /// Its name, and that of the host that it drives.
    pub name: String,
    /// Their version.
    pub version: String,
    /// What it can do. A word that this runner does not know is left out: no case of it needs that.
    #[serde(deserialize_with = "known")]
    pub capabilities: Vec<Capability>,
}

impl Hello {
    /// Of an adapter that speaks what this runner speaks.
    #[must_use]
    pub fn new(name: &str, version: &str, capabilities: Vec<Capability>) -> Self {
        Self { protocol: PROTOCOL, name: name.to_owned(), version: version.to_owned(), capabilities }
    }
}

fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Capability>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    let can = |word: &String| Capability::ALL.iter().find(|can| can.as_str() == word).copied();
    Ok(words.iter().filter_map(can).collect())
}

/// What is answered where there is nothing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {}

/// Where an answer that lets time pass has come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Now {
    /// Milliseconds since the host was opened.
    pub at_ms: f64,
}

macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// Something that not every host can do, and that a case may need.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Capability {$(
            $(#[$doc])*
            #[serde(rename = $word)]
            $name,
        )*}

        impl Capability {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

capabilities! {
    /// It runs tasks: components of the world `dormouse:background/task`.
    Tasks = "tasks";
    /// It runs commands: components of the world `wasi:cli/command`, without registration and state.
    Command = "command";
    /// Time is simulated: it passes when the runner says so, and nothing is late.
    SimClock = "sim-clock";
    /// Runs can be cancelled and taken down by an operator.
    Operator = "operator";
    /// There are signals and messages.
    Signals = "signals";
    /// Registrations fire by the passing of time.
    Timers = "timers";
    /// What the machine is like can be set: conditions, system events, the cost of work.
    Machine = "machine";
    /// Whether an app may run in the background is decided by an operator.
    Access = "access";
    /// Failed runs are tried again.
    Retry = "retry";
    /// Apps have a CPU quota.
    Quota = "quota";
    /// Apps are granted directories and have folders of their own.
    Files = "files";
    /// Each thing that happens in a run is an event: deferrals, its return, progress, output, denials.
    RunEvents = "run-events";
    /// The host can be stopped and started again on its state.
    Restart = "restart";
    /// The host can be made to die at any moment, and started again on its state.
    Crash = "crash";
    /// How a run ended, and what it used, can be asked for later.
    History = "history";
}

impl std::fmt::Display for Capability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
