//! What a service manager is told, by the protocol of `sd_notify`: nothing at all if there is none.

use std::sync::Once;
use std::time::Duration;

use sd_notify::NotifyState;

/// A start that goes on is told to go on this often, and may take so long until it is told again: packages that are
/// compiled take longer than any fixed time for starting.
pub(super) const LOADING_EVERY: Duration = Duration::from_secs(10);
const LOADING_MORE_MICROS: u32 = 60_000_000;

/// How often what it does is told when nobody wants to know that it is well.
const STATUS_EVERY: Duration = Duration::from_secs(15);

/// However impatient a watchdog is.
const EVERY_MIN: Duration = Duration::from_millis(10);

/// The service manager that started this process, if one did that wants to know.
#[derive(Debug)]
pub(super) struct Notify {
    watchdog: Option<Duration>,
}

impl Notify {
    /// As the environment says.
    pub(super) fn from_env() -> Self {
        Self { watchdog: sd_notify::watchdog_enabled().filter(|every| !every.is_zero()) }
    }

    /// How often [`Notify::well`] or [`Notify::status`] is to be called: three times before a watchdog bites.
    pub(super) fn every(&self) -> Duration {
        self.watchdog.map_or(STATUS_EVERY, |watchdog| (watchdog / 3).max(EVERY_MIN))
    }

    /// It is starting, and does `what`.
    pub(super) fn loading(&self, what: &str) {
        tell(&[NotifyState::Status(what), NotifyState::ExtendTimeoutUsec(LOADING_MORE_MICROS)]);
    }

    /// It can be used.
    pub(super) fn ready(&self, what: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(what)]);
    }

    /// It does `what`, and is well.
    pub(super) fn well(&self, what: &str) {
        match self.watchdog {
            Some(_) => tell(&[NotifyState::Watchdog, NotifyState::Status(what)]),
            None => self.status(what),
        }
    }

    /// It does `what`.
    pub(super) fn status(&self, what: &str) {
        tell(&[NotifyState::Status(what)]);
    }

    /// It is stopping, and does `what`.
    pub(super) fn stopping(&self, what: &str) {
        tell(&[NotifyState::Stopping, NotifyState::Status(what)]);
    }
}

fn tell(state: &[NotifyState<'_>]) {
    static SAID: Once = Once::new();
    if let Err(error) = sd_notify::notify(state) {
        // Once is enough: what it does not hear it acts upon.
        SAID.call_once(|| tracing::warn!(%error, "the service manager cannot be told how this process is"));
    }
}
