//! Returns, completes its last deferral, and then asks for another one in the same turn: the run has
//! ended, and there is none to be had (UWP-079). Prints `ended`.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, DeferralError, TaskError};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    dormouse_guest::spawn(async move {
        assert_eq!(instance.sleep(Duration::from_millis(20)).await, None);
        deferral.complete();
        match instance.get_deferral() {
            Err(DeferralError::Ended) => say("ended"),
            other => say(format_args!("not ended: {other:?}")),
        }
    });
    Ok(())
}

fn main() {}
