//! Returns with a deferral open and goes on in a spawned future: progress 1, 2, 3, then it completes the
//! deferral, and the run ends (UWP-073).

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    dormouse_guest::spawn(async move {
        for step in 1..=3 {
            assert_eq!(instance.sleep(Duration::from_millis(20)).await, None);
            instance.set_progress(step);
        }
        deferral.complete();
    });
    Ok(())
}

fn main() {}
