//! Why a request has no answer.

use std::io;
use std::path::PathBuf;

use crate::api::Problem;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody listens there.
    #[error("no host runs at {at}; start one with `dormouse serve`")]
    NotRunning {
        /// Where.
        at: String,
        /// How that was seen.
        #[source]
        source: io::Error,
    },
    /// Whoever asks may not open the socket.
    #[error("{at} may not be opened; ask as the user that the host runs as")]
    Denied {
        /// Where.
        at: String,
        /// What the machine says.
        #[source]
        source: io::Error,
    },
    /// The connection was not made, or broke, or there was no answer in time. Nobody knows whether it was done.
    #[error("{at} cannot be reached")]
    Unreachable {
        /// Where.
        at: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The host did not do it.
    #[error(transparent)]
    Problem(#[from] Box<Problem>),
    /// What answered speaks another language: another program, or another version.
    #[error("what {at} answered is not understood: {what}")]
    Protocol {
        /// Where.
        at: String,
        /// What is wrong with it.
        what: String,
    },
    /// The answer, or one event of a stream, has no end.
    #[error("what {at} answered is larger than the {max} bytes that are read")]
    TooLarge {
        /// Where.
        at: String,
        /// As much is read.
        max: usize,
    },
    /// A file that was to be sent.
    #[error("{} cannot be read", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A token that no header can hold.
    #[error("the token holds characters that no token has; look at the file that it came from")]
    Token,
}

impl ClientError {
    /// The problem that the host told, if it told one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }
}
