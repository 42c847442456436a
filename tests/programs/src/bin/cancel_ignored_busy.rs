//! Ignores what `sleep` returns: once cancelled its loop spins, and sets progress at every turn. It is
//! ended by force, and nothing that it says is accepted after that (UWP-083, UWP-097).

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    loop {
        let _ = instance.sleep(Duration::from_millis(10)).await;
        instance.set_progress(instance.progress().wrapping_add(1));
    }
}

fn main() {}
