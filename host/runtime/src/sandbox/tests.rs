//! Sandboxes with guests of a few lines. What real guests do is tested with real guests, in `tests/`.

use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use dormouse_core::clock::{BoxSleep, SimClock};
use dormouse_core::{Class, Instant, Timestamp, TrapKind};

use super::testing::{FakePort, Heard, engine, task};
use super::*;
use crate::engine::Engine;

/// One engine for all of these tests: their guests share nothing else.
fn shared_engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(engine)
}

/// A clock whose thread CPU time grows by a millisecond each time that it is read.
struct Counting(SimClock, AtomicU64);

impl Clock for Counting {
    fn wall(&self) -> Timestamp {
        self.0.wall()
    }
    fn now(&self) -> Instant {
        self.0.now()
    }
    fn sleep_until(&self, deadline: Instant) -> BoxSleep {
        self.0.sleep_until(deadline)
    }
    fn thread_cpu(&self) -> Duration {
        Duration::from_millis(self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
    }
}

struct Run {
    sandbox: Option<Sandbox>,
    port: Arc<FakePort>,
    meter: Arc<Meter>,
    usage: Arc<Usage>,
}

fn limits() -> Limits {
    Class::Default.limits()
}

fn run(module: &str, limits: Limits) -> Run {
    let component = Component::compile(shared_engine(), &task(module)).expect("a task");
    let clock: Arc<dyn Clock> = Arc::new(Counting(SimClock::default(), 0.into()));
    let port = Arc::new(FakePort::default());
    let meter = Arc::new(Meter::new(Arc::clone(&clock)));
    let usage = Usage::new(limits.output_bytes);
    let spec = SandboxSpec {
        limits,
        grants: Arc::new(Grants::none()),
        env: Vec::new(),
        args: Vec::new(),
        blocking_inline: true,
    };
    let of_sandbox = (Arc::clone(&port), Arc::clone(&meter), Arc::clone(&usage));
    let sandbox = start(&component, spec, clock, of_sandbox.0, of_sandbox.1, of_sandbox.2);
    Run { sandbox: Some(sandbox), port, meter, usage }
}

impl Run {
    fn poll(&mut self) -> Poll<Result<(), GuestTrap>> {
        let _ticking = shared_engine().enter();
        let _polling = self.meter.begin();
        let sandbox = self.sandbox.as_mut().expect("not dropped yet");
        sandbox.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    fn end(mut self) -> (Result<(), GuestTrap>, Heard) {
        loop {
            if let Poll::Ready(end) = self.poll() {
                return (end, self.port.heard());
            }
        }
    }

    fn trap(self) -> GuestTrap {
        self.end().0.expect_err("it did not trap")
    }
}

fn module(body: &str) -> String {
    format!(
        r#"(core module $module
            (memory (export "memory") 1)
            (func $inner (result i32) {body})
            (func $task (export "run") (param i32) (result i32) (call $inner)))"#
    )
}

#[test]
fn a_run_tells_its_answer_and_that_nothing_is_left() {
    let (end, heard) = run(&module("(i32.const 0)"), limits()).end();
    assert_eq!(end, Ok(()));
    assert_eq!(heard.returned, Some(Ok(())));
    assert!(heard.nothing_left);
}

#[test]
fn nothing_happens_before_the_first_poll_or_after_a_drop() {
    let mut run = run(&module("(loop $forever (br $forever)) (i32.const 0)"), limits());
    assert_eq!(run.meter.used(), Duration::ZERO);
    assert_eq!(run.usage.peak_memory_bytes(), 0);
    assert!(run.poll().is_pending());
    assert_eq!(run.usage.peak_memory_bytes(), 65_536, "what was used is known after the store is gone");
    run.sandbox = None;
    let heard = run.port.heard();
    assert_eq!((heard.returned, heard.nothing_left), (None, false));
}

#[test]
fn a_guest_that_spins_gives_way_at_each_tick_and_is_billed_while_it_spins() {
    let mut run = run(&module("(loop $forever (br $forever)) (i32.const 0)"), limits());
    let mut before = Duration::ZERO;
    for _ in 0..3 {
        assert!(run.poll().is_pending());
        // Of each poll at least the interruption and the end were billed, and the clock counts its readings.
        let used = run.meter.used();
        assert!(used >= before + Duration::from_millis(2), "{before:?} then {used:?}");
        before = used;
    }
}

#[test]
fn memories_and_tables_draw_on_one_account() {
    // Each of the two memories begins with one page. Grow the first by three, the second by three, and answer
    // through the result's discriminant whether the second growth was refused.
    let two = r#"(core module $module
        (memory $a (export "memory") 1)
        (memory $b 1)
        (table $t 8192 funcref)
        (func (export "run") (param i32) (result i32)
            (if (i32.ne (memory.grow $a (i32.const 3)) (i32.const 1)) (then unreachable))
            (if (i32.ne (memory.grow $b (i32.const 3)) (i32.const -1)) (then unreachable))
            (if (i32.ne (memory.grow $b (i32.const 2)) (i32.const 1)) (then unreachable))
            (if (i32.ne (table.grow $t (ref.null func) (i32.const 1)) (i32.const -1)) (then unreachable))
            (i32.const 0)))"#;
    // Seven pages, and the table of one page.
    let limit = 8 * 65_536;
    let run = run(two, Limits { memory_bytes: limit, ..limits() });
    let usage = Arc::clone(&run.usage);
    let (end, heard) = run.end();
    assert_eq!(end, Ok(()));
    assert_eq!(heard.refused, [(limit + 65_536, limit), (limit + 8, limit)]);
    assert_eq!((usage.memory_refusals(), usage.peak_memory_bytes()), (2, limit));
}

