//! Everything that reads what strangers write, given what no stranger would think of.
//!
//! A [`Target`] is one reader: a parser, an archive, a socket. It is given bytes, answers what came of them, and knows
//! what must never come of them; beyond "no panic" that is, where there is one, a second opinion: what was read can be
//! written and read again, another reader sees the same, the pieces in which bytes arrive make no difference.
//!
//! A [`Campaign`] makes the bytes. It begins with what is in `corpus/` and with the target's own examples, and changes
//! them; what gets a kind of answer that was not seen before is changed further. Everything is drawn from one number, so
//! that the same number finds the same again:
//!
//! | run | how long | which number |
//! | --- | --- | --- |
//! | `cargo nextest run`, a test for each target | some hundred inputs | always the same |
//! | `bash .ci/fuzz [MINUTES] [TARGET]` | as long as it is told | another each time, and it says which |
//!
//! What breaks a target is made smaller, and is written to `corpus/TARGET/`. It stays there, with a name that says what
//! it was: from then on it is tried first, always.
//!
//! The inputs are drawn by `proptest`, as those of all other properties here are. Libraries that follow the coverage of
//! the code get deeper into it; they draw other inputs in each run of the tests, and need the whole host built once more,
//! with its compiler, for themselves. A target takes plain bytes, so nothing here is in their way.

mod answer;
mod bytes;
mod campaign;
mod corpus;
mod panics;
pub mod targets;

pub use answer::{Answer, Target, Wrong, refused, taken};
pub use bytes::Bytes;
pub use campaign::{Campaign, Found, Report};
pub use corpus::{Corpus, CorpusError};
