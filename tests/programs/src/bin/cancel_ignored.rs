//! Is told of its cancellation and does nothing about it: no return, no CPU, no call to the host. It is
//! ended by force after its grace (UWP-083).

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(1);
    let _ = instance.canceled().await;
    std::future::pending().await
}

fn main() {}