#[test]
fn growth_beyond_a_memorys_own_maximum_is_neither_billed_nor_blamed_on_the_limit() {
    let own_maximum = r#"(core module $module
        (memory $a (export "memory") 1 2)
        (func (export "run") (param i32) (result i32)
            (if (i32.ne (memory.grow $a (i32.const 5)) (i32.const -1)) (then unreachable))
            (if (i32.ne (memory.grow $a (i32.const 1)) (i32.const 1)) (then unreachable))
            (i32.const 0)))"#;
    let run = run(own_maximum, limits());
    let usage = Arc::clone(&run.usage);
    assert_eq!(run.end().0, Ok(()));
    assert_eq!((usage.memory_refusals(), usage.peak_memory_bytes()), (0, 2 * 65_536));
}

#[test]
fn memory_that_is_needed_from_the_start_and_not_allowed_is_a_limit() {
    let trap = run(&module("(i32.const 0)"), Limits { memory_bytes: 65_535, ..limits() }).trap();
    assert_eq!(trap.kind, TrapKind::Limit);
    assert!(trap.message.starts_with("the sandbox could not be started: "), "{}", trap.message);
}

#[test]
fn traps_are_told_apart_and_name_the_guests_functions_and_nothing_of_the_host() {
    let recursion = r#"(core module $module
        (memory (export "memory") 1)
        (func $deeper (param i32) (result i32) (call $deeper (local.get 0)))
        (func (export "run") (param i32) (result i32) (call $deeper (local.get 0))))"#;
    for (module, kind) in [
        (module("unreachable"), TrapKind::Unreachable),
        (module("(i32.load (i32.const 65536))"), TrapKind::MemoryOutOfBounds),
        (module("(i32.div_u (i32.const 1) (i32.const 0))"), TrapKind::Arithmetic),
        (module("(i32.trunc_f32_s (f32.const nan))"), TrapKind::Arithmetic),
        (module("(i32.const 65536)"), TrapKind::Other),
        (recursion.to_owned(), TrapKind::StackOverflow),
    ] {
        let trap = run(&module, limits()).trap();
        assert_eq!(trap.kind, kind, "{}", trap.message);
        assert!(!trap.message.contains("0x") && !trap.message.contains('/'), "{}", trap.message);
    }
    let named = run(&module("unreachable"), limits()).trap().message;
    assert!(named.ends_with(", in inner, called by task"), "{named}");
    let table = r#"(core module $module
        (memory (export "memory") 1)
        (table 1 funcref)
        (func (export "run") (param i32) (result i32) (call_indirect (result i32) (i32.const 0))))"#;
    assert_eq!(run(table, limits()).trap().kind, TrapKind::Table);
}

#[test]
fn a_trap_in_one_run_is_nothing_to_the_next() {
    for _ in 0..3 {
        assert_eq!(run(&module("unreachable"), limits()).trap().kind, TrapKind::Unreachable);
        assert_eq!(run(&module("(i32.const 0)"), limits()).end().0, Ok(()));
    }
}
