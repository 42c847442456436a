//! What goes wrong between a runner and an adapter.

use std::io;
use std::time::Duration;

use super::{EVENTS_LEN_MAX, EVENTS_MAX};
use crate::protocol::{LINE_LEN_MAX, PROTOCOL};

/// Why nothing more is to be had of an adapter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// It cannot be started.
    #[error("the adapter {command:?} cannot be started; is it an executable file?")]
    Start {
        /// What was to be started.
        command: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A request that cannot be written as JSON.
    #[error("`{op}` cannot be asked")]
    Ask {
        /// What was to be asked.
        op: &'static str,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// It ended.
    #[error("the adapter ended before it had answered `{op}`; what it wrote to standard error may say why")]
    Gone {
        /// What it was asked.
        op: &'static str,
    },
    /// It does not answer.
    #[error("the adapter did not answer `{op}` within {patience:?}; --timeout gives it longer")]
    Hung {
        /// What it was asked.
        op: &'static str,
        /// How long it had.
        patience: Duration,
    },
    /// More events than any case comes to.
    #[error(
        "the adapter told more than {EVENTS_MAX} events in one case, or more than {EVENTS_LEN_MAX} bytes of them"
    )]
    Flood,
    /// A line that is too long.
    #[error("the adapter wrote a line of more than {LINE_LEN_MAX} bytes")]
    TooLong,
    /// A line that is none of the protocol.
    #[error("the adapter wrote {line:?}, which is no event and no answer: {why}")]
    Malformed {
        /// The line, shortened.
        line: String,
        /// What is wrong with it.
        why: String,
    },
    /// An answer to something else.
    #[error("the adapter answered request {got} while {asked} was asked")]
    WrongAnswer {
        /// What was asked.
        asked: u64,
        /// What was answered.
        got: u64,
    },
    /// It speaks another version.
    #[error("the adapter speaks version {theirs} of the protocol, and this runner version {PROTOCOL}")]
    Version {
        /// Its version.
        theirs: u32,
    },
    /// It says itself that it failed.
    #[error("the adapter failed at `{op}`: {text}")]
    Failed {
        /// What it was asked.
        op: &'static str,
        /// What it says.
        text: String,
    },
    /// An answer without what belongs in it.
    #[error("the adapter answered `{op}` with {answer}: {why}")]
    Answer {
        /// What it was asked.
        op: &'static str,
        /// What it answered, shortened.
        answer: String,
        /// What is wrong with it.
        why: String,
    },
}
