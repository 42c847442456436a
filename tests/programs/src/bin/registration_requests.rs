//! Requests application triggers from inside a task: its own, that of another app, an unknown one
//! and what is no id. All are refused (UWP-046). Its arguments are the id of the other app's registration.

use dormouse_guest::registration::{ApplicationTriggerResult, request};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::arguments;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let foreign = arguments(&instance)?;
    let me = instance.activation().registration_id;
    for id in [&*me, &*me, &*foreign, "", "not an id"] {
        assert_eq!(request(id, b"hello"), ApplicationTriggerResult::DisabledByPolicy, "UWP-046: {id}");
    }
    Ok(())
}

fn main() {}
