//! Panics. The message `the feed is cursed` is found on stderr (UWP-085).

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    panic!("the feed is cursed");
}

fn main() {}
