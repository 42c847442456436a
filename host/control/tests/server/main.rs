//! The server, with a real host behind it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connections;
mod contract;
mod directories;
mod document;
mod lifecycle;
mod limits;
mod machine;
mod requests;
mod streams;
mod transport;
mod validator;
