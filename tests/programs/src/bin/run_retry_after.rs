//! Asks for another attempt after 1500 ms, and succeeds on the second. Prints `attempt=N`.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let attempt = instance.activation().attempt;
    say(format_args!("attempt={attempt}"));
    if attempt < 2 {
        return Err(TaskError::RetryAfter(Duration::from_millis(1500)));
    }
    Ok(())
}

fn main() {}
