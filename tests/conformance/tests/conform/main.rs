//! The cases, on the library and through the built program, and what the program makes of what is no adapter.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod areas;
mod program;
mod specification;
