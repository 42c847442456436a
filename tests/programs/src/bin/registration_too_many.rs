//! Registers until it is refused; prints how often it was not. What it unregisters it may register again.

use dormouse_guest::registration::{self, IfExists, RegistrationErrorKind, TaskBuilder, Trigger};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(_: BackgroundTaskInstance) -> Result<(), TaskError> {
    let builder = TaskBuilder::new("flood").entry_point("main").trigger(Trigger::signal("t"));
    let mut made = Vec::new();
    let error = loop {
        match builder.register(IfExists::AllowDuplicate) {
            Ok(task) => made.push(task.id),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind, RegistrationErrorKind::TooMany, "{error}");
    say(made.len());
    registration::unregister(&made[0], false)?;
    builder.register(IfExists::AllowDuplicate)?;
    // In the place of another it takes no room.
    builder.condition("user-present").register(IfExists::ReplaceIfDifferent)?;
    Ok(())
}

fn main() {}
