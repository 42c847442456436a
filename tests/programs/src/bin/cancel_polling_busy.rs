//! Computes without ever waiting, and asks now and then whether it is cancelled: the cancellation arrives
//! while `run` executes (UWP-081).

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{compute, say};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(1);
    loop {
        compute();
        if let Some(cancellation) = instance.cancellation_requested() {
            say(cancellation.reason);
            return Ok(());
        }
    }
}

fn main() {}
