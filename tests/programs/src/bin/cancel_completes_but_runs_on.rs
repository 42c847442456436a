//! Completes its deferral as soon as it is cancelled, but does not return: the run has not ended, and is
//! ended by force after its grace (UWP-084).

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    instance.set_progress(1);
    assert!(instance.canceled().await.is_some());
    deferral.complete();
    std::future::pending().await
}

fn main() {}
