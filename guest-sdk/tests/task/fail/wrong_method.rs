use dormouse_guest::{BackgroundTask, BackgroundTaskInstance};

#[derive(Default)]
struct Sweep;

#[dormouse_guest::task]
impl BackgroundTask for Sweep {
    async fn run(self, instance: BackgroundTaskInstance) -> Result<(), String> {
        let _ = instance;
        Ok(())
    }
}

fn main() {}
