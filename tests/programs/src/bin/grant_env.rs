//! Sees the environment that was set for it and nothing of its host's. The arguments are what it expects,
//! one `NAME=value` a line, or nothing.

use std::env;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::arguments;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let arguments = arguments(&instance)?;
    let mut expected: Vec<_> = arguments.lines().map(str::to_owned).collect();
    let mut seen: Vec<_> = env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    expected.sort();
    seen.sort();
    assert_eq!(seen, expected);
    assert_eq!(env::args().count(), 0, "a task has no command line");
    Ok(())
}

fn main() {}
