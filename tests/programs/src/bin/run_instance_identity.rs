//! Prints who it is, one `key=value` a line, after checking what holds for every run (UWP-070, UWP-071).

use std::time::UNIX_EPOCH;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let me = instance.activation();
    assert!(!me.instance_id.is_empty());
    assert!(!me.registration_id.is_empty());
    assert_ne!(me.instance_id, me.registration_id);
    assert!(me.attempt >= 1);
    assert!(me.coalesced >= 1);
    assert_eq!(instance.activation(), me, "it does not change while it runs");

    say(format_args!("instance-id={}", me.instance_id));
    say(format_args!("registration-id={}", me.registration_id));
    say(format_args!("name={}", me.name));
    say(format_args!("app={}", me.app));
    say(format_args!("attempt={}", me.attempt));
    say(format_args!("coalesced={}", me.coalesced));
    say(format_args!("fired-at-ms={}", me.fired_at.duration_since(UNIX_EPOCH)?.as_millis()));
    if let Some(scheduled) = me.scheduled_for {
        say(format_args!("scheduled-for-ms={}", scheduled.duration_since(UNIX_EPOCH)?.as_millis()));
    }
    Ok(())
}

fn main() {}
