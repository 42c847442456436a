//! A task of the world `task-sync` that makes as many builders as its arguments say and keeps them all, then
//! registers with the last of them.

mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "task-sync" });
}

use bindings::dormouse::background::instance::BackgroundTaskInstance;
use bindings::dormouse::background::registration::{
    IfExists, Misfire, TaskBuilder, TimeTrigger, Trigger, all_tasks,
};
use bindings::dormouse::background::types::{TaskError, TriggerDetails};
use bindings::exports::dormouse::background::background_task_sync::Guest;

struct Task;

impl Guest for Task {
    fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        let TriggerDetails::Application(arguments) = instance.trigger_details() else { panic!() };
        let many: usize = str::from_utf8(&arguments).ok().and_then(|n| n.parse().ok()).expect("a number");
        let builders: Vec<TaskBuilder> = (0..many).map(|_| TaskBuilder::new("sync")).collect();
        let last = builders.last().expect("at least one");
        last.set_entry_point("main");
        let misfire = Misfire::Coalesce;
        last.set_trigger(&Trigger::Time(TimeTrigger { every_s: 60, one_shot: false, misfire, jitter_s: 0 }));
        let made = last.register(IfExists::Error).map_err(|error| TaskError::Failed(error.message))?;
        assert!(all_tasks().iter().any(|task| task.id == made.id));
        Ok(())
    }
}

#[expect(unsafe_code, reason = "an export is found by its name")]
mod export {
    use super::{Task, bindings};

    bindings::export!(Task with_types_in bindings);
}

fn main() {}
