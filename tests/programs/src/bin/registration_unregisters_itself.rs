//! Unregisters itself. With the argument `cancel`, with its own run: it hears that it is done, and is then told
//! `abort` (UWP-022). Otherwise it goes on to its end (UWP-021).

use std::time::Duration;

use dormouse_guest::registration::{self, RegistrationErrorKind};
use dormouse_guest::{BackgroundTaskInstance, CancellationReason, TaskError};
use test_programs::arguments;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let cancel = arguments(&instance)? == "cancel";
    let me = instance.activation().registration_id;
    registration::unregister(&me, cancel)?;
    assert_eq!(registration::tasks(), []);
    let again = registration::unregister(&me, cancel).expect_err("it is gone");
    assert_eq!(again.kind, RegistrationErrorKind::NotFound);
    let told = instance.sleep(Duration::from_secs(1)).await;
    if cancel {
        let told = told.expect("it cancelled itself");
        assert_eq!(told.reason, CancellationReason::Abort);
        assert_eq!(told.policy, "unregister");
    } else {
        assert_eq!(told, None);
    }
    Ok(())
}

fn main() {}
