//! Holds three deferrals, which complete in another order than they were taken in. The run ends with the
//! last of them: progress 3 is seen (UWP-074).

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    for (ms, step) in [(60, 3), (20, 1), (40, 2)] {
        let deferral = instance.get_deferral()?;
        let instance = instance.clone();
        dormouse_guest::spawn(async move {
            assert_eq!(instance.sleep(Duration::from_millis(ms)).await, None);
            assert_eq!(instance.progress(), step - 1, "shorter sleeps end first");
            instance.set_progress(step);
            deferral.complete();
        });
    }
    Ok(())
}

fn main() {}
