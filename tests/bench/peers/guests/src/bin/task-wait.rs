//! Says that it is there, by a deferral, and waits until it is told to stop.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    let _ = instance.canceled().await;
    deferral.complete();
    Ok(())
}

fn main() {}
