//! Fails with `decided early` while a deferral is open, and completes the deferral later. The run ends
//! with the deferral, its result is what was returned: failed, progress 1 (UWP-073, UWP-115).

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    dormouse_guest::spawn(async move {
        assert_eq!(instance.sleep(Duration::from_millis(20)).await, None);
        instance.set_progress(1);
        deferral.complete();
    });
    Err(TaskError::failed("decided early"))
}

fn main() {}
