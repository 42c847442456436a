//! Waits for something that nobody can ever bring about (UWP-088).

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    std::future::pending().await
}

fn main() {}
