//! What waits on a simulated clock.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::{SimClock, SleeperKey};
use crate::time::{Instant, Timestamp};

/// Until a moment of monotonic time.
pub(super) struct Sleep {
    clock: SimClock,
    deadline: Instant,
    /// Its place among the sleepers, from the first poll on.
    key: Option<SleeperKey>,
}

impl Sleep {
    pub(super) fn new(clock: SimClock, deadline: Instant) -> Self {
        Self { clock, deadline, key: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (clock, deadline) = (self.clock.clone(), self.deadline);
        let mut state = clock.lock();
        if state.now >= deadline {
            return Poll::Ready(());
        }
        let key = *self.key.get_or_insert_with(|| (deadline, state.fresh_key()));
        let replaced = state.sleepers.insert(key, context.waker().clone());
        drop(state);
        // Dropping a waker may drop the future that it belonged to, and that may be another sleep.
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let waker = self.clock.lock().sleepers.remove(&key);
            drop(waker);
        }
    }
}

/// Until a moment on the wall, or until the wall clock is set.
pub(super) struct WallSleep {
    at: Timestamp,
    /// How often the clock had been set when this was made.
    sets: u64,
    /// Until `at`, if nobody sets it.
    sleep: Sleep,
    /// Its place among those who are woken when the clock is set, from the first poll on.
    key: Option<u64>,
}

impl WallSleep {
    pub(super) fn new(clock: SimClock, at: Timestamp) -> Self {
        let (sets, deadline) = {
            let state = clock.lock();
            (state.sets, state.reaches(at))
        };
        Self { at, sets, sleep: Sleep::new(clock, deadline), key: None }
    }
}

impl Future for WallSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.sleep.clock.clone();
        let mut state = clock.lock();
        if state.sets != self.sets || state.wall() >= self.at {
            return Poll::Ready(());
        }
        let key = *self.key.get_or_insert_with(|| state.fresh_key());
        let replaced = state.wall_sleepers.insert(key, context.waker().clone());
        drop(state);
        drop(replaced);
        Pin::new(&mut self.sleep).poll(context)
    }
}

impl Drop for WallSleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let waker = self.sleep.clock.lock().wall_sleepers.remove(&key);
            drop(waker);
        }
    }
}
