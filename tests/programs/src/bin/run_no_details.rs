//! Expects a time or cron trigger: its details are empty (UWP-042) and the schedule's moment is told.

use dormouse_guest::{BackgroundTaskInstance, TaskError, TriggerDetails};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    assert_eq!(instance.trigger_details(), TriggerDetails::None);
    let activation = instance.activation();
    let scheduled = activation.scheduled_for.expect("a schedule names its moment");
    assert!(activation.fired_at >= scheduled, "never earlier (UWP-038)");
    Ok(())
}

fn main() {}
