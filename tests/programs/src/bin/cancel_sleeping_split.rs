//! Sleeps for a hundred days, which is more than one call can carry. The cancellation wakes it at once and
//! ends the whole wait, not just one part of it.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(1);
    let cancellation = instance.sleep(Duration::from_secs(100 * 24 * 60 * 60)).await;
    assert_eq!(cancellation, instance.cancellation_requested());
    assert!(cancellation.is_some());
    Ok(())
}

fn main() {}
