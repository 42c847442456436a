//! Gives texts of a megabyte for everything that takes one: all are refused, by their length or as unknown, and
//! what is set again in their place is taken.

use std::time::Duration;

use dormouse_guest::registration::{
    self, CronTrigger, FilesystemTrigger, IfExists, RegistrationErrorKind, SocketTrigger, TaskBuilder,
    Trigger,
};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(_: BackgroundTaskInstance) -> Result<(), TaskError> {
    let long = "x".repeat(1024 * 1024);
    let good = TaskBuilder::new("good").entry_point("main").trigger(Trigger::every(Duration::from_secs(60)));
    let bad = [
        TaskBuilder::new(&*long).entry_point("main").trigger(Trigger::every(Duration::from_secs(60))),
        good.clone().entry_point(&*long),
        good.clone().group(&*long),
        good.clone().condition(&*long),
        good.clone().trigger(Trigger::signal(&*long)),
        good.clone().trigger(Trigger::message(&*long)),
        good.clone().trigger(Trigger::cron(&*long)),
        good.clone().trigger(CronTrigger::new("* * * * *").in_time_zone(&*long)),
        good.clone().trigger(FilesystemTrigger::new(&*long)),
        good.clone().trigger(SocketTrigger::tcp(&*long)),
    ];
    for builder in bad {
        let error = builder.register(IfExists::Error).expect_err("it is too long");
        assert_eq!(error.kind, RegistrationErrorKind::Invalid, "{error}");
        assert!(error.message.len() < 1024, "{} bytes", error.message.len());
        say(error);
    }
    assert_eq!(
        registration::unregister(&long, true).map_err(|e| e.kind),
        Err(RegistrationErrorKind::NotFound)
    );
    assert_eq!(registration::group_tasks(&long), []);
    assert_eq!(registration::tasks().len(), 1);
    good.register(IfExists::Error)?;
    Ok(())
}

fn main() {}
