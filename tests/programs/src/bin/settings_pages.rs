//! Keeps more settings than one answer lists, and finds them all.

use dormouse_guest::{BackgroundTaskInstance, TaskError, settings};

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let name = |n: u32| format!("{n:04}");
    for from in [0, 1000, 2000] {
        settings::set_all((from..from + 1000).map(|n| (name(n), "")))?;
    }
    assert!(settings::set_all((0..1001).map(|n| (name(n), ""))).is_err(), "a batch is bounded");
    let names = settings::names()?;
    assert!(names.iter().cloned().eq((0..3000).map(name)), "{} names", names.len());
    Ok(())
}

fn main() {}
