//! The background task of `app_hosts_tasks` in a component of its own (UWP-120): see `test_programs::hosted`.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::hosted;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    hosted::run(instance).await
}

fn main() {}
