//! What a run costs: the pieces that the table, other benches and the count of the hot path share.
//!
//! A [`Subject`] is a host with one registration of the program that does nothing; [`Bare`] is that program on wasmtime
//! alone, tuned as the host's engine is. What the one costs above the other is ours.

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "clients are tasks")]

mod bare;
pub mod measure;
pub mod resident;
mod subject;
mod tuned;

pub use bare::Bare;
pub use subject::{BURST, CLIENTS, Subject};
pub use tuned::{STACK_BYTES, tuned};
