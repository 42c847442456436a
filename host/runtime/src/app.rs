//! Installed apps: components by entry point, the one that lives longer than a run, and what they are allowed.

mod component;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use dormouse_core::registration::EntryPoint;
use dormouse_core::{AppId, AppLimitsRequest, LimitsRequest, QuotaPolicy, TriggerKind};

use crate::component::Component;
use crate::sandbox::grants::{Asked, Grants};

pub use component::AppComponent;

/// An app to install: its name, its components, what it may use.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) id: AppId,
    pub(crate) components: BTreeMap<String, Component>,
    pub(crate) lifecycle: Option<AppComponent>,
    /// The kinds of trigger that an entry point declares; any for one that is not in here.
    pub(crate) declared: BTreeMap<String, Vec<TriggerKind>>,
    pub(crate) grants: Grants,
    pub(crate) asked: Option<Asked>,
    pub(crate) quota: Option<QuotaPolicy>,
    pub(crate) limits: LimitsRequest,
    pub(crate) app_limits: AppLimitsRequest,
}

impl App {
    /// An app with no components, no grants and no quota.
    #[must_use]
    pub fn new(id: AppId) -> Self {
        Self {
            id,
            components: BTreeMap::new(),
            lifecycle: None,
            declared: BTreeMap::new(),
            grants: Grants::none(),
            asked: None,
            quota: None,
            limits: LimitsRequest::default(),
            app_limits: AppLimitsRequest::none(),
        }
    }

    /// One entry point. Names are case-sensitive (UWP-010); a second component under the same name replaces
    /// the first.
    #[must_use]
    pub fn entry_point(mut self, name: impl Into<String>, component: Component) -> Self {
        self.components.insert(name.into(), component);
        self
    }

    /// Its component that lives longer than one run: what names no entry point runs in it (UWP-120). A second one replaces
    /// the first.
    #[must_use]
    pub fn app(mut self, component: AppComponent) -> Self {
        self.lifecycle = Some(component);
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

    /// What all its runs together may keep in its folders and its settings, where that is not the host's default and its
    /// operator decided nothing else ([`Host::set_app_limits`](crate::Host::set_app_limits)).
    #[must_use]
    pub const fn app_limits(mut self, limits: AppLimitsRequest) -> Self {
        self.app_limits = limits;
        self
    }

    /// CPU time for all its runs together, for each window (UWP-105), unless its operator decided otherwise
    /// ([`Host::set_quota`](crate::Host::set_quota)). When it is spent they are paused until the refill (UWP-104). Without
    /// this it has the host's ([`HostBuilder::quota_default`](crate::HostBuilder::quota_default)), if that has one.
    #[must_use]
    pub fn quota(mut self, quota: QuotaPolicy) -> Self {
        self.quota = Some(quota);
        self
    }

    /// What its runs are given where their registration asks for nothing: before the host's default. Takes effect with
    /// the next run.
    #[must_use]
    pub fn limits(mut self, limits: LimitsRequest) -> Self {
        self.limits = limits;
        self
    }
}

/// An app with its handles opened.
pub(crate) struct InstalledApp {
    pub(crate) id: AppId,
    pub(crate) components: BTreeMap<String, Component>,
    /// What lives longer than one run.
    pub(crate) lifecycle: Option<AppComponent>,
    pub(crate) entry_points: Vec<EntryPoint>,
    /// Guest paths of its directories.
    pub(crate) directories: Vec<String>,
    /// Addresses at which the host may listen for it.
    pub(crate) listen: Vec<SocketAddr>,
    /// What it asks to keep.
    pub(crate) app_limits: AppLimitsRequest,
    pub(crate) grants: Arc<Grants>,
    pub(crate) quota: Option<QuotaPolicy>,
    /// What its registrations leave open.
    pub(crate) limits: LimitsRequest,
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
            app_limits: app.app_limits,
            id: app.id,
            components: app.components,
            lifecycle: app.lifecycle,
            grants: Arc::new(grants),
            quota: app.quota,
            limits: app.limits,
        }
    }
}
