//! What types the exported functions have. wasmtime looks at that when there is an instance, which is too late for whoever
//! installs the component.

use wasmtime::component::types::{Component, ComponentFunc, ComponentItem};
use wasmtime::component::{ComponentNamedList, Lift, Lower, Resource, Type};

use super::ComponentError;
use super::contract::{LIFECYCLE, TASK, TASK_EVENTS, TASK_SYNC};
use crate::bindings::v0_1::app::{Transition, app_types, task_events};
use crate::bindings::v0_1::{Instance, types::TaskError};

/// A function that the contract has a component export.
pub(super) struct Signature {
    interface: &'static str,
    name: &'static str,
    /// Its type, as the contract has it.
    contract: &'static str,
    fits: fn(&Component, &ComponentFunc) -> bool,
}

type Answer = (Result<(), TaskError>,);

const fn run(interface: &'static str) -> Signature {
    Signature {
        interface,
        name: "run",
        contract: "func(instance: background-task-instance) -> result<_, task-error>",
        fits: fits::<(Resource<Instance>,), Answer>,
    }
}

const fn of_app<P: ComponentNamedList + Lower + 'static, R: ComponentNamedList + Lift + 'static>(
    interface: &'static str,
    name: &'static str,
    contract: &'static str,
) -> Signature {
    Signature { interface, name, contract, fits: fits::<P, R> }
}

/// Of a task.
pub(super) const OF_TASK: &[Signature] = &[run(TASK)];
/// Of a task without async functions.
pub(super) const OF_TASK_SYNC: &[Signature] = &[run(TASK_SYNC)];
/// Of an app.
pub(super) const OF_APP: &[Signature] = &[
    of_app::<(app_types::LaunchArgs,), ()>(LIFECYCLE, "launched", "async func(args: launch-args)"),
    of_app::<(app_types::ActivatedArgs,), ()>(LIFECYCLE, "activated", "async func(args: activated-args)"),
    of_app::<(Resource<Instance>,), Answer>(
        LIFECYCLE,
        "background-activated",
        "async func(instance: background-task-instance) -> result<_, task-error>",
    ),
    of_app::<(String, Resource<Instance>), Answer>(
        LIFECYCLE,
        "group-activated",
        "async func(group: string, instance: background-task-instance) -> result<_, task-error>",
    ),
    of_app::<(Resource<Transition>,), ()>(
        LIFECYCLE,
        "entered-background",
        "async func(transition: transition)",
    ),
    of_app::<(Resource<Transition>,), ()>(
        LIFECYCLE,
        "leaving-background",
        "async func(transition: transition)",
    ),
    of_app::<(Resource<Transition>,), ()>(LIFECYCLE, "suspending", "async func(transition: transition)"),
    of_app::<(app_types::ResumingArgs,), ()>(LIFECYCLE, "resuming", "async func(args: resuming-args)"),
    of_app::<(app_types::MemoryUsage,), ()>(
        LIFECYCLE,
        "memory-usage-changed",
        "async func(usage: memory-usage)",
    ),
    of_app::<(app_types::MemoryLimit,), ()>(
        LIFECYCLE,
        "memory-limit-changing",
        "async func(limit: memory-limit)",
    ),
    of_app::<(Vec<task_events::TaskCompletion>,), ()>(
        TASK_EVENTS,
        "completed",
        "async func(completions: list<task-completion>)",
    ),
    of_app::<(task_events::TaskProgress,), ()>(
        TASK_EVENTS,
        "progressed",
        "async func(progress: task-progress)",
    ),
];

/// Checks that `component` has all of `functions`. It is the component's type with the host's resources in it.
pub(super) fn check(
    engine: &wasmtime::Engine,
    component: &Component,
    functions: &[Signature],
) -> Result<(), ComponentError> {
    for Signature { interface, name, contract, fits } in functions {
        let found = component.get_export(engine, interface).and_then(|export| match export.ty {
            ComponentItem::ComponentInstance(export) => export.get_export(engine, name).map(|found| found.ty),
            _ => None,
        });
        match found {
            Some(ComponentItem::ComponentFunc(function)) if fits(component, &function) => {}
            _ => {
                let reason = format!("`{interface}` must have `{name}: {contract}`");
                return Err(ComponentError::WorldMismatch { reason });
            }
        }
    }
    Ok(())
}

fn fits<P, R>(component: &Component, function: &ComponentFunc) -> bool
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    // The contract lends no handle to a function that it calls: a guest keeps what it is given.
    let lends = function.params().any(|(_, ty)| matches!(ty, Type::Borrow(_)));
    !lends && function.typecheck::<P, R>(&component.instance_type()).is_ok()
}
