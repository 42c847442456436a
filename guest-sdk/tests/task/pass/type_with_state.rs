#![deny(warnings, unsafe_code)]

mod nest {
    use dormouse_guest::{BackgroundTask, BackgroundTaskInstance, TaskError};

    #[derive(Default)]
    struct Sweep {
        removed: u32,
    }

    #[dormouse_guest::task]
    impl BackgroundTask for Sweep {
        async fn run(mut self, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
            self.removed += 1;
            instance.set_progress(self.removed);
            Ok(())
        }
    }
}

fn main() {}
