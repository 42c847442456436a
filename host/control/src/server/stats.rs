//! How a server is, in figures.

use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;
use tokio::sync::Semaphore;

use super::Server;

/// How a server is. Figures that only grow begin at 0 with the server. What the program itself asks, by
/// [`Server::router`], comes by no connection, and is not among the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStats {
    /// Connections that are open.
    pub connections: usize,
    /// Connections that were taken in.
    pub connections_accepted: u64,
    /// Connections that were not: [`ServerLimits::connections`](super::ServerLimits::connections) were open.
    pub connections_turned_away: u64,
    /// Streams that are open.
    pub streams: usize,
    /// Streams that were not begun: [`ServerLimits::streams`](super::ServerLimits::streams) were open.
    pub streams_turned_away: u64,
    /// Requests that were answered.
    pub answered: Answered,
    /// Packages that are being uploaded, or were and wait to be installed.
    pub uploads: usize,
}

/// Requests that were answered, by the class of the answer's status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answered {
    /// 200 to 299.
    pub success: u64,
    /// 400 to 499.
    pub client_error: u64,
    /// 500 to 599.
    pub server_error: u64,
}

/// Counts what happens.
#[derive(Default)]
pub(super) struct Tally {
    connections_accepted: AtomicU64,
    connections_turned_away: AtomicU64,
    streams_turned_away: AtomicU64,
    success: AtomicU64,
    client_error: AtomicU64,
    server_error: AtomicU64,
}

impl Tally {
    pub(super) fn connected(&self, accepted: bool) {
        one_more(if accepted { &self.connections_accepted } else { &self.connections_turned_away });
    }

    pub(super) fn stream_turned_away(&self) {
        one_more(&self.streams_turned_away);
    }

    pub(super) fn answered(&self, status: StatusCode) {
        // Nothing is answered that sends a client elsewhere.
        one_more(match status {
            status if status.is_server_error() => &self.server_error,
            status if status.is_client_error() => &self.client_error,
            _ => &self.success,
        });
    }
}

impl Server {
    /// How it is. Cheap: nothing is locked, and nothing is waited for.
    #[must_use]
    pub fn stats(&self) -> ServerStats {
        let (shared, limits, tally) = (&self.shared, &self.shared.limits, &self.shared.tally);
        ServerStats {
            connections: taken(&shared.unix.connections, limits.connections)
                + taken(&shared.tcp.connections, limits.connections),
            connections_accepted: so_far(&tally.connections_accepted),
            connections_turned_away: so_far(&tally.connections_turned_away),
            streams: taken(&shared.streams, limits.streams),
            streams_turned_away: so_far(&tally.streams_turned_away),
            answered: Answered {
                success: so_far(&tally.success),
                client_error: so_far(&tally.client_error),
                server_error: so_far(&tally.server_error),
            },
            uploads: taken(&shared.uploads.slots, limits.uploads),
        }
    }
}

fn one_more(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn so_far(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// How many of `all` places are taken.
fn taken(places: &Semaphore, all: usize) -> usize {
    all.saturating_sub(places.available_permits())
}
