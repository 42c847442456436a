//! Waits for its cancellation in a spawned future, after `run` has returned with a deferral open. Its
//! arguments are the reason that it expects. Progress 1 says that it waits, 2 that it was told.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::arguments;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let expected = arguments(&instance)?;
    let deferral = instance.get_deferral()?;
    dormouse_guest::spawn(async move {
        instance.set_progress(1);
        let cancellation = instance.canceled().await.expect("the deferral is open");
        assert_eq!(cancellation.reason.as_str(), expected);
        instance.set_progress(2);
        deferral.complete();
    });
    Ok(())
}

fn main() {}
