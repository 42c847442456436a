//! Expects a filesystem trigger and prints the paths that it is told, in one line. Fails if the last of them
//! begins with `/data/fail`, in its first attempt only if with `/data/fail-once`; accepts first if it ends with
//! `-accepted` (UWP-054).

use dormouse_guest::{BackgroundTaskInstance, TaskError, TriggerDetails};
use test_programs::say;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let TriggerDetails::StorageChanges(changes) = instance.trigger_details() else {
        return Err(TaskError::failed("not woken by a filesystem trigger"));
    };
    let told: Vec<_> = changes.iter().map(|change| format!("{:?} {}", change.kind, change.path)).collect();
    say(told.join(", "));
    let last = changes.last().map(|change| change.path.as_str()).unwrap_or_default();
    if last.ends_with("-accepted") {
        instance.accept_changes();
    }
    let once = last.starts_with("/data/fail-once");
    if last.starts_with("/data/fail") && !(once && instance.activation().attempt > 1) {
        return Err(TaskError::failed("as told"));
    }
    Ok(())
}

fn main() {}
