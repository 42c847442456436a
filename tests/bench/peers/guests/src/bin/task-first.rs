//! Takes a deferral before it does anything else: its host hears of that at once.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.get_deferral()?.complete();
    Ok(())
}

fn main() {}
