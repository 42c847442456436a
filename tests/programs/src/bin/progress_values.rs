//! Sets its progress to 0, 7 and the largest number there is (UWP-110), slowly enough that nothing is
//! coalesced.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    assert_eq!(instance.progress(), 0, "0 at first");
    for value in [0, 7, u32::MAX] {
        instance.set_progress(value);
        assert_eq!(instance.progress(), value);
        assert_eq!(instance.sleep(Duration::from_secs(1)).await, None);
    }
    Ok(())
}

fn main() {}
