//! Why a command was not run.

use dormouse_core::Refusal;

use crate::builder::StartError;
use crate::drive::intake::FireError;
use crate::host::HostError;

use super::ARGS_BYTES_MAX;

/// Why a command was not started, or it is not known how it ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// More text than a program is given.
    #[error(
        "arguments and environment have {len} bytes together, above the limit of {ARGS_BYTES_MAX}: put them into a file in a directory that is granted"
    )]
    Args {
        /// Their bytes, each text with the NUL that ends it.
        len: usize,
    },
    /// An argument that no program can be given.
    #[error("argument {index} has a NUL in it, with which a text ends: leave it out")]
    Nul {
        /// Which, from 0.
        index: usize,
    },
    /// The host of the command.
    #[error("the command cannot be started")]
    Start(#[from] StartError),
    /// Limits that cannot be given, most often.
    #[error("the command cannot be run")]
    Host(#[from] HostError),
    /// A policy of the host's.
    #[error("the command was refused: {0}")]
    Refused(Refusal),
    /// The host did not take it.
    #[error("the command was not taken")]
    Fire(#[from] FireError),
}
