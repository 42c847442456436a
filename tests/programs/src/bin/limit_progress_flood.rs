//! Sets its progress to 1, 2, ... 100000 as fast as it can. A host coalesces, and keeps the last.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    for value in 1..=100_000 {
        instance.set_progress(value);
    }
    assert_eq!(instance.progress(), 100_000);
    Ok(())
}

fn main() {}
