//! One connection: whose it is, and the future that reads, writes and fires for it.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use dormouse_core::clock::BoxSleep;
use dormouse_core::{RegistrationId, SocketActivity, SocketReason, Trigger, TriggerDetails};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use crate::drive::intake::{self, FireError, Fired, Incoming};
use crate::drive::persist;
use crate::sandbox::port::SocketError;
use crate::shared::Shared;

/// Bytes that are kept for one connection until its peer takes them.
pub const UNSENT_LEN_MAX: usize = 256 * 1024;

/// Bytes that one firing carries at most; what came behind them waits for the next.
const READ_LEN_MAX: usize = 64 * 1024;

/// How long a connection that was closed politely may take to send what waits and to hear that its peer is
/// done. Without it a peer would be cut off in what it has been sent but has not read yet.
const LINGER: Duration = Duration::from_secs(5);

/// A connection, as runs and the table see it.
pub(crate) struct Connection {
    id: String,
    registration: RegistrationId,
    state: Mutex<State>,
    /// [`Serving`] looks at `state` again.
    changed: Notify,
}

struct State {
    owner: Owner,
    /// Counts the firings: a run that was woken by an earlier one has no claim any more.
    turn: u64,
    unsent: VecDeque<u8>,
    /// It broke: what is sent goes nowhere, and when the host has it back its end is told.
    broken: bool,
    end: Option<End>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// Nothing but the host: it reads.
    Host,
    /// It waits for the run of a firing.
    Offered,
    /// A run has it.
    Run,
}

/// How a connection ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// What waits is sent first, and the peer may read it.
    Polite,
    /// At once.
    Cut,
}

