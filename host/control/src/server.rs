//! The server: a host's control API over HTTP, on a Unix socket, over TCP, and without either for the program that it
//! is in.
//!
//! | who asks | may, if |
//! | --- | --- |
//! | the program itself, by [`Server::router`] | always |
//! | a process of this machine, by the Unix socket | it is of the same user, or root's: the kernel says so |
//! | anybody else, over TCP | the request brings the token along |
//!
//! Nobody is answered who comes from a web page: a request with an `Origin` is refused, and no answer says that another
//! site may read it. What `Host` says is not believed, and not used.
//!
//! Everything that comes in has a limit, all of them in [`ServerLimits`]. What was asked and was not done is answered by
//! a [`Problem`](crate::api::Problem), whatever it was.

#![expect(
    clippy::result_large_err,
    reason = "a problem is an answer: made once for a request, and moved to who writes it"
)]

mod directories;
mod document;
mod extract;
mod failure;
mod feed;
mod layers;
mod leases;
mod limits;
mod listen;
mod page;
mod peer;
mod routes;
mod serve;
mod shared;
mod stats;
mod stream;
mod uploads;

use std::sync::Arc;

use axum::Router;

pub use feed::EventFeed;
pub use limits::ServerLimits;
pub use listen::{ListenError, Listener, TcpSocket, UnixSocket};
pub use peer::{Peer, TOKEN_LEN_MAX, TOKEN_LEN_MIN, Token, TokenError};
pub use shared::{ServerConfig, WhyUnknown};
pub use stats::{Answered, ServerStats};

use shared::Shared;

/// Answers for a host. A handle: clones are the same server.
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
    router: Router,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("limits", &self.shared.limits).finish_non_exhaustive()
    }
}

impl Server {
    /// A server that nobody can reach yet.
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        let shared = Arc::new(Shared::new(config));
        let router = routes::router(&shared);
        Self { shared, router }
    }

    /// The API as a service, for the program that it is in: no connection, no token. Requests have the extension
    /// [`Peer`] if they bring one, else they are the program's own.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The OpenAPI document of what is answered, as JSON.
    #[must_use]
    pub fn document() -> String {
        routes::described().to_json().unwrap_or_default()
    }

    /// Begins to stop: nothing more is taken in, streams and whoever waits for a completion are told at once that it is
    /// over, and all else comes to its end, at most for [`ServerLimits::stop`]. [`Server::serve`] returns then.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }
}
