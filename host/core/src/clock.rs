//! Where time comes from.
//!
//! The rules take time as an argument; a [`Clock`] is what the runtime takes it from. Wall and monotonic time are
//! apart, because only one of them may jump.

mod sim;

use std::pin::Pin;
use std::time::Duration;

use crate::time::{Instant, Timestamp};

pub use sim::SimClock;

/// A clock that is not told when the wall clock is set looks at it this often.
pub const WALL_LOOK: Duration = Duration::from_secs(60);

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

    /// A future that is ready once [`Clock::wall`] has reached `at`, and earlier when somebody sets the wall clock or
    /// the machine wakes from sleep: what was to be waited for is then judged anew. Whoever waits looks at the wall
    /// clock again.
    ///
    /// By default it is ready after [`WALL_LOOK`] at the latest, for clocks that nobody tells: what is due is then fired
    /// up to so much late after the clock was set ahead, or after a sleep. A clock that knows better says so here, and
    /// whoever waits for a far moment is not woken before.
    fn sleep_until_wall(&self, at: Timestamp) -> BoxSleep {
        self.sleep_until(self.now() + at.since(self.wall()).min(WALL_LOOK))
    }

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
