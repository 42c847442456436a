//! Expects a custom signal and prints its topic, its content type and its body, a line each.

use dormouse_guest::{BackgroundTaskInstance, TaskError, TriggerDetails};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let TriggerDetails::Message(message) = instance.trigger_details() else {
        return Err(TaskError::failed("not woken by a message"));
    };
    say(&message.topic);
    say(&message.content_type);
    say(String::from_utf8(message.body)?);
    Ok(())
}

fn main() {}
