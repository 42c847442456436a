//! Installed apps: components by entry point, and what they are allowed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use dormouse_core::registration::EntryPoint;
use dormouse_core::{AppId, QuotaPolicy, TriggerKind};

use crate::component::Component;
use crate::sandbox::grants::{Asked, Grants};

/// An app to install: its name, its components, what it may use.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) id: AppId,
    pub(crate) components: BTreeMap<String, Component>,
    /// The kinds of trigger that an entry point declares; any for one that is not in here.
    pub(crate) declared: BTreeMap<String, Vec<TriggerKind>>,
    pub(crate) grants: Grants,
    pub(crate) asked: Option<Asked>,
    pub(crate) quota: Option<QuotaPolicy>,
}

impl App {
    /// An app with no components, no grants and no quota.
    #[must_use]
    pub fn new(id: AppId) -> Self {
        Self {
            id,
            components: BTreeMap::new(),
            declared: BTreeMap::new(),
            grants: Grants::none(),
            asked: None,
            quota: None,
        }
    }

    /// One entry point. Names are case-sensitive (UWP-010); a second component under the same name replaces
    /// the first.
    #[must_use]
    pub fn entry_point(mut self, name: impl Into<String>, component: Component) -> Self {
        self.components.insert(name.into(), component);
        self
    }

    /// The kinds of trigger that may wake an entry point (UWP-009). Without this, any may.
    #[must_use]
    pub fn declares(mut self, entry_point: impl Into<String>, kinds: impl Into<Vec<TriggerKind>>) -> Self {
        self.declared.insert(entry_point.into(), kinds.into());
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
    pub(crate) entry_points: Vec<EntryPoint>,
    /// Guest paths of its directories.
    pub(crate) directories: Vec<String>,
    /// Addresses at which the host may listen for it.
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) grants: Arc<Grants>,
}

impl InstalledApp {
    /// `grants` are what it is given in the end, its own folders among them.
    pub(crate) fn new(app: App, grants: Grants) -> Self {
        let declared =
            |name: &String| EntryPoint { name: name.clone(), triggers: app.declared.get(name).cloned() };
        Self {
            entry_points: app.components.keys().map(declared).collect(),
            directories: grants.directories().map(|(path, _)| path.to_owned()).collect(),
            listen: grants.listen().to_vec(),
            id: app.id,
            components: app.components,
            grants: Arc::new(grants),
        }
    }
}
