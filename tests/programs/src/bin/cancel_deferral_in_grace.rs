//! Takes a deferral after it was told of the cancellation and within its grace, which is still allowed,
//! and completes it in time: a clean cancel.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(1);
    assert!(instance.canceled().await.is_some());
    let deferral = instance.get_deferral()?;
    dormouse_guest::spawn(async move {
        instance.set_progress(2);
        deferral.complete();
    });
    Ok(())
}

fn main() {}
