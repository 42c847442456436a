//! Says that it is there, by a deferral, and computes until it is killed.

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.get_deferral()?.complete();
    loop {
        std::hint::black_box(());
    }
}

fn main() {}
