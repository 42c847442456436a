//! Registers one name again and again, under each policy (UWP-004, UWP-015, UWP-027).

use std::slice::from_ref;
use std::time::Duration;

use dormouse_guest::registration::{self, IfExists, RegistrationErrorKind, TaskBuilder, Trigger};
use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(_: BackgroundTaskInstance) -> Result<(), TaskError> {
    let named = || registration::tasks().into_iter().filter(|task| task.name == "again").collect::<Vec<_>>();
    let hourly = Trigger::every(Duration::from_secs(3600));
    let builder = TaskBuilder::new("again").entry_point("main").trigger(hourly.clone());
    let first = builder.register(IfExists::Error)?;

    let second = builder.register(IfExists::Error).expect_err("it exists");
    assert_eq!(second.kind, RegistrationErrorKind::Exists);
    assert!(second.message.contains(&first.id), "{second}");
    assert_eq!(builder.register(IfExists::ReplaceIfDifferent)?, first, "it says the same");

    let builder = builder.trigger(Trigger::signal("t")).condition("user-present");
    assert_eq!(named(), from_ref(&first), "UWP-015: what is built later changes nothing");
    assert_eq!(builder.register(IfExists::Keep)?, first, "it stays as it is");
    let replaced = builder.register(IfExists::ReplaceIfDifferent)?;
    assert_eq!(replaced.id, first.id, "UWP-027");
    assert_eq!(replaced.trigger, Trigger::signal("t"), "UWP-027");
    assert_eq!(named(), from_ref(&replaced));

    let other = builder.register(IfExists::AllowDuplicate)?;
    assert_ne!(other.id, replaced.id, "UWP-004");
    assert_eq!(named(), [replaced.clone(), other]);

    // A name in a group is another one.
    let grouped = builder.group("org.example.group").register(IfExists::Error)?;
    assert_ne!(grouped.id, replaced.id);
    assert_eq!(named().len(), 2);
    Ok(())
}

fn main() {}
