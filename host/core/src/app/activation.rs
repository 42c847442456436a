//! What an app is activated for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::trigger::Message;

/// The most that one activation may carry, in bytes: texts and bodies together.
pub const ACTIVATION_LEN_MAX: usize = 1024 * 1024;
/// The most paths, items or arguments in one.
pub const ACTIVATION_ITEMS_MAX: usize = 1024;
/// The longest arguments of a launch, in bytes.
pub const ARGUMENTS_LEN_MAX: usize = 64 * 1024;

/// What kinds there are. A manifest names those that its app takes; every app takes a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActivationKind {
    /// A user launches it, or the host does so ahead of that.
    Launch,
    /// Files were opened with it.
    File,
    /// A link was followed.
    Protocol,
    /// Something was shared with it.
    Share,
    /// A moment came.
    Timer,
    /// A message came.
    Message,
    /// It was called on a command line.
    CommandLine,
    /// Something that the embedding program defines.
    Custom,
}

impl ActivationKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Launch,
        Self::File,
        Self::Protocol,
        Self::Share,
        Self::Timer,
        Self::Message,
        Self::CommandLine,
        Self::Custom,
    ];

    /// Its name in manifests, logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::File => "file",
            Self::Protocol => "protocol",
            Self::Share => "share",
            Self::Timer => "timer",
            Self::Message => "message",
            Self::CommandLine => "command-line",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for ActivationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no kind of activation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no kind of activation: write launch, file, protocol, share, timer, message, command-line or custom"
)]
pub struct UnknownActivationKind(String);

impl FromStr for ActivationKind {
    type Err = UnknownActivationKind;

    fn from_str(text: &str) -> Result<Self, UnknownActivationKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| UnknownActivationKind(text.chars().take(64).collect()))
    }
}

/// Bytes with a name: something that is shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The name.
    pub name: String,
    /// Their media type, as their sender says.
    pub content_type: String,
    /// The bytes.
    pub body: Vec<u8>,
}

/// What an app is activated for, with what comes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum AppActivation {
    /// A launch.
    Launch {
        /// What whoever launches it passes along.
        #[serde(default)]
        arguments: String,
    },
    /// Files were opened with it.
    File {
        /// Their paths, as the guest sees them.
        paths: Vec<String>,
    },
    /// A link was followed.
    Protocol {
        /// The link.
        uri: String,
    },
    /// Something was shared with it.
    Share {
        /// What.
        items: Vec<Item>,
    },
    /// A moment came.
    Timer {
        /// What it is called.
        name: String,
    },
    /// A message came.
    Message {
        /// The message.
        message: Message,
    },
    /// It was called on a command line.
    CommandLine {
        /// The arguments after the program's own name.
        arguments: Vec<String>,
        /// Where, as the guest sees it; empty if it does not.
        #[serde(default)]
        directory: String,
    },
    /// Something that the embedding program defines.
    Custom {
        /// What it is called.
        name: String,
        /// What comes with it.
        body: Vec<u8>,
    },
}

/// Why an app is not activated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActivationError {
    /// It carries too much.
    #[error("the activation carries {len} bytes, and may carry {max}; pass a file instead")]
    TooLong {
        /// Its length, in bytes.
        len: usize,
        /// What is allowed.
        max: usize,
    },
    /// It names too many things.
    #[error(
        "the activation has {len} parts, and may have {ACTIVATION_ITEMS_MAX}; activate the app more than once"
    )]
    TooMany {
        /// How many.
        len: usize,
    },
}

impl AppActivation {
    /// A launch without arguments.
    #[must_use]
    pub const fn launch() -> Self {
        Self::Launch { arguments: String::new() }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ActivationKind {
        match self {
            Self::Launch { .. } => ActivationKind::Launch,
            Self::File { .. } => ActivationKind::File,
            Self::Protocol { .. } => ActivationKind::Protocol,
            Self::Share { .. } => ActivationKind::Share,
            Self::Timer { .. } => ActivationKind::Timer,
            Self::Message { .. } => ActivationKind::Message,
            Self::CommandLine { .. } => ActivationKind::CommandLine,
            Self::Custom { .. } => ActivationKind::Custom,
        }
    }

    /// Whether it says nothing but that the app is wanted: one that is there already is only brought to the front
    /// (UWP-131).
    #[must_use]
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Launch { arguments } if arguments.is_empty())
    }

    /// Whether it is small enough.
    ///
    /// # Errors
    ///
    /// [`ActivationError`] says by how much it is not.
    pub fn check(&self) -> Result<(), ActivationError> {
        let sum = |texts: &[String]| texts.iter().map(String::len).fold(0, usize::saturating_add);
        let (parts, len, max) = match self {
            Self::Launch { arguments } => (1, arguments.len(), ARGUMENTS_LEN_MAX),
            Self::File { paths } => (paths.len(), sum(paths), ACTIVATION_LEN_MAX),
            Self::Protocol { uri: text } | Self::Timer { name: text } => (1, text.len(), ACTIVATION_LEN_MAX),
            Self::Share { items } => {
                let of = |item: &Item| item.name.len() + item.content_type.len() + item.body.len();
                (items.len(), items.iter().map(of).fold(0, usize::saturating_add), ACTIVATION_LEN_MAX)
            }
            Self::Message { message } => {
                let len = message.topic.len() + message.content_type.len() + message.body.len();
                (1, len, ACTIVATION_LEN_MAX)
            }
            Self::CommandLine { arguments, directory } => {
                (arguments.len(), sum(arguments).saturating_add(directory.len()), ACTIVATION_LEN_MAX)
            }
            Self::Custom { name, body } => (1, name.len() + body.len(), ACTIVATION_LEN_MAX),
        };
        if parts > ACTIVATION_ITEMS_MAX {
            return Err(ActivationError::TooMany { len: parts });
        }
        if len > max {
            return Err(ActivationError::TooLong { len, max });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_by_their_names_and_nothing_else_is() {
        for kind in ActivationKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("toast".parse::<ActivationKind>().is_err());
    }

    #[test]
    fn what_carries_too_much_is_refused_with_the_figure() {
        let launch = |len| AppActivation::Launch { arguments: "x".repeat(len) };
        assert_eq!(launch(ARGUMENTS_LEN_MAX).check(), Ok(()));
        let error = launch(ARGUMENTS_LEN_MAX + 1).check();
        assert_eq!(error, Err(ActivationError::TooLong { len: 65_537, max: ARGUMENTS_LEN_MAX }));
        let files = |count| AppActivation::File { paths: vec![String::new(); count] };
        assert_eq!(files(ACTIVATION_ITEMS_MAX).check(), Ok(()));
        assert_eq!(files(1_025).check(), Err(ActivationError::TooMany { len: 1_025 }));
        let share = |len| Item { name: "n".to_owned(), content_type: String::new(), body: vec![0; len] };
        assert_eq!(AppActivation::Share { items: vec![share(ACTIVATION_LEN_MAX - 1)] }.check(), Ok(()));
        assert!(AppActivation::Share { items: vec![share(ACTIVATION_LEN_MAX)] }.check().is_err());
    }

    #[test]
    fn only_a_launch_without_arguments_is_plain() {
        assert!(AppActivation::launch().is_plain());
        assert!(!AppActivation::Launch { arguments: "x".to_owned() }.is_plain());
        assert!(!AppActivation::Timer { name: String::new() }.is_plain());
    }
}
