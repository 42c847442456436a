//! Returns with a deferral that a future holds and never completes, whatever happens. The budget ends the
//! run (UWP-076, UWP-077), and as the future does not react to that either, the sandbox is taken away.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    dormouse_guest::spawn(async move {
        let _ = instance.sleep(Duration::from_secs(24 * 60 * 60)).await;
        std::future::pending::<()>().await;
        deferral.complete();
    });
    Ok(())
}

fn main() {}
