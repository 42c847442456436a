//! Calls `exit(3)`, which is not how a task ends. Whatever the host makes of it, it is no success, and
//! not the end of the host.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    std::process::exit(3)
}

fn main() {}
