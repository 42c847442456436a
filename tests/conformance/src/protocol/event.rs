//! What an adapter tells of what happens on its host.

use serde::{Deserialize, Serialize};

/// Something happened. It is read as `SPEC.md` has it: with all members of its kind, and no others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// 1, 2, 3 and so on since the host was opened, also over its restarts.
    pub seq: u64,
    /// When, in milliseconds since the host was opened.
    pub at_ms: f64,
    /// To which registration.
    pub registration: String,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What only a host tells that has the capability `run-events`: what happens within a run.
pub const RUN_EVENTS: &[&str] = &[
    "deferral-taken",
    "deferral-completed",
    "returned",
    "progress",
    "output",
    "denied",
    "memory-refused",
    "paused",
    "resumed",
];

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $word:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        /// What happened.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "event")]
        pub enum EventKind {
            $($(#[$doc])*
            #[serde(rename = $word)]
            $name { $($(#[$field_doc])* $field: $type,)* },)*
            /// A run ended: its sandbox is gone and its slot is free.
            #[serde(rename = "ended")]
            Ended {
                /// The run.
                run: String,
                /// How.
                #[serde(flatten)]
                ended: Box<Ended>,
            },
        }

        impl EventKind {
            /// Its word.
            #[must_use]
            pub const fn word(&self) -> &'static str {
                match self { $(Self::$name { .. } => $word,)* Self::Ended { .. } => "ended" }
            }
        }

        /// The words of the events, with the names of their members.
        pub const EVENTS: &[(&str, &[&str])] = &[
            $(($word, &[$(stringify!($field)),*]),)*
            ("ended", &["run", "activation", "attempt", "outcome", "message", "reason", "policy", "detail", "forced",
                "trap", "open", "receipt"]),
        ];
    };
}

events! {
    /// It was registered.
    Registered = "registered" {
        /// Its name.
        name: String,
    }
    /// It was unregistered.
    Unregistered = "unregistered" {
        /// Activations that waited and will not run.
        withdrawn: u32,
    }
    /// It fires no more.
    Spent = "spent" {}
    /// It fired, and the firing is durable.
    Fired = "fired" {
        /// The activation that it made, or was counted into.
        activation: String,
        /// How many firings that stands for now.
        coalesced: u32,
    }
    /// It fired, and the same firing was accepted before.
    Duplicate = "duplicate" {
        /// The activation that it made then.
        activation: String,
    }
    /// It fired, and that starts nothing.
    Refused = "refused" {
        /// Why.
        reason: String,
    }
    /// An activation waits for conditions.
    Latched = "latched" {
        /// Which.
        activation: String,
        /// What does not hold.
        blocking: Vec<Holding>,
    }
    /// An activation waits for a slot or its backoff.
    Waiting = "waiting" {
        /// Which.
        activation: String,
    }
    /// A run started.
    Started = "started" {
        /// The activation.
        activation: String,
        /// The run.
        run: String,
        /// Which attempt, from 1.
        attempt: u32,
    }
    /// The guest took a deferral.
    DeferralTaken = "deferral-taken" {
        /// The run.
        run: String,
        /// How many are open now.
        open: u32,
    }
    /// The guest completed a deferral.
    DeferralCompleted = "deferral-completed" {
        /// The run.
        run: String,
        /// How many are open now.
        open: u32,
    }
    /// `run` returned.
    Returned = "returned" {
        /// The run.
        run: String,
        /// Whether it answered ok.
        ok: bool,
        /// Deferrals that keep the run going.
        open: u32,
    }
    /// The guest set its progress.
    Progress = "progress" {
        /// The run.
        run: String,
        /// The value.
        value: u32,
    }
    /// The guest wrote.
    Output = "output" {
        /// The run.
        run: String,
        /// Where.
        stream: Stream,
        /// What. Bytes that are not UTF-8 are replaced by U+FFFD.
        text: String,
    }
    /// The guest asked for something that was not granted.
    Denied = "denied" {
        /// The run.
        run: String,
        /// What, for people.
        what: String,
    }
    /// A growth of the guest's memory was refused.
    MemoryRefused = "memory-refused" {
        /// The run.
        run: String,
        /// Bytes that it would have held.
        wanted: u64,
        /// Bytes that it may hold.
        limit: u64,
    }
    /// The run was cancelled: the guest is told, and its grace began.
    CancelRequested = "cancel-requested" {
        /// The run.
        run: String,
        /// The class of reason.
        reason: String,
        /// Which rule decided.
        policy: String,
        /// What the rule allows and what was seen, for people.
        detail: String,
    }
    /// The run is paused: a quota is spent.
    Paused = "paused" {
        /// The run.
        run: String,
    }
    /// The run goes on.
    Resumed = "resumed" {
        /// The run.
        run: String,
    }
    /// Another attempt follows.
    Retrying = "retrying" {
        /// The activation.
        activation: String,
        /// Which attempt comes.
        attempt: u32,
    }
    /// A run was cut off by the end of its host.
    Interrupted = "interrupted" {
        /// The activation.
        activation: String,
        /// The run.
        run: String,
    }
    /// The activation ended: its completion is durable.
    Completed = "completed" {
        /// The activation.
        activation: String,
        /// Whether it succeeded.
        success: bool,
    }
    /// It went into quarantine.
    Quarantined = "quarantined" {
        /// How often in a row the host fell.
        crashes: u32,
    }
    /// Something failed outside any run.
    Fault = "fault" {
        /// What, for people.
        message: String,
    }
}

/// A condition that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Which.
    pub condition: String,
    /// `unmet` or `unknown`.
    pub holds: String,
}

/// How a run ended, with what an end of that outcome says beside what every end says.
pub const OUTCOMES: &[(&str, &[&str])] = &[
    ("succeeded", &[]),
    ("failed", &["message"]),
    ("canceled", &["reason", "policy", "detail", "forced"]),
    ("trapped", &["trap", "message"]),
    ("deferral-abandoned", &["open"]),
    ("interrupted", &[]),
];

/// Which stream a guest wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How a run ended. On the line each outcome has its own members, all of them; see [`OUTCOMES`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ended {
    /// The activation.
    pub activation: String,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// A word of [`OUTCOMES`].
    pub outcome: String,
    /// What the guest said of its failure, or the runtime of the trap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Canceled: the class of reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Canceled: which rule decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Canceled: what the rule allows and what was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Canceled: it did not end within its grace, and lost its sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forced: Option<bool>,
    /// Trapped: what the trap was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trap: Option<String>,
    /// Deferral-abandoned: how many were open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<u32>,
    /// What it used.
    pub receipt: Receipt,
}

