//! Leaves a mark in its memory, which the next run must not find: every run has an instance of its own
//! (UWP-070, UWP-057). Run it at least twice.

use std::sync::atomic::{AtomicU32, Ordering};

use dormouse_guest::{BackgroundTaskInstance, TaskError};

static RUNS: AtomicU32 = AtomicU32::new(0);

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    assert_eq!(RUNS.fetch_add(1, Ordering::Relaxed), 0, "an earlier run left its memory behind");
    assert_eq!(instance.progress(), 0, "an earlier run left its progress behind");
    instance.set_progress(1);
    Ok(())
}

fn main() {}
