//! How much the server takes, and for how long it waits: all of it in one place.

use std::time::Duration;

/// The limits of a server. The defaults are those that a daemon has; smaller ones are for tests and small machines.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerLimits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// The same, of a launch: what comes with an activation may be longer as JSON than it is
    /// ([`ACTIVATION_LEN_MAX`](dormouse_core::app::activation::ACTIVATION_LEN_MAX)), up to six times.
    pub launch_bytes: usize,
    /// Bytes of a package that is uploaded.
    pub upload_bytes: usize,
    /// Packages that were uploaded and wait to be installed.
    pub uploads: usize,
    /// How long they wait.
    pub upload_age: Duration,
    /// Bytes of a request's line and headers together.
    pub header_bytes: usize,
    /// Connections at once, on the Unix socket and over TCP each. One more is answered `busy` and closed.
    pub connections: usize,
    /// Streams of events at once. One more is answered `busy`.
    pub streams: usize,
    /// Subscribers that something is kept for. One more is refused.
    pub subscribers: usize,
    /// Events that are kept for a stream whose client is slow, before it has to be told that it missed some: what
    /// [`EventFeed::new`](super::EventFeed::new) is given.
    pub stream_events: usize,
    /// From the moment that a connection waits for a request to the end of that request's headers: a connection that
    /// is kept idles no longer either.
    pub header_read: Duration,
    /// Between two pieces of a request's body.
    pub body_read: Duration,
    /// How long a client may take nothing of what is written to it.
    pub write_stall: Duration,
    /// For the answer to a request, unless it is a stream, waits for something, or brings or installs a package.
    pub request: Duration,
    /// The longest that a request may ask to wait for a completion.
    pub wait: Duration,
    /// Between two signs of life on a stream on which nothing happens.
    pub heartbeat: Duration,
    /// What goes on when the server stops may take so long, and is cut off then.
    pub stop: Duration,
}

impl ServerLimits {
    /// What a daemon has.
    pub const DEFAULT: Self = Self {
        body_bytes: 1024 * 1024,
        launch_bytes: 8 * 1024 * 1024,
        upload_bytes: 128 * 1024 * 1024,
        uploads: 4,
        upload_age: Duration::from_secs(10 * 60),
        header_bytes: 16 * 1024,
        connections: 256,
        streams: 64,
        subscribers: 1000,
        stream_events: 1024,
        header_read: Duration::from_secs(10),
        body_read: Duration::from_secs(30),
        write_stall: Duration::from_secs(30),
        request: Duration::from_secs(60),
        wait: Duration::from_secs(60),
        heartbeat: Duration::from_secs(15),
        stop: Duration::from_secs(10),
    };
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Connections that are told that there are too many, at once. What comes beyond them is closed without a word.
pub(super) const TURNED_AWAY: usize = 16;

/// Registrations of which a stream remembers whose they are.
pub(super) const REMEMBERED_MAX: usize = 4096;
