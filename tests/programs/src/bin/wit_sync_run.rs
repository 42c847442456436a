//! A task of the world `task-sync`, without any async function, as toolchains make it that cannot bind
//! one. Without arguments it sleeps twice and succeeds with progress 2. With the argument `canceled` it
//! sleeps for a day, which the cancellation ends at once; with `waits` it waits for that alone.

mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "task-sync" });
}

use bindings::dormouse::background::instance::{BackgroundTaskInstance, Deferral};
use bindings::dormouse::background::types::{TaskError, TriggerDetails};
use bindings::dormouse::background::waiting_sync::{canceled, sleep};
use bindings::exports::dormouse::background::background_task_sync::Guest;

struct Task;

impl Guest for Task {
    fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        if let TriggerDetails::Application(arguments) = instance.trigger_details()
            && arguments == b"canceled"
        {
            return canceled_run(&instance);
        }
        if matches!(instance.trigger_details(), TriggerDetails::Application(arguments) if arguments == b"waits")
        {
            canceled(&instance);
            return Ok(());
        }
        let deferral = instance.get_deferral().map_err(|e| TaskError::Failed(e.to_string()))?;
        for step in 1..=2 {
            assert!(sleep(&instance, 20).is_none());
            instance.set_progress(step);
        }
        Deferral::complete(deferral);
        Ok(())
    }
}

fn canceled_run(instance: &BackgroundTaskInstance) -> Result<(), TaskError> {
    instance.set_progress(1);
    let told = sleep(instance, 24 * 60 * 60 * 1000).expect("nobody waits for a day");
    for again in [sleep(instance, 1000), canceled(instance), instance.cancellation_requested()] {
        assert_eq!(again.expect("every way tells it").policy, told.policy);
    }
    Ok(())
}

#[expect(unsafe_code, reason = "an export is found by its name")]
mod export {
    use super::{Task, bindings};

    bindings::export!(Task with_types_in bindings);
}

fn main() {}
