//! Asks for a gibibyte of random numbers in one call. The host refuses to make them, which traps; getting
//! them is a failure.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use wasip2::random::random::get_random_bytes;

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let bytes = get_random_bytes(1 << 30);
    Err(TaskError::failed(format_args!("was given {} bytes", bytes.len())))
}

fn main() {}
