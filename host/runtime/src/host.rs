//! The host: what a program that embeds Dormouse holds.

pub(crate) mod access;
pub(crate) mod app_limits;
mod delivery;
mod explain;
mod fire;
mod health;
mod mend;
mod outlook;
mod quota;
mod register;
mod runs;
mod stats;
mod usage;

use std::net::SocketAddr;
use std::sync::Arc;

use dormouse_core::limits::LimitsError;
use dormouse_core::registration::ScheduleError;
use dormouse_core::{
    AccessStatus, ActivationId, AppId, AppLimitsError, Condition, NodeId, RegistrationError, RegistrationId,
    Store, StoreError, Timestamp,
};

use crate::builder::HostBuilder;
use crate::drive::shutdown;
use crate::engine::Engine;
use crate::folders::Folders;
use crate::guests::Guests;
use crate::lifecycle;
use crate::packages::Packages;
use crate::sandbox::grants::GrantError;
use crate::shared::{ReadOnly, Shared};
use crate::source;

pub use fire::FireOptions;
pub(crate) use fire::signal_from_source;
pub use health::{Ailment, Unhealthy};
pub use outlook::Outlook;
pub use quota::QuotaView;
pub use stats::{EngineStats, HostStats, Latency, PoolStats};
pub use usage::{AppUsage, FoldersUsed};

/// Runs background tasks. A handle: clones are the same host.
///
/// Dropping the last handle stops the host as a crash would: what ran is run again by the next host on the
/// same store. [`Host::shutdown`] stops it politely.
#[derive(Clone)]
pub struct Host {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) folders: Option<Folders>,
    pub(crate) packages: Option<Arc<Packages>>,
    pub(crate) _guests: Guests,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The loops hold `shared`; this is what ends them.
        self.shared.wake.stop.send_replace(true);
        source::close_all(&self.shared);
        // Each run holds `shared`, which holds the run: taken apart here, or neither would ever be dropped.
        let running = {
            let mut state = self.shared.state();
            state.stopping = true;
            std::mem::take(&mut state.running)
        };
        drop(running);
        lifecycle::abandon(&self.shared);
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("node", &self.inner.shared.config.node).finish_non_exhaustive()
    }
}

/// What to do when an app has a registration of the same group and name. Names are labels, not keys (UWP-003):
/// this is a convenience for programs that register at every start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfExists {
    /// Leave it if it says the same; else replace what it says, at once, and keep its id (UWP-027).
    #[default]
    ReplaceIfDifferent,
    /// Leave it as it is.
    Keep,
    /// Refuse.
    Error,
    /// Make another one (UWP-004).
    AllowDuplicate,
}

/// A registration that was made, or found.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// Its id.
    pub id: RegistrationId,
    /// Conditions that can never hold together: legal, but it will never run (UWP-064).
    pub contradictions: Vec<(Condition, Condition)>,
    /// What the operator decided about its app, or what holds where nobody did: whether its firings start
    /// anything. Registering is never refused for it (UWP-025).
    pub access: AccessStatus,
}

/// Why a host did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The registration is not valid.
    #[error("the registration is not valid")]
    Registration(#[from] RegistrationError),
    /// One of that group and name exists.
    #[error(
        "app `{app}` has a registration named {name:?} already, {id}; unregister it or choose what to do if one exists"
    )]
    Exists {
        /// The app.
        app: AppId,
        /// The name.
        name: String,
        /// The one that exists.
        id: RegistrationId,
    },
    /// A grant of the app.
    #[error("the app's grants cannot be given")]
    Grant(#[from] GrantError),
    /// What the app asks for as limits of its runs.
    #[error("the app's limits are not within the host's maximum")]
    Limits(#[from] LimitsError),
    /// What the app asks to keep.
    #[error("what the app asks to keep is not within the host's maximum")]
    AppLimits(#[from] AppLimitsError),
    /// The app's folders.
    #[error("the folders of app `{app}` cannot be opened")]
    Folders {
        /// The app.
        app: AppId,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A schedule in the store.
    #[error("registration {id} cannot be followed")]
    Schedule {
        /// Which.
        id: RegistrationId,
        /// Why.
        #[source]
        source: ScheduleError,
    },
    /// A folder cannot be watched.
    #[error("directory {directory:?} cannot be watched")]
    Watch {
        /// The guest path.
        directory: String,
        /// Why.
        #[source]
        source: notify::Error,
    },
    /// An address cannot be listened at.
    #[error("nothing can listen at {listen}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why: most often that something listens there already.
        #[source]
        source: std::io::Error,
    },
    /// The store.
    #[error("the store did not do it")]
    Store(#[from] StoreError),
    /// There is no such activation.
    #[error("there is no activation {0}")]
    NoActivation(ActivationId),
    /// It ended without a run: its registration was removed.
    #[error("activation {0} was withdrawn: its registration was removed while it waited")]
    Withdrawn(ActivationId),
    /// There is no such registration.
    #[error("there is no registration {0}")]
    NotRegistered(RegistrationId),
    /// The host only answers questions.
    #[error("this host was started to look only, and changes nothing; ask one that may")]
    ReadOnly,
    /// The host is stopping.
    #[error("the host is stopping")]
    Stopping,
}

impl From<ReadOnly> for HostError {
    fn from(_: ReadOnly) -> Self {
        Self::ReadOnly
    }
}

impl Host {
    /// Begins to build a host.
    #[must_use]
    pub fn builder() -> HostBuilder {
        HostBuilder::new()
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    /// The engine, to compile components with.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.shared().engine
    }

    /// Its store, to read from: what is written past the host is not known to it.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.shared().store
    }

    /// Who it is to its store.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.shared().config.node
    }

    /// When it was started.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        self.shared().started_at
    }

    /// The time on the wall, by its clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared().clock.wall()
    }

    /// Whether it was told to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.shared().state().stopping
    }

    /// Whether it only answers questions: [`HostBuilder::read_only`].
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.shared().config.read_only
    }

    // ---- the end -------------------------------------------------------------------------------------

    /// Stops: takes nothing more in, tells what runs (`terminating`), waits for each run's grace, and
    /// returns when every sandbox is gone and every end is written. What was cut off runs again on the next
    /// host on the same store, and no attempt is charged for it. With `force`, without the grace; may be
    /// called while a polite stop is under way.
    pub async fn shutdown(&self, force: bool) {
        // Boxed: it is done once, and would be 22 KiB of whoever awaits it.
        Box::pin(shutdown::stop(self.shared(), force)).await;
    }
}
