//! What all requests share.

use std::path::PathBuf;
use std::sync::Arc;

use dormouse::Host;
use dormouse_core::{Clock, Condition};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::feed::EventFeed;
use super::leases::Leases;
use super::limits::{ServerLimits, TURNED_AWAY};
use super::stats::Tally;
use super::uploads::Uploads;
use crate::api::{Code, Problem};
use crate::webhook::Deliverer;

/// Says why nobody knows whether a condition holds, if that is known.
pub type WhyUnknown = Arc<dyn Fn(&Condition) -> Option<String> + Send + Sync>;

/// What a server answers for.
#[derive(Clone)]
pub struct ServerConfig {
    /// The host.
    pub host: Host,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// What sees its events.
    pub events: EventFeed,
    /// Who delivers to its webhooks; without, there are none.
    pub webhooks: Option<Arc<Deliverer>>,
    /// Where it keeps everything; packages that are uploaded wait there, in files without a name.
    pub state_directory: Option<PathBuf>,
    /// Says why nobody knows whether a condition holds.
    pub why_unknown: Option<WhyUnknown>,
    /// The version of the program.
    pub version: String,
    /// How much is taken.
    pub limits: ServerLimits,
}

impl std::fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerConfig").field("host", &self.host).finish_non_exhaustive()
    }
}

impl ServerConfig {
    /// For `host` with its clock and what sees its events; with the usual limits, and nothing else.
    #[must_use]
    pub fn new(host: Host, clock: Arc<dyn Clock>, events: EventFeed) -> Self {
        Self {
            host,
            clock,
            events,
            webhooks: None,
            state_directory: None,
            why_unknown: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            limits: ServerLimits::DEFAULT,
        }
    }
}

/// How many may come in, one way.
pub(super) struct Door {
    pub(super) connections: Arc<Semaphore>,
    /// Connections that are told that there are too many.
    pub(super) turned_away: Arc<Semaphore>,
}

impl Door {
    fn new(limits: &ServerLimits) -> Self {
        Self {
            connections: Arc::new(Semaphore::new(limits.connections)),
            turned_away: Arc::new(Semaphore::new(TURNED_AWAY)),
        }
    }
}

pub(super) struct Shared {
    pub(super) host: Host,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) events: EventFeed,
    pub(super) webhooks: Option<Arc<Deliverer>>,
    pub(super) state_directory: Option<PathBuf>,
    pub(super) why_unknown: Option<WhyUnknown>,
    pub(super) version: String,
    pub(super) limits: ServerLimits,
    pub(super) uploads: Uploads,
    /// Of the apps that were launched or shown over the API.
    pub(super) leases: Leases,
    /// Of the Unix socket. Whoever asks over TCP, with or without a token, keeps nobody from it.
    pub(super) unix: Door,
    pub(super) tcp: Door,
    pub(super) streams: Arc<Semaphore>,
    /// Held while a subscriber is made: else two would find the same last room.
    pub(super) new_subscriber: Mutex<()>,
    pub(super) tally: Tally,
    pub(super) stop: CancellationToken,
    /// Everything that was spawned.
    pub(super) tasks: TaskTracker,
}

impl Shared {
    pub(super) fn new(config: ServerConfig) -> Self {
        let ServerConfig { host, clock, events, webhooks, state_directory, why_unknown, version, limits } =
            config;
        Self {
            uploads: Uploads::new(&limits, state_directory.clone()),
            leases: Leases::default(),
            unix: Door::new(&limits),
            tcp: Door::new(&limits),
            streams: Arc::new(Semaphore::new(limits.streams)),
            new_subscriber: Mutex::default(),
            tally: Tally::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            host,
            clock,
            events,
            webhooks,
            state_directory,
            why_unknown,
            version,
            limits,
        }
    }

    /// A place among the streams.
    ///
    /// # Errors
    ///
    /// [`Code::Busy`]
    pub(super) fn stream(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.streams.clone().try_acquire_owned().map_err(|_| {
            self.tally.stream_turned_away();
            let detail = format!("{} streams are open, as many as may be", self.limits.streams);
            Problem::new(Code::Busy, detail).help("end one of them, and ask again")
        })
    }

    /// The host may be asked to change something.
    ///
    /// # Errors
    ///
    /// [`Code::ReadOnly`]
    pub(super) fn writable(&self) -> Result<(), Problem> {
        if self.host.is_read_only() { Err(dormouse::HostError::ReadOnly.into()) } else { Ok(()) }
    }
}
