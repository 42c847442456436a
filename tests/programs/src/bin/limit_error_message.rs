//! Fails with a message of 8 MiB, far more than anyone reads.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    Err(TaskError::Failed("no ".repeat((8 << 20) / 3)))
}

fn main() {}
