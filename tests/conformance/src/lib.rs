//! What the contract of background tasks promises, as cases that any host can be held against.
//!
//! A case is data: a host's settings, programs, registrations, steps, and what has to come of them. A runner plays it
//! against an *adapter*, which drives one host and says what happened on it, in JSON lines over its standard input and
//! output. `SPEC.md` beside this crate has all that is needed to write one.
//!
//! | to learn about | read |
//! | --- | --- |
//! | what a case says | [`case`], [`matching`] |
//! | what goes over the line | [`protocol`] |
//! | how a case is played and judged | [`runner`], [`order`] |
//! | how an adapter is written in Rust | [`adapter`] |
//! | what comes out | [`report`] |

pub mod adapter;
pub mod case;
pub mod cli;
mod clock;
pub mod hex;
pub mod link;
pub mod matching;
pub mod order;
pub mod programs;
pub mod protocol;
pub mod report;
pub mod runner;
