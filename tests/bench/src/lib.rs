//! What a run costs: the pieces that the table, the comparison of whole runs and the count of the hot path share.
//!
//! A [`Subject`] is a host with one registration of the program that does nothing; [`Bare`] is that program on wasmtime
//! alone, tuned as the host's engine is. What the one costs above the other is ours.

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "clients are tasks")]

mod bare;
mod cpu;
mod subject;

pub use bare::{Bare, Pools};
pub use cpu::process_cpu;
pub use subject::{BURST, CLIENTS, Subject};
