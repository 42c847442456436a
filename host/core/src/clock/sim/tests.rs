use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn seconds(n: u32) -> Instant {
    Instant::ORIGIN + SECOND * n
}

/// Writes down, when woken, what the clock showed; takes the clock's lock, so that a waker called under it hangs.
struct Note {
    name: &'static str,
    clock: SimClock,
    log: Arc<Mutex<Vec<(&'static str, Instant)>>>,
}

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        let now = self.clock.now();
        self.log.lock().expect("no test panics with it").push((self.name, now));
    }
}

#[derive(Clone)]
struct Bench {
    clock: SimClock,
    log: Arc<Mutex<Vec<(&'static str, Instant)>>>,
}

impl Bench {
    fn new() -> Self {
        Self { clock: SimClock::new(), log: Arc::default() }
    }

    fn poll(&self, name: &'static str, sleep: &mut BoxSleep) -> Poll<()> {
        let note = Note { name, clock: self.clock.clone(), log: Arc::clone(&self.log) };
        sleep.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::new(note))))
    }

    /// A sleep that has been polled once.
    fn sleeper(&self, name: &'static str, deadline: Instant) -> BoxSleep {
        let mut sleep = self.clock.sleep_until(deadline);
        assert_eq!(self.poll(name, &mut sleep), Poll::Pending);
        sleep
    }

    fn log(&self) -> Vec<(&'static str, Instant)> {
        std::mem::take(&mut *self.log.lock().expect("no test panics with it"))
    }
}

#[test]
fn wakes_in_the_order_of_deadlines_each_at_its_own() {
    let bench = Bench::new();
    let _sleeps = [("c", 3), ("a", 1), ("late", 9), ("b", 2), ("b2", 2)]
        .map(|(name, at)| bench.sleeper(name, seconds(at)));
    bench.clock.advance(SECOND * 5);
    assert_eq!(bench.log(), [("a", seconds(1)), ("b", seconds(2)), ("b2", seconds(2)), ("c", seconds(3))]);
    assert_eq!(bench.clock.now(), seconds(5));
    assert_eq!(bench.clock.next_deadline(), Some(seconds(9)));
}

#[test]
fn a_sleep_is_ready_at_its_deadline_and_not_a_nanosecond_before() {
    let bench = Bench::new();
    let mut sleep = bench.sleeper("a", seconds(1));
    bench.clock.advance(SECOND - Duration::from_nanos(1));
    assert_eq!((bench.log(), bench.poll("a", &mut sleep)), (vec![], Poll::Pending));
    bench.clock.advance(Duration::from_nanos(1));
    assert_eq!(bench.log().len(), 1);
    assert_eq!(bench.poll("a", &mut sleep), Poll::Ready(()));
    assert_eq!(bench.poll("past", &mut bench.clock.sleep_until(Instant::ORIGIN)), Poll::Ready(()));
}

#[test]
fn advance_to_next_goes_exactly_there_and_stops_without_sleepers() {
    let bench = Bench::new();
    assert!(!bench.clock.advance_to_next());
    let _sleeps = [bench.sleeper("a", seconds(7)), bench.sleeper("b", seconds(8))];
    assert!(bench.clock.advance_to_next());
    assert_eq!((bench.clock.now(), bench.log()), (seconds(7), vec![("a", seconds(7))]));
    assert!(bench.clock.advance_to_next());
    assert!(!bench.clock.advance_to_next());
    assert_eq!(bench.clock.now(), seconds(8));
}

#[test]
fn a_dropped_sleep_is_forgotten() {
    let bench = Bench::new();
    drop(bench.sleeper("a", seconds(1)));
    assert_eq!(bench.clock.next_deadline(), None);
    bench.clock.advance(SECOND * 2);
    assert_eq!(bench.log(), []);
}

#[test]
fn an_unpolled_sleep_is_not_waited_for() {
    let bench = Bench::new();
    let _sleep = bench.clock.sleep_until(seconds(1));
    assert_eq!(bench.clock.next_deadline(), None);
}

