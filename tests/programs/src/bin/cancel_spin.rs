//! Spins from the start, with no cancel handler and no call to the host in the loop (UWP-096).

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(1);
    loop {
        std::hint::spin_loop();
    }
}

fn main() {}
