//! Parses 10 kB of JSON.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    peer_work::json();
    Ok(())
}

fn main() {}
