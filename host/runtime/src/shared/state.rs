//! What a host knows, under its one mutex.

use std::collections::VecDeque;
use std::sync::Arc;

use dormouse_core::quota::QuotaState;
use dormouse_core::{ActivationId, AppId, AppRecord, Completion, Fence, RegistrationId};
use foldhash::{HashMap, HashSet};
use tokio::sync::oneshot;

use super::Allowance;
use crate::app::InstalledApp;
use crate::drive::cell::RunCell;
use crate::drive::left::LeftWaiting;
use crate::registry::Registry;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) apps: HashMap<AppId, Arc<InstalledApp>>,
    /// What is kept of apps, installed here or not.
    pub(crate) records: HashMap<AppId, AppRecord>,
    pub(crate) registrations: Registry,
    /// Those that were in quarantine when the host started.
    pub(crate) quarantined: Vec<RegistrationId>,
    /// Apps whose packages are there, on a host that loads none.
    pub(crate) found: HashSet<AppId>,
    /// What runs here, by activation: there is one run of each at a time.
    pub(crate) running: HashMap<ActivationId, Arc<RunCell>>,
    /// What ran here and is over, and whose end is on its way into the store: its lease is kept until that is recorded,
    /// and whoever awaits it need not ask the store.
    pub(crate) ending: HashMap<ActivationId, Fence>,
    /// Why what waits was left when the dispatcher last looked at it.
    pub(crate) left: LeftWaiting,
    /// The newest completions of this host, for those who ask for one that has just come.
    pub(crate) recent: Recent,
    /// The quota of each app that is installed, or found: that it has one, and that it has none.
    pub(crate) quotas: HashMap<AppId, Arc<Allowance>>,
    /// What the store says that apps used, until they are installed.
    pub(crate) spent: HashMap<AppId, QuotaState>,
    pub(crate) app_runs: HashMap<AppId, u32>,
    pub(crate) host_runs: u32,
    pub(crate) awaited: HashMap<ActivationId, Vec<oneshot::Sender<Completion>>>,
    pub(crate) stopping: bool,
}

impl State {
    /// Whether an app is installed: loaded, or, on a host that loads none, there to be.
    pub(crate) fn is_installed(&self, app: &AppId) -> bool {
        self.apps.contains_key(app) || self.found.contains(app)
    }

    /// An app that is installed, with its allowance.
    pub(crate) fn installed(&self, app: &AppId) -> Option<(Arc<InstalledApp>, Arc<Allowance>)> {
        Some((self.apps.get(app)?.clone(), self.quotas.get(app)?.clone()))
    }

    /// Puts an app in its place, with an allowance: nothing runs that is charged to nobody.
    pub(crate) fn install(&mut self, app: InstalledApp) {
        self.allow(&app.id);
        self.apps.insert(app.id.clone(), Arc::new(app));
    }

    /// Takes an app away, with its allowance. What runs of it goes on with it.
    pub(crate) fn uninstall(&mut self, app: &AppId) {
        self.apps.remove(app);
        self.quotas.remove(app);
        self.spent.remove(app);
    }

    /// Makes an allowance for an app that has none, with what it has used in an earlier life. That no quota holds for
    /// it is said until one is settled.
    pub(crate) fn allow(&mut self, app: &AppId) {
        let allowance = self.quotas.entry(app.clone()).or_default();
        if let Some(spent) = self.spent.remove(app) {
            allowance.found(spent);
        }
    }

    /// Whether this host is to tell the end of it: it runs here, or did.
    pub(crate) fn is_ours(&self, activation: ActivationId) -> bool {
        self.running.contains_key(&activation) || self.ending.contains_key(&activation)
    }

    /// The end of a run has reached the store. Another attempt of the same activation may be ending by now.
    pub(crate) fn end_is_written(&mut self, activation: ActivationId, fence: Fence) {
        if self.ending.get(&activation) == Some(&fence) {
            self.ending.remove(&activation);
        }
    }

    /// Has everybody who waits for the end of something that does not run here look at the store again.
    pub(crate) fn look_again(&mut self) {
        let mut awaited = std::mem::take(&mut self.awaited);
        awaited.retain(|id, _| self.is_ours(*id));
        self.awaited = awaited;
    }
}

/// The newest completions, up to [`RECENT_MAX`].
#[derive(Default)]
pub(crate) struct Recent {
    by_id: HashMap<ActivationId, Completion>,
    order: VecDeque<ActivationId>,
}

/// A short run is often over before its caller asks for its completion: so many need no look into the store.
/// Each is some hundred bytes, or a few kilobytes with a failure's message.
const RECENT_MAX: usize = 128;

impl Recent {
    pub(crate) fn push(&mut self, completion: Completion) {
        let id = completion.run.activation;
        if self.by_id.insert(id, completion).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > RECENT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, id: ActivationId) -> Option<&Completion> {
        self.by_id.get(&id)
    }
}