#[test]
fn the_last_waker_polled_with_is_woken_and_no_other() {
    let bench = Bench::new();
    let mut sleep = bench.sleeper("first", seconds(1));
    assert_eq!(bench.poll("second", &mut sleep), Poll::Pending);
    bench.clock.advance(SECOND);
    assert_eq!(bench.log(), [("second", seconds(1))]);
}

#[test]
fn a_waker_that_owns_its_sleep_can_be_replaced() {
    struct Owner(#[expect(dead_code, reason = "held to be dropped")] Mutex<Option<BoxSleep>>);
    impl Wake for Owner {
        fn wake(self: Arc<Self>) {}
    }
    let bench = Bench::new();
    let other = bench.sleeper("other", seconds(2));
    let owner = Waker::from(Arc::new(Owner(Mutex::new(Some(other)))));
    let mut sleep = bench.clock.sleep_until(seconds(1));
    assert_eq!(sleep.as_mut().poll(&mut Context::from_waker(&owner)), Poll::Pending);
    drop(owner);
    // Drops the first waker, and with it the other sleep, which takes the lock.
    assert_eq!(bench.poll("mine", &mut sleep), Poll::Pending);
    assert_eq!(bench.clock.next_deadline(), Some(seconds(1)));
}

#[test]
fn a_sleep_begun_by_a_waker_is_woken_on_the_same_way() {
    struct Chain(Bench, Mutex<Vec<BoxSleep>>);
    impl Wake for Chain {
        fn wake(self: Arc<Self>) {
            let sleep = self.0.sleeper("second", seconds(2));
            self.1.lock().expect("no test panics with it").push(sleep);
        }
    }
    let bench = Bench::new();
    let chain = Arc::new(Chain(bench.clone(), Mutex::default()));
    let mut sleep = bench.clock.sleep_until(seconds(1));
    let waker = Waker::from(Arc::clone(&chain));
    assert_eq!(sleep.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending);
    bench.clock.advance(SECOND * 3);
    assert_eq!(bench.log(), [("second", seconds(2))]);
}

#[test]
fn a_jump_moves_the_wall_alone() {
    let bench = Bench::new();
    let _sleep = bench.sleeper("a", seconds(1));
    let start = bench.clock.wall();
    bench.clock.jump_by(-3_600_000_000);
    assert_eq!(bench.clock.wall().to_string(), "2025-12-31T23:00:00Z");
    bench.clock.jump(start + SECOND * 86_400);
    assert_eq!(bench.clock.wall().to_string(), "2026-01-02T00:00:00Z");
    assert_eq!((bench.clock.now(), bench.log()), (Instant::ORIGIN, vec![]));
}

#[test]
fn drift_adds_up_however_small_the_steps() {
    let clock = SimClock::new();
    let start = clock.wall();
    clock.drift(100);
    for _ in 0..1_000 {
        clock.advance(Duration::from_micros(1));
    }
    // A ten-thousandth of a millisecond: far below what one step can show.
    clock.advance(SECOND * 10 - Duration::from_millis(1));
    assert_eq!(clock.wall().since(start), Duration::from_micros(10_001_000));
    assert_eq!(clock.now(), seconds(10));

    clock.drift(-2_000_000);
    clock.advance(SECOND);
    assert_eq!(clock.wall().since(start), Duration::from_micros(10_001_000), "stands still, never goes back");
}

#[test]
fn time_passes_while_a_guest_spins_if_the_test_says_so() {
    let bench = Bench::new();
    let _sleep = bench.sleeper("deadline", seconds(2));
    bench.clock.interrupted();
    assert_eq!((bench.clock.now(), bench.clock.thread_cpu()), (Instant::ORIGIN, Duration::ZERO));

    bench.clock.set_spin(SECOND, SECOND / 2);
    bench.clock.interrupted();
    assert_eq!((bench.clock.now(), bench.log()), (seconds(1), vec![]));
    bench.clock.interrupted();
    assert_eq!(bench.log(), [("deadline", seconds(2))]);
    bench.clock.spend_cpu(SECOND);
    assert_eq!(bench.clock.thread_cpu(), SECOND * 2);
    assert_eq!(bench.clock.now(), seconds(2), "CPU time is not wall time");
}

#[test]
fn the_clock_wakes_a_future_on_another_thread() {
    let clock = SimClock::new();
    let woken = Arc::new(AtomicUsize::new(0));
    let thread = std::thread::spawn({
        let (clock, woken) = (clock.clone(), Arc::clone(&woken));
        move || {
            futures::executor::block_on(clock.sleep_until(seconds(60)));
            woken.fetch_add(1, Ordering::SeqCst);
        }
    });
    while !clock.advance_to_next() {
        std::thread::yield_now();
    }
    thread.join().expect("the sleeper ends");
    assert_eq!(woken.load(Ordering::SeqCst), 1);
    assert_eq!(clock.now(), seconds(60));
}

#[test]
fn the_far_ends_of_time_saturate() {
    let clock = SimClock::at(Timestamp::MAX);
    clock.advance(Duration::MAX);
    assert_eq!((clock.wall(), clock.now()), (Timestamp::MAX, Instant::MAX));
}

#[test]
fn who_waits_for_the_wall_wakes_when_it_shows_the_moment() {
    let bench = Bench::new();
    let at = bench.clock.wall() + SECOND * 10;
    let mut sleep = bench.clock.sleep_until_wall(at);
    assert_eq!(bench.poll("a", &mut sleep), Poll::Pending);
    assert_eq!(bench.clock.next_deadline(), Some(seconds(10)));
    bench.clock.advance(SECOND * 20);
    assert_eq!(bench.log(), [("a", seconds(10))]);
    assert_eq!(bench.poll("a", &mut sleep), Poll::Ready(()));
    assert_eq!(bench.poll("past", &mut bench.clock.sleep_until_wall(at)), Poll::Ready(()));
}

#[test]
fn who_waits_for_the_wall_is_told_that_it_was_set_and_nobody_else_is() {
    let set: [fn(&SimClock); 4] = [
        |clock| clock.jump(Timestamp::EPOCH),
        |clock| clock.jump_by(-1),
        |clock| clock.jump_by(3_600_000_000),
        |clock| clock.drift(10),
    ];
    for set in set {
        let bench = Bench::new();
        let _other = bench.sleeper("other", seconds(1));
        let mut sleep = bench.clock.sleep_until_wall(bench.clock.wall() + SECOND * 10);
        assert_eq!(bench.poll("a", &mut sleep), Poll::Pending);
        set(&bench.clock);
        assert_eq!(bench.log(), [("a", Instant::ORIGIN)]);
        assert_eq!(bench.poll("a", &mut sleep), Poll::Ready(()));
    }
}

#[test]
fn a_wall_that_drifts_is_waited_for_at_its_own_pace() {
    for (ppm, expected) in [(500_000, 8), (-500_000, 24)] {
        let bench = Bench::new();
        bench.clock.drift(ppm);
        let at = bench.clock.wall() + SECOND * 12;
        let mut sleep = bench.clock.sleep_until_wall(at);
        assert_eq!(bench.poll("a", &mut sleep), Poll::Pending);
        assert_eq!(bench.clock.next_deadline(), Some(seconds(expected)));
        bench.clock.advance_to_next();
        assert_eq!(bench.clock.wall(), at);
    }
    let bench = Bench::new();
    bench.clock.drift(-1_000_000);
    let mut sleep = bench.clock.sleep_until_wall(bench.clock.wall() + SECOND);
    assert_eq!(bench.poll("never", &mut sleep), Poll::Pending);
    bench.clock.advance(SECOND * 1_000);
    assert_eq!(bench.log(), []);
}

#[test]
fn a_wait_for_the_wall_that_is_dropped_is_forgotten() {
    let bench = Bench::new();
    let mut sleep = bench.clock.sleep_until_wall(bench.clock.wall() + SECOND);
    assert_eq!(bench.poll("a", &mut sleep), Poll::Pending);
    drop(sleep);
    assert_eq!(bench.clock.next_deadline(), None);
    bench.clock.jump_by(1);
    assert_eq!(bench.log(), []);
}