macro_rules! receipt {
    ($($(#[$doc:meta])* $field:ident: $type:ty,)*) => {
        /// What a run used. A figure that a host does not measure is left out.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Receipt {$(
            $(#[$doc])*
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $field: Option<$type>,
        )*}

        /// The names of a receipt's figures.
        pub const RECEIPT: &[&str] = &[$(stringify!($field)),*];
    };
}

receipt! {
    /// From the firing, or from the end of the backoff before, to its start.
    queue_wait_ms: f64,
    /// From start to end.
    wall_ms: f64,
    /// Of that, what it spent paused.
    paused_ms: f64,
    /// How often it was paused.
    pauses: u32,
    /// CPU time.
    cpu_ms: f64,
    /// The most that its memories and tables held together.
    peak_memory_bytes: u64,
    /// How often a growth of memory or table was refused.
    memory_refusals: u32,
    /// Written to standard output.
    stdout_bytes: u64,
    /// Written to standard error.
    stderr_bytes: u64,
    /// Of both, what was dropped because the limit was reached.
    output_dropped_bytes: u64,
    /// How many deferrals it took.
    deferrals: u32,
    /// The progress last set.
    progress: u32,
    /// How often it asked for something that was not granted.
    denials: u32,
}

impl EventKind {
    /// The run that it happened to, if it happened to one.
    #[must_use]
    pub fn run(&self) -> Option<&str> {
        match self {
            Self::Started { run, .. }
            | Self::DeferralTaken { run, .. }
            | Self::DeferralCompleted { run, .. }
            | Self::Returned { run, .. }
            | Self::Progress { run, .. }
            | Self::Output { run, .. }
            | Self::Denied { run, .. }
            | Self::MemoryRefused { run, .. }
            | Self::CancelRequested { run, .. }
            | Self::Paused { run }
            | Self::Resumed { run }
            | Self::Interrupted { run, .. }
            | Self::Ended { run, .. } => Some(run),
            _ => None,
        }
    }
}
