//! Installed apps: components by entry point, and what they are allowed.

use std::collections::BTreeMap;
use std::sync::Arc;

use dormouse_core::{AppId, QuotaPolicy};

use crate::component::Component;
use crate::sandbox::grants::{Asked, Grants};

/// An app to install: its name, its components, what it may use.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) id: AppId,
    pub(crate) components: BTreeMap<String, Component>,
    pub(crate) grants: Grants,
    pub(crate) asked: Option<Asked>,
    pub(crate) quota: Option<QuotaPolicy>,
}

impl App {
    /// An app with no components, no grants and no quota.
    #[must_use]
    pub fn new(id: AppId) -> Self {
        Self { id, components: BTreeMap::new(), grants: Grants::none(), asked: None, quota: None }
    }

    /// One entry point. Names are case-sensitive (UWP-010); a second component under the same name replaces
    /// the first.
    #[must_use]
    pub fn entry_point(mut self, name: impl Into<String>, component: Component) -> Self {
        self.components.insert(name.into(), component);
        self
    }

    /// What its tasks may use beyond computing: directories, network, nothing by default.
    #[must_use]
    pub fn grants(mut self, grants: Grants) -> Self {
        self.grants = grants;
        self
    }

    /// What it asks for. It is then given only what it asks for *and* is granted; without this, whoever
    /// installs it asks for what he grants.
    #[must_use]
    pub fn asks(mut self, asked: Asked) -> Self {
        self.asked = Some(asked);
        self
    }

    /// CPU time for all its runs together, for each window (UWP-105). When it is spent they are paused until
    /// the refill (UWP-104). None by default.
    #[must_use]
    pub fn quota(mut self, quota: QuotaPolicy) -> Self {
        self.quota = Some(quota);
        self
    }
}

/// An app with its handles opened.
pub(crate) struct InstalledApp {
    pub(crate) id: AppId,
    pub(crate) components: BTreeMap<String, Component>,
    pub(crate) entry_points: Vec<String>,
    pub(crate) grants: Arc<Grants>,
}

impl InstalledApp {
    /// `grants` are what it is given in the end, its own folders among them.
    pub(crate) fn new(app: App, grants: Grants) -> Self {
        Self {
            entry_points: app.components.keys().cloned().collect(),
            id: app.id,
            components: app.components,
            grants: Arc::new(grants),
        }
    }
}
