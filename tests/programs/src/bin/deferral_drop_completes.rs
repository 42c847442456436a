//! Drops its deferrals, one with a future that ends and one by leaving a scope. Dropping completes: the
//! run succeeds.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    {
        let _dropped_here = instance.get_deferral()?;
    }
    let dropped_later = instance.get_deferral()?;
    dormouse_guest::spawn(async move {
        let _dropped_later = dropped_later;
        assert_eq!(instance.sleep(Duration::from_millis(20)).await, None);
        instance.set_progress(1);
    });
    Ok(())
}

fn main() {}
