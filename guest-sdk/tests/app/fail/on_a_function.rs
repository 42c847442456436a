use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::app]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let _ = instance;
    Ok(())
}

fn main() {}
