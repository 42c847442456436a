//! The ticker: the thread that makes a spinning guest give way.
//!
//! Compiled guest code compares the engine's epoch with its store's deadline at each loop back-edge and each
//! function entry, and yields when the deadline has come. Something must advance the epoch, and it must not be
//! an async task: on one core a guest that spins would starve it. So each engine has one OS thread that does
//! nothing else.
//!
//! The epoch only moves while a guest runs ([`Ticking`] is held), and the thread parks when none has run for a
//! while: an idle host uses no CPU. The hot path of a run is one atomic addition, one load and one subtraction;
//! a system call is made only to wake a parked thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use wasmtime::EngineWeak;

/// How many ticks without a guest pass before the thread parks. Short runs follow each other faster than this
/// on a busy host, so that the ticker is then never woken by a system call.
const LINGER_TICKS: u32 = 16;

#[derive(Debug, Default)]
struct Shared {
    /// Guests that are being polled now.
    running: AtomicUsize,
    /// The thread is parked, or about to be: whoever enters must wake it.
    parked: AtomicBool,
    stop: AtomicBool,
    /// Ticks made so far.
    ticks: AtomicU64,
}

/// The ticker of one engine. Dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
    join: Option<JoinHandle<()>>,
}

/// While one of these lives, the epoch advances.
#[derive(Debug)]
pub(crate) struct Ticking<'a>(&'a Shared);

impl Ticker {
    /// Starts the thread, parked. It holds the engine weakly, and advances its epoch every `period` while a
    /// guest runs.
    ///
    /// # Errors
    ///
    /// The operating system refuses another thread.
    pub(crate) fn start(engine: EngineWeak, period: Duration) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let join = thread::Builder::new()
            .name("dormouse-ticker".to_owned())
            .spawn(move || of_thread.run(&engine, period))?;
        Ok(Self { shared, thread: join.thread().clone(), join: Some(join) })
    }

    /// To be held while a guest is polled.
    pub(crate) fn enter(&self) -> Ticking<'_> {
        // Sequentially consistent on both sides: either the thread sees this guest before it parks, or this
        // load sees that it parks.
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.parked.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Ticking(&self.shared)
    }

    /// Guests that are being polled now.
    pub(crate) fn polled(&self) -> usize {
        self.shared.running.load(Ordering::Relaxed)
    }

    /// Whether the thread is parked.
    pub(crate) fn rests(&self) -> bool {
        self.shared.parked.load(Ordering::Relaxed)
    }

    /// Ticks made so far.
    pub(crate) fn ticks(&self) -> u64 {
        self.shared.ticks.load(Ordering::Relaxed)
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.thread.unpark();
        if let Some(join) = self.join.take() {
            // It panics nowhere, and waits for nothing once it is told to stop.
            drop(join.join());
        }
    }
}

impl Shared {
    fn run(&self, engine: &EngineWeak, period: Duration) {
        let mut idle = LINGER_TICKS;
        while !self.stop.load(Ordering::SeqCst) {
            if idle >= LINGER_TICKS {
                self.park_until_needed();
                idle = 0;
            }
            // Not `sleep`: the end must not wait for a period.
            thread::park_timeout(period);
            if self.running.load(Ordering::SeqCst) == 0 {
                idle += 1;
                continue;
            }
            idle = 0;
            let Some(engine) = engine.upgrade() else { return };
            engine.increment_epoch();
            self.ticks.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn park_until_needed(&self) {
        self.parked.store(true, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) == 0 && !self.stop.load(Ordering::SeqCst) {
            thread::park();
        }
        self.parked.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_millis(1);

    fn ticker() -> (wasmtime::Engine, Ticker) {
        let engine = wasmtime::Engine::default();
        let ticker = Ticker::start(engine.weak(), PERIOD).expect("a thread");
        (engine, ticker)
    }

    /// Waits until `done`, for as long as it takes: a test that fails here fails by its runner's timeout.
    fn wait_until(done: impl Fn() -> bool) {
        while !done() {
            thread::yield_now();
        }
    }

    #[test]
    fn the_epoch_advances_while_a_guest_runs_and_stands_still_when_none_does() {
        let (_engine, ticker) = ticker();
        let first = ticker.enter();
        wait_until(|| ticker.ticks() >= 3);
        let second = ticker.enter();
        drop(first);
        let so_far = ticker.ticks();
        wait_until(|| ticker.ticks() > so_far);
        drop(second);
        wait_until(|| ticker.shared.parked.load(Ordering::SeqCst));
        let parked_at = ticker.ticks();
        // A parked thread has no timeout: nothing but a guest can make it tick again.
        assert_eq!(ticker.ticks(), parked_at);
        let _third = ticker.enter();
        wait_until(|| ticker.ticks() > parked_at);
    }

    #[test]
    fn a_fresh_ticker_parks_without_having_ticked() {
        let (_engine, ticker) = ticker();
        wait_until(|| ticker.shared.parked.load(Ordering::SeqCst));
        assert_eq!(ticker.ticks(), 0);
    }

    #[test]
    fn the_thread_ends_with_its_engine_and_with_its_ticker() {
        let (engine, mut ticker) = ticker();
        let _running = ticker.shared.running.fetch_add(1, Ordering::SeqCst);
        drop(engine);
        ticker.thread.unpark();
        ticker.join.take().expect("not joined before").join().expect("no panic");

        let (_engine, ticker) = self::ticker();
        let shared = Arc::downgrade(&ticker.shared);
        drop(ticker);
        assert!(shared.upgrade().is_none(), "the thread holds its state to its end");
    }
}
