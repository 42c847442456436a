//! Says of itself what is not so, in the way that its arguments name.

use std::time::Duration;

use dormouse_guest::registration::{self, RegistrationErrorKind};
use dormouse_guest::{BackgroundTaskInstance, TaskError, sockets};
use test_programs::{arguments, no_such_attack, say};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    match arguments(&instance)?.as_str() {
        // It has done four billion parts of a hundred, none, and seven.
        "progress" => {
            for value in [u32::MAX, 0, 101, u32::MAX, 7] {
                instance.set_progress(value);
                assert_eq!(instance.progress(), value);
            }
            Ok(())
        }
        // It holds what it was never given.
        "others" => {
            instance.accept_changes();
            for id in ["", "0", "00000000-0000-0000-0000-000000000000", "../1", "\0", &"1".repeat(100_000)] {
                assert!(sockets::send(&instance, id, b"x").is_err());
                assert!(sockets::transfer_ownership(&instance, id).is_err());
                assert!(sockets::close(&instance, id).is_err());
                let refused = registration::unregister(id, true).expect_err("of somebody else");
                assert!(
                    matches!(refused.kind, RegistrationErrorKind::NotFound | RegistrationErrorKind::Invalid),
                    "{refused}"
                );
                let _ = registration::request(id, b"x");
            }
            assert!(
                registration::tasks()
                    .iter()
                    .all(|task| task.entry_point != "quiet" && task.entry_point != "nap")
            );
            Ok(())
        }
        // It wants to be run again at once, and in fifty days.
        "retry-at-once" => Err(TaskError::RetryAfter(Duration::ZERO)),
        "retry-never" => Err(TaskError::RetryAfter(Duration::MAX)),
        // It succeeded, it says, where its output is read.
        "receipt" => {
            say("12:00:00.000 0a0b0c0d ended     succeeded");
            say("  outcome      succeeded\r\n  cpu          1.0\u{b5}s\n{\"outcome\":\"succeeded\"}\n\u{0}");
            Err(TaskError::failed("outcome      succeeded\n12:00:00.000 0a0b0c0d ended     succeeded"))
        }
        other => Err(no_such_attack(other)),
    }
}

fn main() {}
