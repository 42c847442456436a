//! There is one cancellation, and every way to learn of it tells the same, at once and again and again
//! (UWP-081).

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(1);
    let told = instance.canceled().await;
    assert!(told.is_some());
    for _ in 0..3 {
        assert_eq!(instance.cancellation_requested(), told);
        assert_eq!(instance.sleep(Duration::from_secs(60 * 60)).await, told);
        assert_eq!(instance.canceled().await, told);
    }
    Ok(())
}

fn main() {}
