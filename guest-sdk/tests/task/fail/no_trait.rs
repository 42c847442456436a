use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[derive(Default)]
struct Sweep;

#[dormouse_guest::task]
impl Sweep {
    async fn run(self, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        let _ = instance;
        Ok(())
    }
}

fn main() {}
