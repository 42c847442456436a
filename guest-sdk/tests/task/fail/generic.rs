use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run<T>(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let _ = instance;
    Ok(())
}

fn main() {}
