//! Makes a thumbnail of one picture.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    std::hint::black_box(peer_work::thumbnail());
    Ok(())
}

fn main() {}
