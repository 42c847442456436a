//! What type the exported `run` has. wasmtime looks at that when it is called, which is too late for whoever installs it.

use wasmtime::component::types::{Component, ComponentFunc, ComponentItem};
use wasmtime::component::{ResourceType, Type};

use super::ComponentError;
use crate::bindings::v0_1;

/// The type of `run`, as the contract has it.
const RUN: &str = "run: func(instance: background-task-instance) -> result<_, task-error>";

/// Checks the function `run` of the interface `export`. `component` is the component's type with the host's resources in
/// it.
pub(super) fn check(
    engine: &wasmtime::Engine,
    component: &Component,
    export: &str,
) -> Result<(), ComponentError> {
    let found = component.get_export(engine, export).and_then(|task| match task.ty {
        ComponentItem::ComponentInstance(task) => task.get_export(engine, "run").map(|run| run.ty),
        _ => None,
    });
    match found {
        Some(ComponentItem::ComponentFunc(run)) if is_run(&run) => Ok(()),
        _ => Err(ComponentError::WorldMismatch { reason: format!("`{export}` must have `{RUN}`") }),
    }
}

fn is_run(run: &ComponentFunc) -> bool {
    let mut parameters = run.params().map(|(_, ty)| ty);
    let mut results = run.results();
    let takes_itself = match (parameters.next(), parameters.next()) {
        (Some(Type::Own(resource)), None) => resource == ResourceType::host::<v0_1::Instance>(),
        _ => false,
    };
    let answers = match (results.next(), results.next()) {
        (Some(Type::Result(answer)), None) => answer.ok().is_none() && answer.err().is_some_and(is_error),
        _ => false,
    };
    takes_itself && answers
}

fn is_error(ty: Type) -> bool {
    let Type::Variant(error) = ty else { return false };
    let mut cases = error.cases().map(|case| (case.name, case.ty));
    matches!(
        (cases.next(), cases.next(), cases.next()),
        (Some(("failed", Some(Type::String))), Some(("retry-after-ms", Some(Type::U32))), None)
    )
}
