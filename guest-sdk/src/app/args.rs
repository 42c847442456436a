//! What comes with an activation, and with a return from suspension.

use std::time::Duration;

use super::PreviousExecutionState;
use crate::activation::Message;
use crate::bindings::app::dormouse::background::app_types as wit;
use crate::millis::duration;

/// What comes with a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaunchArgs {
    /// What whoever launches the app passes along; empty as a rule.
    pub arguments: String,
    /// What the app was.
    pub previous: PreviousExecutionState,
    /// Nobody is waiting: make ready what the first screen needs, and no more. Nothing is told of a user by this, and
    /// `launched` comes once more when the user launches it (UWP-139).
    pub prelaunch: bool,
}

impl From<wit::LaunchArgs> for LaunchArgs {
    fn from(args: wit::LaunchArgs) -> Self {
        Self { arguments: args.arguments, previous: args.previous.into(), prelaunch: args.prelaunch }
    }
}

/// What comes with an activation that is no launch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActivatedArgs {
    /// Why.
    pub kind: ActivationKind,
    /// What the app was.
    pub previous: PreviousExecutionState,
}

impl From<wit::ActivatedArgs> for ActivatedArgs {
    fn from(args: wit::ActivatedArgs) -> Self {
        Self { kind: args.kind.into(), previous: args.previous.into() }
    }
}

/// Why the app is activated, if it is not launched. The manifest names those that it takes:
/// `activations = ["file", "protocol"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActivationKind {
    /// Files were opened with it: paths as it sees them, below what was granted.
    File(Vec<String>),
    /// A link of a scheme of its own was followed.
    Protocol(String),
    /// Something was shared with it.
    Share(Vec<Item>),
    /// A moment came that somebody asked for under this name.
    Timer(String),
    /// A message.
    Message(Message),
    /// It was called by its name on a command line.
    CommandLine(CommandLine),
    /// Something that the embedding program defines.
    Custom(CustomActivation),
}

impl ActivationKind {
    /// The name as the contract and the manifest spell it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Protocol(_) => "protocol",
            Self::Share(_) => "share",
            Self::Timer(_) => "timer",
            Self::Message(_) => "message",
            Self::CommandLine(_) => "command-line",
            Self::Custom(_) => "custom",
        }
    }
}

impl From<wit::ActivationKind> for ActivationKind {
    fn from(kind: wit::ActivationKind) -> Self {
        match kind {
            wit::ActivationKind::File(paths) => Self::File(paths),
            wit::ActivationKind::Protocol(uri) => Self::Protocol(uri),
            wit::ActivationKind::Share(items) => Self::Share(items.into_iter().map(Into::into).collect()),
            wit::ActivationKind::Timer(name) => Self::Timer(name),
            wit::ActivationKind::Message(message) => Self::Message(message.into()),
            wit::ActivationKind::CommandLine(line) => Self::CommandLine(line.into()),
            wit::ActivationKind::Custom(custom) => Self::Custom(custom.into()),
        }
    }
}

/// Bytes with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// The name.
    pub name: String,
    /// Their media type, as their sender says.
    pub content_type: String,
    /// The bytes, unchanged.
    pub body: Vec<u8>,
}

impl From<wit::Item> for Item {
    fn from(item: wit::Item) -> Self {
        Self { name: item.name, content_type: item.content_type, body: item.body }
    }
}

/// A command line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandLine {
    /// The arguments after the program's own name.
    pub arguments: Vec<String>,
    /// The directory in which it was written, as the app sees it; empty if the app does not see it.
    pub directory: String,
}

impl From<wit::CommandLine> for CommandLine {
    fn from(line: wit::CommandLine) -> Self {
        Self { arguments: line.arguments, directory: line.directory }
    }
}

/// Something that the embedding program defines.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomActivation {
    /// What it is called.
    pub name: String,
    /// What comes with it.
    pub body: Vec<u8>,
}

impl From<wit::CustomActivation> for CustomActivation {
    fn from(custom: wit::CustomActivation) -> Self {
        Self { name: custom.name, body: custom.body }
    }
}

/// What comes with [`resuming`](super::App::resuming).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResumingArgs {
    /// How long the app was suspended. Nothing that happened meanwhile was queued: connections may be gone, addresses
    /// may be others (UWP-138).
    pub away: Duration,
}

impl From<wit::ResumingArgs> for ResumingArgs {
    fn from(args: wit::ResumingArgs) -> Self {
        Self { away: duration(args.away_ms) }
    }
}
