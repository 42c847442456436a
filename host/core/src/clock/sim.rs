//! A clock that stands still until it is told.

mod sleep;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::{BoxSleep, Clock};
use crate::time::{Instant, Timestamp};

use sleep::{Sleep, WallSleep};

/// 2026-01-01T00:00:00Z, a Thursday.
const START: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// Wall time is kept in femtoseconds: a nanosecond times a drift of one part in a million is still whole.
const FEMTOS_PER_MICRO: i128 = 1_000_000_000;

/// A [`Clock`] for tests: time passes only in [`SimClock::advance`] and its like, drifts and jumps on demand, and a
/// year costs nothing.
///
/// A handle: clones are the same clock. Sleepers are woken in the order of their deadlines, those with one deadline in
/// the order in which they were first polled, each while [`Clock::now`] is its deadline.
///
/// ```
/// use std::time::Duration;
/// use dormouse_core::clock::{Clock, SimClock};
///
/// let clock = SimClock::new();
/// assert_eq!(clock.wall().to_string(), "2026-01-01T00:00:00Z");
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.wall().to_string(), "2026-01-01T00:01:30Z");
/// ```
#[derive(Clone)]
pub struct SimClock(Arc<Mutex<State>>);

struct State {
    now: Instant,
    wall_femtos: i128,
    drift_ppm: i32,
    cpu: Duration,
    spin: Spin,
    /// Those that have been polled and whose deadline has not come, in the order in which they are woken.
    sleepers: BTreeMap<SleeperKey, Waker>,
    next_sleeper: u64,
    /// How often the wall clock was set, or its rate changed.
    sets: u64,
    /// Those that wait for the wall clock, and wake when it is set.
    wall_sleepers: BTreeMap<u64, Waker>,
}

/// Deadline first, so that the map's order is the order of waking.
type SleeperKey = (Instant, u64);

#[derive(Clone, Copy, Default)]
struct Spin {
    wall: Duration,
    cpu: Duration,
}

impl SimClock {
    /// A clock at 2026-01-01T00:00:00Z, monotonic time at its origin, no CPU time used, no drift.
    #[must_use]
    pub fn new() -> Self {
        Self::at(START)
    }

