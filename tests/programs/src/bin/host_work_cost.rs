//! Prints what background work costs at present: `Low`, `Medium` or `High`.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    say(format_args!("{:?}", instance.work_cost()));
    Ok(())
}

fn main() {}
