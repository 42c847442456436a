//! A host on simulated time, for tests of tasks, of embedders and of Dormouse itself.
//!
//! Everything runs on the one thread of the test: the host's loops, its timers, and the guests. Time stands
//! still while anything can run. When nothing can, it jumps to the next moment that something waits for, but
//! only while the test is waiting for something itself, and not beyond what it waits for. So a test of a
//! 25-second limit takes a millisecond, and takes it always.
//!
//! ```no_run
//! use dormouse::testing::Rig;
//! use dormouse::{TaskBuilder, Trigger};
//!
//! # fn component() -> Vec<u8> { Vec::new() }
//! Rig::run(async |rig| {
//!     let task = rig.install(&component());
//!     let id = rig.register(TaskBuilder::new("t").entry_point(task).trigger(Trigger::Application)).await;
//!     let completion = rig.fire(id, "hello").await;
//!     assert!(completion.run.outcome.is_success());
//! });
//! ```
//!
//! A guest that spins is interrupted at the engine's ticks, as always; each interruption lets simulated time
//! and simulated CPU time pass. What is real all the same: sockets, files, and WASI's own clocks. A guest
//! waits in simulated time with the contract's `sleep`. While a guest waits for a file or a socket, and for
//! nothing of the contract's, time stands still for up to half a second of real time.
//!
//! A component is compiled once, and not by each test that runs in a process of its own: its code is kept in `dormouse-rig`,
//! beside the folder of the test's program, as a [`ComponentCache`](crate::ComponentCache) keeps it.

mod apps;
mod compiled;
mod gate;
mod names;
mod start;
mod tasks;
mod waits;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dormouse_core::clock::SimClock;
use dormouse_core::event::RecordingObserver;
use dormouse_core::{Clock, FixedProvider, Instant, ScriptedSource, Store, Timestamp};
use tokio::sync::Notify;

use crate::host::Host;
use gate::Gate;

/// Simulated time that passes when a guest that spins is interrupted.
pub const WALL_PER_INTERRUPT: Duration = Duration::from_millis(100);

/// Simulated CPU time that passes when a guest that spins is interrupted.
pub const CPU_PER_INTERRUPT: Duration = Duration::from_millis(100);

/// The app that [`Rig::install`] installs.
pub const APP: &str = "test";

/// The entry point that [`Rig::install`] gives it.
pub const ENTRY_POINT: &str = "main";

/// A host on [`SimClock`], [`MemoryStore`](dormouse_core::MemoryStore), scripts and a recorder.
pub struct Rig {
    /// The host.
    pub host: Host,
    /// Its clock.
    pub clock: SimClock,
    /// What happened.
    pub events: Arc<RecordingObserver>,
    /// Its conditions: all unknown, but what the test sets.
    pub conditions: Arc<FixedProvider>,
    /// Its signals.
    pub source: Arc<ScriptedSource>,
    /// Its store.
    pub store: Arc<dyn Store>,
    gate: Arc<Gate>,
    news: Arc<Notify>,
}

impl std::fmt::Debug for Rig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rig").field("now", &self.clock.wall()).finish_non_exhaustive()
    }
}

fn as_nanos(at: Instant) -> u64 {
    u64::try_from(at.since_origin().as_nanos()).unwrap_or(u64::MAX)
}

impl Rig {
    /// How often the loop that follows schedules woke, ever.
    #[must_use]
    pub fn timer_wakes(&self) -> u64 {
        self.host.inner.shared.seen.timer_wakes.load(Ordering::Relaxed)
    }

    /// How many schedules it looked at, ever: those that were due, not those that there are.
    #[must_use]
    pub fn timers_looked_at(&self) -> u64 {
        self.host.inner.shared.seen.timers_looked_at.load(Ordering::Relaxed)
    }

    /// The time on the wall.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.wall()
    }
}
