//! Where time comes from.
//!
//! The rules take time as an argument; a [`Clock`] is what the runtime takes it from. Wall and monotonic time are
//! apart, because only one of them may jump.

mod sim;

use std::pin::Pin;
use std::time::Duration;

use crate::time::{Instant, Timestamp};

pub use sim::SimClock;

/// A future that is ready when a moment has come.
pub type BoxSleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The time, in all the ways that the runtime needs it.
///
/// Called from many threads at once. No method blocks.
pub trait Clock: Send + Sync + 'static {
    /// Wall-clock time: for people, stores and schedules. May jump either way between two calls.
    fn wall(&self) -> Timestamp;

    /// Monotonic time: for spans and deadlines. Never goes back.
    fn now(&self) -> Instant;

    /// A future that is ready once [`Clock::now`] has reached `deadline`; at its first poll, if it has already.
    ///
    /// Jumps of the wall clock do not touch it. It costs nothing to drop.
    fn sleep_until(&self, deadline: Instant) -> BoxSleep;

    /// CPU time used by the calling thread, from an origin that means nothing by itself.
    ///
    /// Only differences on one thread are of use.
    fn thread_cpu(&self) -> Duration;

    /// Called on the thread that runs a guest, each time that a guest which did not yield has been interrupted.
    ///
    /// Real clocks do nothing: real time has passed. A simulated clock can let time pass here, which a guest that
    /// spins would otherwise stop.
    fn interrupted(&self) {}
}
