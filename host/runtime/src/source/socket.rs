//! Sockets that the host owns: listeners that outlive every run, and the connections made to them (UWP-053).
//!
//! ```text
//!             ┌──────────── bytes, silence, the end: the next firing ───────────┐
//!             ▼                                                                 │
//!  accept ─► offered ── the run of that firing starts ─► the run's ── handed back ─► the host's
//!                                                          │
//!                                                          └── the run ends, or closes it ─► closed
//! ```
//!
//! Nothing is read from a connection but while it is the host's: one firing of it at a time, and a peer that
//! sends faster than runs take is held up by TCP itself. The activation is durable and the connection is not:
//! a run that starts after the connection is gone, after a restart for example, is told `closed`.

mod connection;
mod held;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use dormouse_core::event::EventKind;
use dormouse_core::{RegistrationError, RegistrationId, SocketActivity};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::host::HostError;
use crate::sandbox::grants::Grants;
use crate::shared::Shared;
use connection::Connection;

pub use connection::UNSENT_LEN_MAX;
pub(crate) use held::Held;

/// Connections of one registration at once. While there are as many, no more are accepted: the system's own
/// queue is what waits then.
pub const CONNECTIONS_PER_REGISTRATION: usize = 64;

/// Connections of all registrations of a host at once.
pub const CONNECTIONS_MAX: usize = 1024;

/// After the system refused to give a connection, most often for want of file handles.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The listeners and connections of a host.
pub(crate) struct Sockets {
    tables: Mutex<Tables>,
    /// One for each connection of the host.
    slots: Arc<Semaphore>,
}

#[derive(Default)]
struct Tables {
    listening: HashMap<RegistrationId, Listening>,
    /// By socket id, until they are closed.
    connections: HashMap<String, Arc<Connection>>,
}

struct Listening {
    at: SocketAddr,
    accepting: JoinHandle<()>,
}

/// A listener that was bound, and accepts nothing yet.
pub(crate) struct Bound {
    at: SocketAddr,
    listener: TcpListener,
}

/// The end of a listener, to be waited for by who wants its address again.
#[must_use = "dropping it is not waiting"]
pub(crate) struct Closing(Option<JoinHandle<()>>);

impl Closing {
    pub(crate) const fn nothing() -> Self {
        Self(None)
    }

    pub(crate) async fn wait(self) {
        if let Some(accepting) = self.0 {
            // It was aborted, which is what the error says.
            let _ = accepting.await;
        }
    }
}

impl Default for Sockets {
    fn default() -> Self {
        Self { tables: Mutex::default(), slots: Arc::new(Semaphore::new(CONNECTIONS_MAX)) }
    }
}

impl Sockets {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Each change is one map operation, so what a panic left is whole.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Binds `at` for `id`; none if it listens there already.
    ///
    /// # Errors
    ///
    /// It was not granted, or the system refuses it.
    pub(crate) fn bind(
        &self,
        shared: &Shared,
        id: RegistrationId,
        at: SocketAddr,
        grants: &Grants,
    ) -> Result<Option<Bound>, HostError> {
        let not_granted =
            || RegistrationError::ListenNotGranted { listen: at, granted: grants.listen().to_vec() };
        if !grants.listen().contains(&at) {
            return Err(not_granted().into());
        }
        if self.tables().listening.get(&id).is_some_and(|listening| listening.at == at) {
            return Ok(None);
        }
        let bound = grants.bind(at).ok_or_else(not_granted)?;
        let _on_the_control_runtime = shared.control.enter();
        let listener = bound.and_then(TcpListener::from_std);
        let listener = listener.map_err(|source| HostError::Listen { listen: at, source })?;
        Ok(Some(Bound { at, listener }))
    }

    /// Begins to accept connections for `id`, which has no listener.
    pub(crate) fn accept(&self, shared: &Arc<Shared>, id: RegistrationId, bound: Bound) {
        let Bound { at, listener } = bound;
        let accepting = Accepting {
            listener,
            shared: Arc::downgrade(shared),
            id,
            of_registration: Arc::new(Semaphore::new(CONNECTIONS_PER_REGISTRATION)),
            of_host: self.slots.clone(),
        };
        // Spawned under the lock: what it accepts at once finds its listener in the table.
        let mut tables = self.tables();
        let accepting = shared.control.spawn(accepting.run());
        tables.listening.insert(id, Listening { at, accepting });
    }

    /// Closes the listener of `id`, and its connections.
    pub(crate) fn remove(&self, id: RegistrationId) -> Closing {
        let mut tables = self.tables();
        for connection in tables.connections.values().filter(|connection| connection.registration() == id) {
            connection.cut();
        }
        let accepting = tables.listening.remove(&id).map(|listening| listening.accepting);
        if let Some(accepting) = &accepting {
            accepting.abort();
        }
        Closing(accepting)
    }

    /// Closes everything.
    pub(crate) fn clear(&self) {
        let mut tables = self.tables();
        for (_, listening) in tables.listening.drain() {
            listening.accepting.abort();
        }
        for connection in tables.connections.values() {
            connection.cut();
        }
    }

    /// Closes everything, and waits until it is closed.
    pub(crate) async fn stop(&self) {
        self.clear();
        let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
        // Each connection has a slot until it is gone.
        let _ = self.slots.acquire_many(all).await;
    }

    /// Gives a run what its firing came with, if that is still to be had. `key` is the firing's.
    pub(crate) fn take(&self, socket: &SocketActivity, key: &str) -> Held {
        let connection = self.tables().connections.get(&socket.socket_id).cloned();
        Held::new(socket.socket_id.clone(), connection.filter(|connection| connection.take(key)))
    }

    /// Whether there is a connection of that name, and it is not at its end.
    fn contains(&self, socket_id: &str) -> bool {
        self.tables().connections.get(socket_id).is_some_and(|connection| !connection.is_over())
    }

    /// Adds a connection, unless its listener was closed meanwhile.
    fn enter(&self, connection: &Arc<Connection>) -> bool {
        let mut tables = self.tables();
        let listens = tables.listening.contains_key(&connection.registration());
        if listens {
            tables.connections.insert(connection.id().to_owned(), connection.clone());
        }
        listens
    }

    fn leave(&self, connection: &Connection) {
        self.tables().connections.remove(connection.id());
    }
}

/// Accepts connections for one registration, until it is aborted or the host is gone.
struct Accepting {
    listener: TcpListener,
    shared: Weak<Shared>,
    id: RegistrationId,
    of_registration: Arc<Semaphore>,
    of_host: Arc<Semaphore>,
}

impl Accepting {
    async fn run(self) {
        let mut told = false;
        loop {
            // An error is that the semaphore was closed, which nobody does.
            let Ok(slot) = self.of_registration.clone().acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    told = false;
                    // One for each listener may have been accepted and wait here, unheard.
                    let Ok(host_slot) = self.of_host.clone().acquire_owned().await else { return };
                    let Some(shared) = self.shared.upgrade() else { return };
                    let serving = connection::Serving::new(&shared, self.id, stream, peer, [slot, host_slot]);
                    if let Some(serving) = serving {
                        shared.control.spawn(serving.run());
                    }
                }
                Err(error) => {
                    let Some(shared) = self.shared.upgrade() else { return };
                    if !std::mem::replace(&mut told, true) {
                        let message = format!("no connection could be accepted: {error}; trying again");
                        shared.emit(self.id, || EventKind::Fault { message, given_up: false });
                    }
                    let again = shared.clock.sleep_until(shared.clock.now() + ACCEPT_AGAIN_AFTER);
                    drop(shared);
                    again.await;
                }
            }
        }
    }
}