impl Connection {
    pub(super) fn new(id: String, registration: RegistrationId) -> Self {
        let state = State { owner: Owner::Host, turn: 0, unsent: VecDeque::new(), broken: false, end: None };
        Self { id, registration, state: Mutex::new(state), changed: Notify::new() }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) const fn registration(&self) -> RegistrationId {
        self.registration
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of the firing number `turn`: what its run shows to have the socket.
    fn key(&self, turn: u64) -> String {
        format!("{}/{turn}", self.id)
    }

    /// A firing is about to be taken in: answers its key.
    pub(super) fn offer(&self) -> String {
        let mut state = self.state();
        state.owner = Owner::Offered;
        state.turn += 1;
        self.key(state.turn)
    }

    /// The run of the firing `key` starts. Answers whether it has the socket now: the first to ask has it.
    pub(super) fn take(&self, key: &str) -> bool {
        let mut state = self.state();
        let has = state.owner == Owner::Offered && state.end.is_none() && key == self.key(state.turn);
        if has {
            state.owner = Owner::Run;
        }
        has
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().end.is_some()
    }

    pub(super) fn send(&self, bytes: &[u8]) -> Result<(), SocketError> {
        let mut state = self.state();
        if state.broken || state.end.is_some() {
            return Err(SocketError::Closed);
        }
        if state.unsent.len() + bytes.len() > UNSENT_LEN_MAX {
            return Err(SocketError::Full);
        }
        state.unsent.extend(bytes);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// The host has it again. One that broke as well: its end is told then.
    pub(super) fn hand_back(&self) -> Result<(), SocketError> {
        self.change(|state| state.owner = Owner::Host)
    }

    pub(super) fn close(&self) -> Result<(), SocketError> {
        self.change(|state| state.end = Some(End::Polite))
    }

    fn change(&self, change: impl FnOnce(&mut State)) -> Result<(), SocketError> {
        let mut state = self.state();
        if state.end.is_some() {
            return Err(SocketError::Closed);
        }
        change(&mut state);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Ends it at once, whoever has it.
    pub(super) fn cut(&self) {
        self.state().end = Some(End::Cut);
        self.changed.notify_one();
    }
}

/// What a connection is served with. Its slots are taken for as long as it lives.
pub(super) struct Serving {
    connection: Arc<Connection>,
    shared: Weak<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    _slots: [OwnedSemaphorePermit; 2],
}

/// What happened to a connection that the host has.
enum Next {
    Bytes(Vec<u8>),
    Silent,
    /// The peer closed it, or it broke.
    Closed(End),
    /// The run closed it, or the host does.
    End(End),
}

impl Serving {
    /// None if its listener was closed meanwhile.
    pub(super) fn new(
        shared: &Arc<Shared>,
        registration: RegistrationId,
        stream: TcpStream,
        peer: SocketAddr,
        slots: [OwnedSemaphorePermit; 2],
    ) -> Option<Self> {
        let connection = Arc::new(Connection::new(shared.ids.fresh().to_string(), registration));
        if !shared.sockets.enter(&connection) {
            return None;
        }
        // What a run sends is whole: nothing is gained by waiting for more. An error is told by the next write.
        let _ = stream.set_nodelay(true);
        Some(Self { connection, shared: Arc::downgrade(shared), stream, peer, _slots: slots })
    }

    pub(super) async fn run(mut self) {
        let end = self.serve().await;
        // Whoever has it still is told `closed` from now on.
        let end = *self.connection.state().end.get_or_insert(end);
        match end {
            End::Polite => self.linger().await,
            End::Cut => drop(self.write()),
        }
        if let Some(shared) = self.shared.upgrade() {
            shared.sockets.leave(&self.connection);
        }
    }

    async fn serve(&self) -> End {
        let (mut reason, mut payload) = (SocketReason::ConnectionAccepted, Vec::new());
        loop {
            if !self.fire(reason, payload).await {
                return End::Cut;
            }
            (reason, payload) = match self.next().await {
                Next::Bytes(bytes) => (SocketReason::SocketActivity, bytes),
                Next::Silent => (SocketReason::KeepAliveTimerExpired, Vec::new()),
                Next::Closed(end) => {
                    // No run is to have it any more: this is the last that is told of it.
                    self.connection.state().end.get_or_insert(end);
                    self.fire(SocketReason::SocketClosed, Vec::new()).await;
                    return end;
                }
                Next::End(end) => return end,
            };
        }
    }

    /// Answers whether the firing was taken: if not, nobody will ever hand the socket back.
    async fn fire(&self, reason: SocketReason, payload: Vec<u8>) -> bool {
        let Some(shared) = self.shared.upgrade() else { return false };
        let id = self.connection.registration;
        let key = self.connection.offer();
        let (socket_id, peer) = (self.connection.id.clone(), self.peer.to_string());
        let details = TriggerDetails::Socket(SocketActivity { reason, socket_id, peer, payload });
        // The key makes a repeated firing one and the same.
        let attempt = || async {
            let incoming = Incoming { key: Some(key.clone()), ..Incoming::new(details.clone()) };
            match intake::fire(&shared, id, incoming).await {
                Ok(fired) => Ok(matches!(fired, Fired::Accepted(_) | Fired::Duplicate(_))),
                Err(FireError::Store(error)) => Err(error),
                Err(_) => Ok(false),
            }
        };
        persist::retrying(&shared, id, "record what came on a socket", attempt).await.unwrap_or(false)
    }

    /// Waits until there is something to fire for, or the connection ends; writes meanwhile.
    async fn next(&self) -> Next {
        let mut silence = None;
        loop {
            let (ours, unsent) = {
                let state = self.connection.state();
                if let Some(end) = state.end {
                    return Next::End(end);
                }
                let ours = state.owner == Owner::Host;
                if ours && state.broken {
                    return Next::Closed(End::Cut);
                }
                (ours, !state.unsent.is_empty())
            };
            if ours && silence.is_none() {
                silence = self.silence();
            }
            tokio::select! {
                // In this order: what was sent goes out before what comes in is looked at.
                biased;
                () = self.connection.changed.notified() => {}
                _ = self.stream.writable(), if unsent => {
                    if self.write().is_err() {
                        self.broke();
                    }
                }
                _ = self.stream.readable(), if ours => match self.read() {
                    Ok(Some(bytes)) if bytes.is_empty() => return Next::Closed(End::Polite),
                    Ok(Some(bytes)) => return Next::Bytes(bytes),
                    Ok(None) => {}
                    Err(_) => return Next::Closed(End::Cut),
                },
                () = over(&mut silence), if ours => return Next::Silent,
            }
        }
    }

    /// Ends after the silence that the trigger asks to be told of, counted from now; none if it asks for none.
    fn silence(&self) -> Option<BoxSleep> {
        let shared = self.shared.upgrade()?;
        let known = shared.state().registrations.get(self.connection.registration).cloned()?;
        let Trigger::Socket(trigger) = &known.registration.trigger else { return None };
        Some(shared.clock.sleep_until(shared.clock.now() + trigger.keep_alive?))
    }

    /// What one read gives; empty at the end of the stream, none if there is nothing yet.
    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = vec![0; READ_LEN_MAX];
        match self.stream.try_read(&mut bytes) {
            Ok(len) => {
                bytes.truncate(len);
                bytes.shrink_to_fit();
                Ok(Some(bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes what the system takes at once. Answers whether anything is left.
    fn write(&self) -> io::Result<bool> {
        let mut state = self.connection.state();
        while !state.unsent.is_empty() {
            match self.stream.try_write(state.unsent.as_slices().0) {
                Ok(len) => drop(state.unsent.drain(..len)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        state.unsent = VecDeque::new();
        Ok(false)
    }

    fn broke(&self) {
        let mut state = self.connection.state();
        state.broken = true;
        state.unsent = VecDeque::new();
    }

    /// Sends what waits, says that there is no more, and waits for the peer to say the same.
    async fn linger(&mut self) {
        let Some(over) = self.shared.upgrade().map(|s| s.clock.sleep_until(s.clock.now() + LINGER)) else {
            return;
        };
        let connection = self.connection.clone();
        tokio::select! {
            biased;
            () = over => {}
            () = cut(&connection) => drop(self.write()),
            // An error is an end as well.
            _ = self.finish() => {}
        }
    }

    async fn finish(&mut self) -> io::Result<()> {
        while self.write()? {
            self.stream.writable().await?;
        }
        self.stream.shutdown().await?;
        loop {
            self.stream.readable().await?;
            if self.read()?.is_some_and(|bytes| bytes.is_empty()) {
                return Ok(());
            }
        }
    }
}

async fn over(silence: &mut Option<BoxSleep>) {
    match silence {
        Some(silence) => silence.await,
        None => std::future::pending().await,
    }
}

/// Resolves when the host closes a connection that lingers.
async fn cut(connection: &Connection) {
    while connection.state().end != Some(End::Cut) {
        connection.changed.notified().await;
    }
}
