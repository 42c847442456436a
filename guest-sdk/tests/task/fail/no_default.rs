use dormouse_guest::{BackgroundTask, BackgroundTaskInstance, TaskError};

struct Sweep;

#[dormouse_guest::task]
impl BackgroundTask for Sweep {
    async fn run(self, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        let _ = instance;
        Ok(())
    }
}

fn main() {}
