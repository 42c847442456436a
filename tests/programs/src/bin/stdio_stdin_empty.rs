//! Reads stdin, which is at its end, and writes to both outputs: `to stdout` and `to stderr`.

use std::io::{Read as _, Write as _};

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    assert!(input.is_empty(), "{input:?}");
    say("to stdout");
    writeln!(std::io::stderr(), "to stderr")?;
    Ok(())
}

fn main() {}
