//! Completes its only deferral and then goes on: the run ends when it returns, not before. Progress 2 is
//! seen (UWP-075).

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    instance.set_progress(1);
    deferral.complete();
    assert_eq!(instance.sleep(Duration::from_millis(20)).await, None);
    instance.set_progress(2);
    instance.get_deferral()?.complete();
    Ok(())
}

fn main() {}
