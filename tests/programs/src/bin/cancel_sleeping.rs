//! Sleeps for a day. The cancellation wakes it at once.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(1);
    let cancellation = instance.sleep(Duration::from_secs(24 * 60 * 60)).await;
    let cancellation = cancellation.expect("nobody waits for a day");
    say(cancellation.reason);
    Ok(())
}

fn main() {}
