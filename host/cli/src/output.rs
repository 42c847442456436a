//! What the program prints.
//!
//! | where | for people | with `--json` |
//! | --- | --- | --- |
//! | stdout | what guests write to their stdout | one JSON object a line for each event |
//! | stderr | everything else: events, receipts, progress, guests' stderr | notes and errors |

pub(crate) mod escape;
mod human;
mod lines;
mod near;
mod page;
mod printer;
mod progress;
mod receipt;
mod sheet;

pub(crate) use human::{Detail, Sinks, extension, guest_line};
pub(crate) use near::did_you_mean;
pub(crate) use page::{Page, SIGPIPE, json_line, note, output_failed};
pub(crate) use printer::{Control, Format, Options, Printer, Thread};
pub(crate) use receipt::{lines as row_lines, millis, rows as receipt_rows, size, span};
pub(crate) use sheet::Sheet;
