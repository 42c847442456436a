//! Looks at the app's access to the background, gives it up, and, with the argument `again`, requests it again
//! (UWP-028). Prints what it finds.

use dormouse_guest::registration::{self, AccessStatus};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, say};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    say(registration::access());
    say(registration::request_access()?);
    registration::remove_access()?;
    assert_eq!(registration::access(), AccessStatus::Unspecified);
    assert!(registration::tasks().iter().all(|task| task.access == AccessStatus::Unspecified));
    if arguments(&instance)? == "again" {
        say(registration::request_access()?);
    }
    Ok(())
}

fn main() {}
