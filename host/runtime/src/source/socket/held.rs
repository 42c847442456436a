//! What a run has of a socket.

use std::sync::{Arc, Mutex, PoisonError};

use super::Sockets;
use super::connection::Connection;
use crate::sandbox::port::{SocketAsk, SocketError};

/// The socket that a run was woken for. The run that has it, and no other, may use it; when this is dropped
/// and the run has it still, it is closed.
pub(crate) struct Held {
    socket_id: String,
    possession: Mutex<Possession>,
}

enum Possession {
    Has(Arc<Connection>),
    /// It was gone when the run started, or another run had had it.
    Never,
    /// It was handed back or closed.
    LetGo,
}

impl Held {
    pub(super) fn new(socket_id: String, connection: Option<Arc<Connection>>) -> Self {
        let possession = connection.map_or(Possession::Never, Possession::Has);
        Self { socket_id, possession: Mutex::new(possession) }
    }

    /// What the guest asks of the socket that it calls `socket_id`.
    ///
    /// # Errors
    ///
    /// [`SocketError`]: nothing was done.
    pub(crate) fn ask(&self, sockets: &Sockets, socket_id: &str, ask: SocketAsk) -> Result<(), SocketError> {
        if socket_id != self.socket_id {
            return Err(SocketError::NotOwned);
        }
        let mut possession = self.possession.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &*possession {
            Possession::Has(connection) => connection,
            Possession::Never if !sockets.contains(socket_id) => return Err(SocketError::Closed),
            Possession::Never | Possession::LetGo => return Err(SocketError::NotOwned),
        };
        match ask {
            SocketAsk::Send(bytes) => return connection.send(&bytes),
            SocketAsk::Transfer => connection.hand_back()?,
            SocketAsk::Close => connection.close()?,
        }
        *possession = Possession::LetGo;
        Ok(())
    }

    /// The run is over: what it has still is closed (UWP-053).
    pub(crate) fn run_ended(&self) {
        let mut possession = self.possession.lock().unwrap_or_else(PoisonError::into_inner);
        if let Possession::Has(connection) = std::mem::replace(&mut *possession, Possession::LetGo) {
            // An error is that it was closed before.
            let _ = connection.close();
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.run_ended();
    }
}