    /// A clock at `wall`, otherwise as new.
    #[must_use]
    pub fn at(wall: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State {
            now: Instant::ORIGIN,
            wall_femtos: femtos(wall),
            drift_ppm: 0,
            cpu: Duration::ZERO,
            spin: Spin::default(),
            sleepers: BTreeMap::new(),
            next_sleeper: 0,
            sets: 0,
            wall_sleepers: BTreeMap::new(),
        })))
    }

    /// Lets `span` pass, on both clocks, and wakes everyone whose deadline has come.
    ///
    /// The clocks stop at each deadline on the way, so a sleeper registered while another is woken is woken too if its
    /// deadline is on the way.
    pub fn advance(&self, span: Duration) {
        let target = self.lock().now + span;
        self.run_to(target);
    }

    /// Lets time pass until the earliest deadline and wakes the sleepers that have it; false, and nothing, if there
    /// are no sleepers.
    pub fn advance_to_next(&self) -> bool {
        match self.next_deadline() {
            Some(deadline) => {
                self.run_to(deadline);
                true
            }
            None => false,
        }
    }

    /// The earliest deadline that anyone waits for. A sleep counts from its first poll.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.lock().sleepers.first_key_value().map(|((deadline, _), _)| *deadline)
    }

    /// Sets the wall clock, as an operator or a time server does, either way. No monotonic time passes; who waits
    /// for the wall clock wakes, and nobody else.
    pub fn jump(&self, to: Timestamp) {
        self.set(|state| state.wall_femtos = femtos(to));
    }

    /// Moves the wall clock by `micros` microseconds, either way, as [`SimClock::jump`] does.
    pub fn jump_by(&self, micros: i64) {
        self.set(|state| {
            state.wall_femtos = state.wall_femtos.saturating_add(i128::from(micros) * FEMTOS_PER_MICRO);
        });
    }

    /// From now on lets the wall clock run `ppm` millionths faster than monotonic time, slower if negative.
    /// At -1,000,000 and below it stands still.
    pub fn drift(&self, ppm: i32) {
        self.set(|state| state.drift_ppm = ppm.max(-1_000_000));
    }

    /// What each [`Clock::interrupted`] costs: `wall_per_interrupt` passes on both clocks, and `cpu_per_interrupt` of
    /// CPU time is used. Nothing, on a new clock.
    pub fn set_spin(&self, wall_per_interrupt: Duration, cpu_per_interrupt: Duration) {
        self.lock().spin = Spin { wall: wall_per_interrupt, cpu: cpu_per_interrupt };
    }

    /// Uses `cpu` of CPU time; no time passes. The counter is one for all threads.
    pub fn spend_cpu(&self, cpu: Duration) {
        let mut state = self.lock();
        state.cpu = state.cpu.saturating_add(cpu);
    }

    /// Changes the wall clock, and wakes those that wait for it: without the lock, they may run anything.
    fn set(&self, change: impl FnOnce(&mut State)) {
        let woken = {
            let mut state = self.lock();
            change(&mut state);
            state.sets += 1;
            std::mem::take(&mut state.wall_sleepers)
        };
        woken.into_values().for_each(Waker::wake);
    }

    /// Goes from deadline to deadline up to `target`. Wakers are called without the lock: they may run anything.
    fn run_to(&self, target: Instant) {
        loop {
            let mut state = self.lock();
            let due = state.sleepers.first_entry().filter(|sleeper| sleeper.key().0 <= target);
            let Some(sleeper) = due else {
                state.pass_to(target);
                return;
            };
            let deadline = sleeper.key().0;
            let waker = sleeper.remove();
            state.pass_to(deadline);
            drop(state);
            waker.wake();
        }
    }

    /// A panic while the lock is held leaves nothing half done, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Moves both clocks to `now`, unless they are there already: another thread may have been faster.
    fn pass_to(&mut self, now: Instant) {
        let span = i128::try_from(now.since(self.now).as_nanos()).unwrap_or(i128::MAX);
        self.wall_femtos = self.wall_femtos.saturating_add(span.saturating_mul(self.rate()));
        self.now = self.now.max(now);
    }

    /// Femtoseconds on the wall for each nanosecond of monotonic time.
    fn rate(&self) -> i128 {
        i128::from(1_000_000 + i64::from(self.drift_ppm))
    }

    /// When the wall clock shows `at`, if nobody sets it.
    fn reaches(&self, at: Timestamp) -> Instant {
        let femtos = femtos(at).saturating_sub(self.wall_femtos).max(0);
        // Rounded up: at a moment before it, whoever waits would begin again.
        let nanos = femtos.saturating_add(self.rate() - 1).checked_div(self.rate());
        match nanos.map(u64::try_from) {
            Some(Ok(nanos)) => self.now + Duration::from_nanos(nanos),
            // It stands still, or that is more than five hundred years from now.
            None | Some(Err(_)) => Instant::MAX,
        }
    }

    fn wall(&self) -> Timestamp {
        let micros = self.wall_femtos.div_euclid(FEMTOS_PER_MICRO);
        let saturated = if micros < 0 { i64::MIN } else { i64::MAX };
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(saturated))
    }

    fn fresh_key(&mut self) -> u64 {
        self.next_sleeper += 1;
        self.next_sleeper
    }
}

impl Clock for SimClock {
    fn wall(&self) -> Timestamp {
        self.lock().wall()
    }

    fn now(&self) -> Instant {
        self.lock().now
    }

    fn sleep_until(&self, deadline: Instant) -> BoxSleep {
        Box::pin(Sleep::new(self.clone(), deadline))
    }

    fn sleep_until_wall(&self, at: Timestamp) -> BoxSleep {
        Box::pin(WallSleep::new(self.clone(), at))
    }

    /// The CPU time used so far by everyone: there is one counter, see [`SimClock::spend_cpu`].
    fn thread_cpu(&self) -> Duration {
        self.lock().cpu
    }

    /// Lets pass what [`SimClock::set_spin`] said.
    fn interrupted(&self) {
        let spin = self.lock().spin;
        self.spend_cpu(spin.cpu);
        if !spin.wall.is_zero() {
            self.advance(spin.wall);
        }
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (wall, state) = (self.wall(), self.lock());
        f.debug_struct("SimClock")
            .field("wall", &wall)
            .field("now", &state.now)
            .field("sleepers", &state.sleepers.len())
            .finish_non_exhaustive()
    }
}

fn femtos(wall: Timestamp) -> i128 {
    i128::from(wall.as_micros()) * FEMTOS_PER_MICRO
}

#[cfg(test)]
mod tests;
