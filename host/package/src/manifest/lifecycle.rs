//! `[app]`: the component that lives longer than one run.

use std::collections::BTreeSet;

use dormouse_core::LimitsRequest;
use dormouse_core::app::activation::{ActivationKind, UnknownActivationKind};
use dormouse_core::app::policy::MemoryAsked;
use dormouse_core::limits::LimitsError;

use super::document::{Document, KeyPath};
use super::entry_point::component;
use super::error::{ManifestError, Problem};
use super::{Manifest, raw};
use crate::digest::Contents;
use crate::path::PackagePath;

/// The component that is launched, suspended and ended, and in which registrations without an entry point run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestApp {
    /// Its path in the package.
    pub component: PackagePath,
    /// What it takes; a launch is always among it.
    pub activations: BTreeSet<ActivationKind>,
    /// Whether it may be launched before anybody asks for it, as long as it says nothing itself (UWP-139).
    pub prelaunch: bool,
    /// What it asks to hold.
    pub memory: MemoryAsked,
}

impl Manifest {
    /// What its app is activated for; empty if it has tasks only.
    #[must_use]
    pub fn activations(&self) -> BTreeSet<ActivationKind> {
        self.app.as_ref().map(|app| app.activations.clone()).unwrap_or_default()
    }

    /// What its app is activated for, and that of `older` was not: worth telling, though it grants nothing to the guest.
    #[must_use]
    pub fn newly_taken(&self, older: Option<&Self>) -> BTreeSet<ActivationKind> {
        &self.activations() - &older.map(Self::activations).unwrap_or_default()
    }
}

/// Understands `[app]`.
pub(super) fn app(
    raw: &raw::App,
    contents: Option<&Contents>,
    document: &Document<'_>,
) -> Result<ManifestApp, ManifestError> {
    let path = KeyPath::root("app");
    let at = |key: &str, problem| document.error(&path.key(key), problem);
    let component = component(&raw.component, contents).map_err(|problem| at("component", problem))?;
    let mut activations = BTreeSet::new();
    for (index, text) in raw.activations.iter().enumerate() {
        let at = |problem| document.error(&path.key("activations").index(index), problem);
        let kind = text.parse().map_err(|error: UnknownActivationKind| at(error.into()))?;
        if !activations.insert(kind) {
            return Err(at(Problem::ActivationTwice { kind }));
        }
    }
    activations.insert(ActivationKind::Launch);
    let [foreground, background] =
        [("foreground-memory", &raw.foreground_memory), ("background-memory", &raw.background_memory)]
            .map(|(key, figure)| bytes(figure.as_ref()).map_err(|error| at(key, error.into())));
    let memory = MemoryAsked { foreground: foreground?, background: background? };
    if let (Some(foreground), Some(background)) = (memory.foreground, memory.background)
        && background > foreground
    {
        return Err(at("background-memory", Problem::BackgroundMemory));
    }
    Ok(ManifestApp { component, activations, prelaunch: raw.prelaunch, memory })
}

/// A number of bytes above zero, as the limit `memory` of a run is read.
fn bytes(figure: Option<&raw::Figure>) -> Result<Option<u64>, LimitsError> {
    let mut request = LimitsRequest::default();
    if let Some(raw::Figure(text)) = figure {
        request.set("memory", text)?;
    }
    Ok(request.memory_bytes)
}
