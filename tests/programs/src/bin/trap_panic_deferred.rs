//! Panics in a spawned future, after `run` has returned Ok and before its deferral is complete. The run has
//! trapped all the same.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    dormouse_guest::spawn(async move {
        let _ = instance.sleep(Duration::from_millis(20)).await;
        if instance.cancellation_requested().is_none() {
            panic!("after the return");
        }
        deferral.complete();
    });
    Ok(())
}

fn main() {}
