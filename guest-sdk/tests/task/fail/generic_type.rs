use dormouse_guest::{BackgroundTask, BackgroundTaskInstance, TaskError};

struct Sweep<T>(T);

impl<T> Default for Sweep<T> {
    fn default() -> Self {
        panic!("never made: it does not compile")
    }
}

#[dormouse_guest::task]
impl<T> BackgroundTask for Sweep<T> {
    async fn run(self, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        let _ = instance;
        Ok(())
    }
}

fn main() {}
