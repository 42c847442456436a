//! What a case has a host made of: apps and registrations. Cases and requests write them the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a host is set to before anything else. What is left out is the host's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostSettings {
    /// Runs at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// Runs at once of one app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots_per_app: Option<u32>,
    /// A registration is in quarantine when the host fell so often in a row while it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine_after: Option<u32>,
    /// Registrations of one app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registrations_per_app: Option<u32>,
    /// Access of apps about which nobody decided anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
}

/// An app: a program that is its entry point `main`, and what it is granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Its name.
    pub name: String,
    /// The name of its program.
    pub program: String,
    /// The kinds of trigger that its entry point declares; none if it may be any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggers: Option<Vec<String>>,
    /// Directories that it is granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directories: Vec<Directory>,
    /// CPU time that its runs have together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
}

/// A directory that an app is granted. The adapter makes it, with what is to be in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Where the guest sees it.
    pub path: String,
    /// What the guest may do there.
    pub access: DirectoryAccess,
    /// Files in it, by their name, with their text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

/// What a guest may do in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryAccess {
    /// List and read.
    ReadOnly,
    /// Create, change and remove as well.
    ReadWrite,
}

/// CPU time in each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// CPU time.
    pub cpu_ms: u64,
    /// The window.
    pub window_ms: u64,
}

/// What is to run, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Whose it is.
    #[serde(default = "test")]
    pub app: String,
    /// A label, not a key.
    #[serde(default = "task")]
    pub name: String,
    /// The group that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Which entry point of the app runs.
    #[serde(default = "main")]
    pub entry_point: String,
    /// What wakes it. None is an error, which a host has to find.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// What must hold before it starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Whether a run is cancelled when a condition stops to hold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancel_on_condition_loss: bool,
    /// What a firing becomes while it is busy; by default as its trigger's kind has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Overlap>,
    /// What a run may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// What follows a failure; by default nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// The guest's environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// The guest's arguments after its own name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// What to do when the app has one of that group and name.
    #[serde(default)]
    pub if_exists: IfExists,
}

fn test() -> String {
    "test".to_owned()
}

fn task() -> String {
    "task".to_owned()
}

fn main() -> String {
    "main".to_owned()
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$word_doc])* $word),* }
    )*};
}

words! {
    /// What to do when an app has a registration of the same group and name.
    IfExists {
        /// Make another one.
        #[default]
        AllowDuplicate,
        /// Leave it if it says the same; else replace what it says, at once, and keep its id.
        ReplaceIfDifferent,
        /// Leave it as it is.
        Keep,
        /// Refuse.
        Error,
    }
    /// What to do about occurrences that passed while the host was away.
    Misfire {
        /// One firing stands for all of them.
        #[default]
        Coalesce,
        /// None.
        Skip,
        /// A firing for each.
        All,
    }
    /// How often a signal fires a registration within one life of the host.
    Recurrence {
        /// Every time.
        #[default]
        Always,
        /// The first time.
        Once,
    }
    /// Whether an app may run in the background.
    Access {
        /// Nobody decided.
        #[default]
        Unspecified,
        /// It may, also while the machine saves energy.
        AlwaysAllowed,
        /// It may unless a policy stands against it.
        AllowedSubjectToPolicy,
        /// The host's policy refuses it.
        DeniedByPolicy,
        /// A person refused it.
        DeniedByUser,
    }
    /// Whether a registration still fires.
    Status {
        /// It does.
        #[default]
        Active,
        /// It was to fire once, and did.
        Spent,
    }
    /// What background work costs at present.
    WorkCost {
        /// Nothing to speak of.
        #[default]
        Low,
        /// Something.
        Medium,
        /// So much that most of it should wait.
        High,
    }
}

/// What wakes a registration. (A variant without braces would take any member.)
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Trigger {
    /// `fire`.
    Application {},
    /// The passing of time.
    Time {
        /// The period, from the registration on.
        every_ms: u64,
        /// Once only.
        #[serde(default)]
        one_shot: bool,
        /// What to do about what was missed.
        #[serde(default)]
        misfire: Misfire,
    },
    /// The passing of time, on external power only.
    Maintenance {
        /// The period, from the registration on.
        every_ms: u64,
        /// Once only.
        #[serde(default)]
        one_shot: bool,
    },
    /// The calendar.
    Cron {
        /// Minute, hour, day of month, month, day of week.
        expression: String,
        /// An IANA time zone.
        #[serde(default = "utc")]
        time_zone: String,
        /// What to do about what was missed.
        #[serde(default)]
        misfire: Misfire,
    },
    /// Something that happens to the machine.
    System {
        /// What.
        event: String,
        /// Once only.
        #[serde(default)]
        one_shot: bool,
    },
    /// A fact on a topic; the newest counts.
    Signal {
        /// The topic.
        topic: String,
        /// Once only.
        #[serde(default)]
        one_shot: bool,
        /// How often within one life of the host.
        #[serde(default)]
        recurrence: Recurrence,
    },
    /// A message on a topic; each counts.
    Message {
        /// The topic.
        topic: String,
    },
}

fn utc() -> String {
    "UTC".to_owned()
}

/// What a firing becomes while its registration is busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "policy", deny_unknown_fields)]
pub enum Overlap {
    /// At most one activation waits; further firings are counted into it.
    Coalesce {},
    /// Each firing is an activation; at most `max` wait.
    Queue {
        /// How many.
        max: u32,
    },
    /// At most one waits; a further firing replaces what it carries.
    KeepLatest {},
    /// Refused while it waits or runs.
    Refuse {},
    /// Up to `max` runs at once.
    Parallel {
        /// How many.
        max: u32,
    },
}

/// What a run may use. What is left out is the class's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The class, which has a figure for each: `default`, `long` or `maintenance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Wall-clock time to the cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
    /// CPU time to the cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u64>,
    /// From the cancellation to the loss of the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_ms: Option<u64>,
    /// Of all memories and tables together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Kept of standard output and of standard error, each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u64>,
    /// Deferrals that are open at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deferrals: Option<u32>,
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// How many failures end an activation.
    pub max_attempts: u32,
    /// The first wait; each further one is twice as long.
    pub initial_ms: u64,
    /// The longest wait.
    pub max_ms: u64,
}
