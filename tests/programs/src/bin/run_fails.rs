//! Fails with the message `the feed is gone` (UWP-115).

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    Err(TaskError::failed("the feed is gone"))
}

fn main() {}
