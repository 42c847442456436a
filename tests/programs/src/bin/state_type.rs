//! A task as a type with state of its own: made anew for the run, moved into the future that outlives it.
//! Progress 3 is seen.

use std::time::Duration;

use dormouse_guest::{BackgroundTask, BackgroundTaskInstance, TaskError};

struct Counter {
    steps: u32,
}

impl Default for Counter {
    fn default() -> Self {
        Self { steps: 1 }
    }
}

impl Counter {
    fn step(&mut self) -> u32 {
        self.steps += 1;
        self.steps
    }
}

#[dormouse_guest::task]
impl BackgroundTask for Counter {
    async fn run(mut self, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        let deferral = instance.get_deferral()?;
        instance.set_progress(self.step());
        dormouse_guest::spawn(async move {
            assert_eq!(instance.sleep(Duration::from_millis(20)).await, None);
            instance.set_progress(self.step());
            deferral.complete();
        });
        Ok(())
    }
}

fn main() {}
