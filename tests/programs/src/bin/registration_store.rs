//! Registers while the host's store does not do its work. With the argument `full` it is told `unavailable`,
//! without what is the host's own business. With `hangs` it waits, until it is cancelled, and is told then.

use std::time::Duration;

use dormouse_guest::registration::{self, IfExists, RegistrationErrorKind, TaskBuilder, Trigger};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::arguments;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let full = arguments(&instance)? == "full";
    let me = instance.activation().registration_id;
    let builder = TaskBuilder::new("more").entry_point("main").trigger(Trigger::signal("t"));
    instance.set_progress(1);
    let error = builder.register(IfExists::Error).expect_err("it cannot be kept");
    assert_eq!(error.kind, RegistrationErrorKind::Unavailable, "{error}");
    assert!(!error.message.contains("secret"), "{error}");
    if full {
        let error = registration::unregister(&me, true).expect_err("it cannot be removed");
        assert_eq!(error.kind, RegistrationErrorKind::Unavailable, "{error}");
        assert_eq!(registration::tasks().len(), 1, "UWP-006");
        assert_eq!(instance.sleep(Duration::from_secs(1)).await, None, "nothing was cancelled");
    } else {
        assert!(instance.cancellation_requested().is_some());
    }
    Ok(())
}

fn main() {}
