use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task(name = "sweep")]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let _ = instance;
    Ok(())
}

fn main() {}
