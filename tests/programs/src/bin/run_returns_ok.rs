//! Returns at once: the shortest run there is (UWP-072).

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    Ok(())
}

fn main() {}
