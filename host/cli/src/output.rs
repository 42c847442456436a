//! What the program prints.
//!
//! | where | for people | with `--json` |
//! | --- | --- | --- |
//! | stdout | what guests write to their stdout | one JSON object a line for each event |
//! | stderr | everything else: events, receipts, progress, guests' stderr | notes and errors |

pub(crate) mod escape;
mod human;
mod json;
mod lines;
mod printer;
mod progress;
mod receipt;

pub(crate) use human::Detail;
pub(crate) use printer::{Control, Format, Options, Printer, Thread};
