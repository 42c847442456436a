//! Returns while a spawned future still sleeps, and without a deferral. The run ends at once and the
//! future is dropped with the instance: progress 99 is never seen (UWP-072).

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(1);
    dormouse_guest::spawn(async move {
        let _ = instance.sleep(Duration::from_millis(50)).await;
        instance.set_progress(99);
    });
    Ok(())
}

fn main() {}
