//! Waits for its cancellation inside `run` and succeeds. Its arguments are the reason that it expects,
//! as in `abort` (UWP-081, UWP-082, UWP-118). Prints the policy and the grace.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, say};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let expected = arguments(&instance)?;
    assert_eq!(instance.cancellation_requested(), None);
    instance.set_progress(1);
    let cancellation = instance.canceled().await.expect("it is resolved by nothing else");
    assert_eq!(cancellation.reason.as_str(), expected);
    say(format_args!("policy={}", cancellation.policy));
    say(format_args!("grace-ms={}", cancellation.grace.as_millis()));
    Ok(())
}

fn main() {}
