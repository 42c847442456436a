//! Divides by zero. Rust checks for that, so this traps by panic: `attempt to divide by zero` on stderr.

use std::hint::black_box;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(100 / black_box(0));
    Ok(())
}

fn main() {}
