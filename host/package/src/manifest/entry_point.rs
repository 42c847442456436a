//! `[entry-points]`: the components that can be run.

use std::collections::BTreeMap;

use dormouse_core::TriggerKind;
use dormouse_core::registration::NAME_LEN_MAX;

use super::document::{Document, KeyPath};
use super::error::{ManifestError, Problem};
use super::values::{at_most, line};
use super::{ENTRY_POINTS_MAX, MANIFEST_NAME, raw};
use crate::digest::Contents;
use crate::path::PackagePath;
use crate::text::excerpt;

/// A component that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint {
    /// The component's path in the package.
    pub component: PackagePath,
    /// The kinds of trigger that may wake it (UWP-009). None only for an update task.
    pub triggers: Vec<TriggerKind>,
}

/// Understands `[entry-points]`.
pub(super) fn entry_points(
    raw: &BTreeMap<String, raw::EntryPoint>,
    update_task: Option<&str>,
    contents: Option<&Contents>,
    document: &Document<'_>,
) -> Result<BTreeMap<String, EntryPoint>, ManifestError> {
    let all = KeyPath::root("entry-points");
    at_most(ENTRY_POINTS_MAX, raw.len()).map_err(|problem| document.error(&all, problem))?;
    if let Some(name) = update_task.filter(|name| !raw.contains_key(*name)) {
        let problem = Problem::UpdateTask {
            name: excerpt(name),
            known: raw.keys().map(|name| excerpt(name)).collect(),
        };
        return Err(document.error(&KeyPath::root("package").key("update-task"), problem));
    }
    let mut understood = BTreeMap::new();
    for (name, raw) in raw {
        let path = all.key(name);
        line(name, NAME_LEN_MAX).map_err(|problem| document.error(&path, problem))?;
        let component = component(&raw.component, contents);
        let component = component.map_err(|problem| document.error(&path.key("component"), problem))?;
        let mut triggers = Vec::new();
        for (index, text) in raw.triggers.iter().enumerate() {
            let at = |problem| document.error(&path.key("triggers").index(index), problem);
            let kind = text.parse::<TriggerKind>().map_err(|error| at(error.into()))?;
            if triggers.contains(&kind) {
                return Err(at(Problem::TriggerTwice { kind }));
            }
            triggers.push(kind);
        }
        if triggers.is_empty() && update_task != Some(name.as_str()) {
            return Err(document.error(&path.key("triggers"), Problem::NoTriggers));
        }
        understood.insert(name.clone(), EntryPoint { component, triggers });
    }
    Ok(understood)
}

/// A component by its path in the package.
pub(super) fn component(text: &str, contents: Option<&Contents>) -> Result<PackagePath, Problem> {
    let component = PackagePath::new(text)?;
    if component.as_str() == MANIFEST_NAME {
        return Err(Problem::ManifestAsComponent);
    }
    if contents.is_some_and(|contents| !contents.contains_key(&component)) {
        return Err(Problem::ComponentMissing { path: component.to_string() });
    }
    Ok(component)
}
