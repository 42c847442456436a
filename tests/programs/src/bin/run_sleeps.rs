//! Sleeps as many milliseconds as its arguments say, then succeeds: a run that is busy for a known time,
//! for tests of overlap and of slots (UWP-044, UWP-056). Fails if it is cancelled meanwhile.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::arguments;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let ms: u64 = arguments(&instance)?.parse()?;
    instance.set_progress(1);
    match instance.sleep(Duration::from_millis(ms)).await {
        None => Ok(()),
        Some(cancellation) => Err(TaskError::failed(cancellation)),
    }
}

fn main() {}
