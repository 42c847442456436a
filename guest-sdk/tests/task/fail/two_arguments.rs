use dormouse_guest::{BackgroundTaskInstance, TaskError};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance, attempt: u32) -> Result<(), TaskError> {
    let _ = (instance, attempt);
    Ok(())
}

fn main() {}
