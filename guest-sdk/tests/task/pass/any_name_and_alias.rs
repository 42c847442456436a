#![deny(warnings, unsafe_code)]

use dormouse_guest::{BackgroundTaskInstance as Instance, TaskError, task};

type Outcome = Result<(), TaskError>;

/// Documented, and public.
#[task]
pub async fn sweep_the_nest(mut _instance: Instance) -> Outcome {
    std::fs::remove_file("/temp/x")?;
    Err(TaskError::failed("nothing left"))
}

fn main() {}
