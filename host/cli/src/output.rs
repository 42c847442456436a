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
mod page;
mod printer;
mod progress;
mod receipt;
mod sheet;
mod words;

pub(crate) use human::Detail;
pub(crate) use json::outcome_line;
pub(crate) use page::{Page, SIGPIPE, output_failed};
pub(crate) use printer::{Control, Format, Options, Printer, Thread};
pub(crate) use receipt::{size, span};
pub(crate) use sheet::Sheet;
pub(crate) use words::describe_trigger;
