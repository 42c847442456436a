//! Runs after its package was updated (UWP-051) and says from which version to which.

use dormouse_guest::{BackgroundTaskInstance, TaskError, TriggerDetails};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    assert_eq!(instance.trigger_details(), TriggerDetails::None);
    let of = |name| std::env::var(name).unwrap_or_else(|_| "unset".to_owned());
    say(format_args!("updated {} to {}", of("DORMOUSE_UPDATED_FROM"), of("DORMOUSE_UPDATED_TO")));
    Ok(())
}

fn main() {}
