//! The hostile corpus: guests that mean harm, each on a real host beside a quiet neighbour.
//!
//! Some are programs (`tests/programs`, `hostile_..`), most are a few lines of WebAssembly text (`hostile/*/*.wat`),
//! because no compiler would write what they do. See [`harness`] for what must hold of every one of them.

mod boundary;
mod compile;
mod corpus;
mod cpu;
mod files;
mod harness;
mod host;
mod malformed;
mod memory;
mod misuse;
mod network;
mod peer;
mod text;

/// Attacks that are programs, by their names: [`crate::every_program_has_a_test`] looks here.
pub(crate) mod named {
    pub(crate) use super::boundary::*;
    pub(crate) use super::cpu::*;
    pub(crate) use super::files::*;
    pub(crate) use super::host::*;
    pub(crate) use super::misuse::*;
    pub(crate) use super::network::*;
    pub(crate) use super::text::*;
}
