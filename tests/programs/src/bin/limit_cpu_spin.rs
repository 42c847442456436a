//! Computes for ever, with calls to the host in between, and never asks whether it is cancelled: its CPU
//! budget ends it (UWP-087).

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::compute;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    for turn in 0_u32.. {
        compute();
        instance.set_progress(turn);
    }
    Ok(())
}

fn main() {}
