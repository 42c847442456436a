//! Awaits `canceled` while a spawned future works. When the last deferral completes it resolves with none,
//! though `run` has not returned, so that nobody waits for ever. Prints `none`.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    let working = instance.clone();
    dormouse_guest::spawn(async move {
        assert_eq!(working.sleep(Duration::from_millis(20)).await, None);
        deferral.complete();
    });
    match instance.canceled().await {
        None => say("none"),
        Some(cancellation) => say(cancellation),
    }
    Ok(())
}

fn main() {}
