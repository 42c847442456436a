//! The threads that run guests, and nothing else.

use std::io;

use tokio::runtime::{Handle, Runtime};

/// The threads that run guests.
pub(crate) struct Guests(Option<Runtime>);

impl Guests {
    /// None of their own: guests are polled where everything else is.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn start(threads: usize) -> io::Result<Self> {
        // No timers and no I/O here: guests' own are made on the control runtime, so that one that spins
        // cannot hold them up.
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("dormouse-guest")
            .build()
            .map(|runtime| Self(Some(runtime)))
    }

    pub(crate) fn handle(&self) -> Option<Handle> {
        self.0.as_ref().map(|runtime| runtime.handle().clone())
    }
}

impl Drop for Guests {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // A host may be dropped inside a runtime, where waiting for threads is not allowed.
            runtime.shutdown_background();
        }
    }
}
