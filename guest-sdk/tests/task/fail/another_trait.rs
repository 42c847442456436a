use dormouse_guest::{BackgroundTaskInstance, TaskError};

trait Task {
    async fn run(self, instance: BackgroundTaskInstance) -> Result<(), TaskError>;
}

struct Sweep;

#[dormouse_guest::task]
impl Task for Sweep {
    async fn run(self, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        let _ = instance;
        Ok(())
    }
}

fn main() {}
