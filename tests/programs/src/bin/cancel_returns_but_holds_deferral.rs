//! Returns as soon as it is cancelled, but keeps a deferral: the run has not ended, and is ended by force
//! after its grace (UWP-084).

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    dormouse_guest::spawn(async move {
        std::future::pending::<()>().await;
        deferral.complete();
    });
    instance.set_progress(1);
    let cancellation = instance.sleep(Duration::from_secs(24 * 60 * 60)).await;
    assert!(cancellation.is_some());
    Ok(())
}

fn main() {}
