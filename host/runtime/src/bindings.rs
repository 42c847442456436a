//! The contract as Rust sees it, one module for each of its versions, and what of WASI nobody else binds.
//!
//! Generated types stay inside; what passes into the sandbox and out of it is of `dormouse-core`.

pub(crate) mod keyvalue;
pub(crate) mod v0_1;
