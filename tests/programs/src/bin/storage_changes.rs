//! Expects a filesystem trigger and prints its changes, oldest first, one `Kind path` a line.

use dormouse_guest::{BackgroundTaskInstance, StorageChangeKind, TaskError, TriggerDetails};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let TriggerDetails::StorageChanges(changes) = instance.trigger_details() else {
        return Err(TaskError::failed("not woken by a filesystem trigger"));
    };
    assert!(!changes.is_empty(), "woken for nothing");
    for change in changes {
        assert_eq!(change.path.is_empty(), change.kind == StorageChangeKind::ChangesLost, "{change:?}");
        say(format_args!("{:?} {}", change.kind, change.path));
    }
    Ok(())
}

fn main() {}
