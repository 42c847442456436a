//! When simulated time may pass, and what a guest that is real does to it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use dormouse_core::clock::{BoxSleep, SimClock};
use dormouse_core::{Clock, Instant, Timestamp};
use tokio::sync::Notify;

use super::as_nanos;
use crate::clock::thread_cpu;
use crate::shared::Shared;

/// When simulated time may pass.
#[derive(Default)]
pub(super) struct Gate {
    /// The latest moment to which it may jump, in nanoseconds.
    pub(super) horizon: AtomicU64,
    /// The test waits for the moment at which nothing can run.
    pub(super) settling: AtomicBool,
    pub(super) settled: Notify,
    /// The number of the latest poll of a guest, the real CPU time at its beginning, and its real time since
    /// the rig's origin; the latter two in nanoseconds.
    poll: AtomicU64,
    polled_cpu: AtomicU64,
    polled_at: AtomicU64,
    pub(super) host: OnceLock<Weak<Shared>>,
}

impl Gate {
    fn host(&self) -> Option<Arc<Shared>> {
        self.host.get().and_then(Weak::upgrade)
    }

    /// Nothing can run. `since_origin` is real.
    pub(super) fn idle(&self, clock: &SimClock, since_origin: Duration) {
        let elsewhere = self.host().is_some_and(|shared| shared.seen.elsewhere.load(Ordering::Relaxed) > 0);
        let polled_at = Duration::from_nanos(self.polled_at.load(Ordering::Relaxed));
        if elsewhere && since_origin.saturating_sub(polled_at) < REAL_PATIENCE {
            return;
        }
        if self.settling.swap(false, Ordering::Relaxed) {
            self.settled.notify_waiters();
            return;
        }
        if clock.next_deadline().is_some_and(|at| as_nanos(at) <= self.horizon.load(Ordering::Relaxed)) {
            clock.advance_to_next();
        }
    }
}

/// [`SimClock`], for guests that are real. An interruption is taken for spinning only if the guest has used
/// the CPU for a good part of a tick: one that was merely not scheduled for a while, on a busy machine, has not spun.
pub(super) struct RigClock {
    pub(super) sim: SimClock,
    pub(super) gate: Arc<Gate>,
    pub(super) origin: std::time::Instant,
}

impl Clock for RigClock {
    fn wall(&self) -> Timestamp {
        self.sim.wall()
    }

    fn now(&self) -> Instant {
        self.sim.now()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxSleep {
        self.sim.sleep_until(deadline)
    }

    fn sleep_until_wall(&self, at: Timestamp) -> BoxSleep {
        self.sim.sleep_until_wall(at)
    }

    /// Asked at the beginning of each poll of a guest, and later in it.
    fn thread_cpu(&self) -> Duration {
        let gate = &self.gate;
        let poll = gate.host().map_or(0, |shared| shared.seen.polls.load(Ordering::Relaxed));
        if gate.poll.swap(poll, Ordering::Relaxed) != poll {
            let nanos = |d: Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
            gate.polled_cpu.store(nanos(thread_cpu()), Ordering::Relaxed);
            gate.polled_at.store(nanos(real_since(self.origin)), Ordering::Relaxed);
        }
        self.sim.thread_cpu()
    }

    fn interrupted(&self) {
        let polled = Duration::from_nanos(self.gate.polled_cpu.load(Ordering::Relaxed));
        // Of the engine that the host has, which need not be the rig's own. Each interruption ends a poll: a guest never
        // gets beyond its tick. It may have begun in the middle of one.
        let part = self.gate.host().map_or(Duration::ZERO, |shared| shared.engine.tick() / 4);
        if thread_cpu().saturating_sub(polled) >= part {
            self.sim.interrupted();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "only to tell a wait for a real file from a wait for ever")]
pub(super) fn real_since(origin: std::time::Instant) -> Duration {
    origin.elapsed()
}

/// Has the runtime look whether it is idle every millisecond, while a guest waits for a real file.
#[expect(clippy::disallowed_methods, reason = "simulated time stands still meanwhile")]
pub(super) fn look_again_and_again() -> tokio::task::JoinHandle<()> {
    tokio::spawn(async {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
}

/// How long, in real time, a guest may wait for a file or a socket before it is taken to wait for ever and
/// simulated time goes on.
const REAL_PATIENCE: Duration = Duration::from_millis(500);
