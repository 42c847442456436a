//! Counts its runs in `/local/runs` and prints the count: the folder outlives the run, the update and the
//! host.

use std::{fs, io};

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let before: u32 = match fs::read_to_string("/local/runs") {
        Ok(text) => text.parse()?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
        Err(e) => return Err(e.into()),
    };
    fs::write("/local/runs", (before + 1).to_string())?;
    say(before + 1);
    Ok(())
}

fn main() {}
