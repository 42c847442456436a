//! Uses handles that it was not given, or not any more, in the way that its arguments name. Made with the bare
//! bindings: the SDK has no words for it.

mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "task-sync" });
}

use bindings::dormouse::background::instance::{BackgroundTaskInstance, Deferral};
use bindings::dormouse::background::types::{TaskError, TriggerDetails};
use bindings::dormouse::background::waiting_sync::sleep;
use bindings::exports::dormouse::background::background_task_sync::Guest;

struct Task;

#[expect(unsafe_code, reason = "a handle is a number, and any number can be made one")]
fn deferral(handle: u32) -> Deferral {
    // SAFETY: it is not, for the guest: that is the attack. Whatever the number, the host has to see through it.
    unsafe { Deferral::from_handle(handle) }
}

#[expect(unsafe_code, reason = "as above")]
fn instance_of(handle: u32) -> BackgroundTaskInstance {
    // SAFETY: as above.
    unsafe { BackgroundTaskInstance::from_handle(handle) }
}

impl Guest for Task {
    fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
        let TriggerDetails::Application(arguments) = instance.trigger_details() else {
            return Err(TaskError::Failed("no arguments".to_owned()));
        };
        match str::from_utf8(&arguments).unwrap_or_default() {
            // Numbers that stand for nothing.
            "forged" => Deferral::complete(deferral(12_345)),
            "forged-zero" => Deferral::complete(deferral(0)),
            "forged-all" => Deferral::complete(deferral(u32::MAX)),
            // One deferral, completed twice.
            "twice" => {
                let first = instance.get_deferral().expect("the first");
                let again = deferral(first.handle());
                Deferral::complete(first);
                Deferral::complete(again);
            }
            "dropped-twice" => {
                let first = instance.get_deferral().expect("the first");
                drop(deferral(first.handle()));
                drop(first);
            }
            // A deferral that is the instance, and an instance that is a deferral.
            "wrong-kind" => Deferral::complete(deferral(instance.handle())),
            "wrong-kind-too" => {
                let first = instance.get_deferral().expect("the first");
                let other = instance_of(first.handle());
                other.set_progress(1);
            }
            // The instance, when it was given back.
            "after-drop" => {
                let again = instance_of(instance.handle());
                drop(instance);
                again.set_progress(1);
            }
            "sleeps-after-drop" => {
                let again = instance_of(instance.handle());
                drop(instance);
                sleep(&again, 1);
            }
            other => return Err(TaskError::Failed(format!("no such attack: {other}"))),
        }
        Err(TaskError::Failed("it worked".to_owned()))
    }
}

#[expect(unsafe_code, reason = "an export is found by its name")]
mod export {
    use super::{Task, bindings};

    bindings::export!(Task with_types_in bindings);
}

fn main() {}
