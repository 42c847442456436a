use dormouse_guest::{BackgroundTask, BackgroundTaskInstance, TaskError};

#[derive(Default)]
struct Sweep;

impl BackgroundTask for Sweep {
    #[dormouse_guest::task]
    async fn run(self, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        let _ = instance;
        Ok(())
    }
}

fn main() {}
