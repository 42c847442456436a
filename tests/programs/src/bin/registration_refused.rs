//! Tries to register what cannot be, and prints each error as `Kind: message`. Expects to be declared for
//! application, time, system, filesystem and socket triggers, to have nothing granted, and to be the app's only
//! registration, which it still is at the end (UWP-006).

use std::time::Duration;

use dormouse_guest::registration::{
    self, FilesystemTrigger, IfExists, Overlap, SocketTrigger, SystemEvent, TaskBuilder, Trigger,
};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

fn tries(builder: &TaskBuilder) {
    let error = builder.validate().expect_err("it is not valid");
    let again = builder.register(IfExists::ReplaceIfDifferent).expect_err("it cannot be registered");
    assert_eq!(error, again, "UWP-026: it is the same before and then");
    assert_eq!(registration::tasks().len(), 1, "UWP-006: {error}");
    say(format_args!("{:?}: {}", error.kind, error.message));
}

fn main_on(trigger: impl Into<Trigger>) -> TaskBuilder {
    TaskBuilder::new("bad").entry_point("main").trigger(trigger)
}

#[dormouse_guest::task]
async fn run(_: BackgroundTaskInstance) -> Result<(), TaskError> {
    let minute = Duration::from_secs(60);
    let every = || main_on(Trigger::every(minute));
    // UWP-001, UWP-011: tasks without an entry point would be the app itself, of which there is none here.
    tries(&TaskBuilder::new("bad").entry_point("main"));
    tries(&TaskBuilder::new("bad").trigger(Trigger::every(minute)));
    // UWP-008, UWP-010.
    tries(&every().entry_point("other"));
    tries(&every().entry_point("Main"));
    // UWP-009.
    tries(&main_on(Trigger::signal("t")));
    tries(&main_on(FilesystemTrigger::new("/secret")));
    tries(&main_on(SocketTrigger::tcp("127.0.0.1:8080")));
    // UWP-012.
    tries(&main_on(Trigger::Application));
    tries(&main_on(Trigger::every(Duration::ZERO)));
    tries(&main_on(SocketTrigger::tcp("localhost")));
    tries(&every().condition("user-presnet"));
    tries(&(0..17).fold(every(), |task, n| task.condition(format!("custom:c{n}"))));
    tries(&every().overlap(Overlap::Queue(0)));
    tries(&every().attempts(0));
    tries(&TaskBuilder::new("").entry_point("main").trigger(Trigger::every(minute)));

    let valid = main_on(Trigger::system(SystemEvent::UserPresent));
    let warnings = valid.clone().condition("user-present").condition("user-not-present").validate()?;
    assert_eq!(warnings, ["`user-present` and `user-not-present` never hold together"], "UWP-064");
    assert_eq!(valid.validate()?, [""; 0]);
    assert_eq!(registration::tasks().len(), 1, "UWP-026: validating registers nothing");
    Ok(())
}

fn main() {}
