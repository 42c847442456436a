//! Forgets its deferral and returns. No future is left that could complete it: `deferral-abandoned`, and
//! at once.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    std::mem::forget(instance.get_deferral()?);
    Ok(())
}

fn main() {}
