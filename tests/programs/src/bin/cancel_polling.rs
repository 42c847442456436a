//! Asks whether it is cancelled every ten milliseconds, and never looks at what `sleep` returns.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(1);
    loop {
        if let Some(cancellation) = instance.cancellation_requested() {
            say(cancellation.reason);
            return Ok(());
        }
        let _ = instance.sleep(Duration::from_millis(10)).await;
    }
}

fn main() {}
