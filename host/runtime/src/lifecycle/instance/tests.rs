//! Apps of a few lines. What becomes of an app by the rules is tested with whole hosts, in `tests/`.

mod programs;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{Call, CallId, Handler, Ticket};
use dormouse_core::app::memory::{MemoryChange, MemoryLevel};
use dormouse_core::app::previous::PreviousExecutionState;
use dormouse_core::clock::SimClock;
use dormouse_core::completion::RunRecord;
use dormouse_core::{
    ActivationId, AppId, Class, Completion, Cursor, Fence, Instant, Outcome, Receipt, RegistrationId, RunId,
    TaskFailure, Timestamp, TrapKind,
};
use futures::task::{ArcWake, waker_ref};

use super::super::calls::{CallArgs, NamedCompletion};
use super::testing::app;
use super::*;
use crate::app::AppComponent;
use crate::engine::Engine;
use crate::meter::Meter;
use crate::sandbox::grants::Grants;
use crate::sandbox::port::RunPort;
use crate::sandbox::testing::{FakePort, engine, task};
use crate::sandbox::usage::Usage;
use crate::subscribe::Progress;

/// One engine for all of these tests: their guests share nothing else.
fn shared_engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(engine)
}

/// Counts how often it is woken.
#[derive(Default)]
struct Wakes(AtomicU32);

impl ArcWake for Wakes {
    fn wake_by_ref(wakes: &Arc<Self>) {
        wakes.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Life {
    instance: Instance,
    port: Arc<FakePort>,
    commands: mpsc::UnboundedSender<Command>,
    memory: Arc<AtomicU64>,
    usage: Arc<Usage>,
    wakes: Arc<Wakes>,
    calls: u32,
}

fn life(bodies: &[(&str, &str)]) -> Life {
    let component = AppComponent::compile(shared_engine(), &app(bodies)).expect("an app");
    life_of(component.component())
}

fn life_of(component: &Component) -> Life {
    let limits = Class::Default.limits();
    let clock: Arc<dyn Clock> = Arc::new(SimClock::default());
    let port = Arc::new(FakePort::default());
    let (sender, commands) = mpsc::unbounded();
    let (memory, usage) = (Arc::new(AtomicU64::new(limits.memory_bytes)), Usage::new(limits.output_bytes));
    let gauges = Gauges {
        meter: Arc::new(Meter::new(Arc::clone(&clock))),
        usage: Arc::clone(&usage),
        memory: Some(Arc::clone(&memory)),
    };
    let spec = SandboxSpec {
        limits,
        grants: Arc::new(Grants::none()),
        env: Vec::new(),
        args: Vec::new(),
        blocking_inline: true,
    };
    let instance = start(component, spec, clock, Arc::clone(&port) as Arc<dyn SessionPort>, commands, gauges);
    Life { instance, port, commands: sender, memory, usage, wakes: Arc::default(), calls: 0 }
}

impl Life {
    fn send(&self, command: Command) {
        assert!(self.commands.unbounded_send(command).is_ok(), "it listens");
    }

    fn call(&mut self, handler: Handler, args: CallArgs) {
        self.calls += 1;
        let call = Call { id: CallId(self.calls), handler, deadline: Instant::ORIGIN };
        self.send(Command::Call { call, args });
    }

    fn poll(&mut self) -> Poll<GuestTrap> {
        let _ticking = shared_engine().enter();
        self.instance.as_mut().poll(&mut Context::from_waker(&waker_ref(&self.wakes)))
    }

    /// Polls it until it asks for no more.
    fn settle(&mut self) -> Poll<GuestTrap> {
        loop {
            let before = self.wakes.0.load(Ordering::Relaxed);
            let polled = self.poll();
            if polled.is_ready() || self.wakes.0.load(Ordering::Relaxed) == before {
                return polled;
            }
        }
    }

    /// What was said since it was asked last, once it asks for no more.
    fn says(&mut self) -> Vec<String> {
        if let Poll::Ready(trap) = self.settle() {
            panic!("{}", trap.message);
        }
        self.port.take_said()
    }

    fn trap(mut self) -> GuestTrap {
        match self.settle() {
            Poll::Ready(trap) => trap,
            Poll::Pending => panic!("it did not trap"),
        }
    }
}

/// A task of this name that came to its end.
fn ended(outcome: Outcome) -> NamedCompletion {
    let id = uuid::Uuid::from_u128(1);
    let run = RunRecord {
        run: RunId::from_uuid(id),
        activation: ActivationId::from_uuid(id),
        registration: RegistrationId::from_uuid(id),
        app: AppId::new("app").expect("a name"),
        attempt: 1,
        fence: Fence::default(),
        started_at: Timestamp::EPOCH,
        ended_at: Timestamp::EPOCH,
        outcome,
        receipt: Receipt::default(),
    };
    let completion = Completion { cursor: Cursor::default(), coalesced: 3, run: Arc::new(run) };
    NamedCompletion { completion, name: "tea".to_owned() }
}

const LAUNCHED: Handler =
    Handler::Launched { ticket: Ticket(1), previous: PreviousExecutionState::NotRunning, prelaunch: false };
const RESUMING: Handler = Handler::Resuming { away: Duration::from_millis(1500) };

#[test]
fn what_comes_with_a_launch_is_passed_on() {
    let previous = PreviousExecutionState::ClosedByUser;
    let launched = r"(call $restart (local.get 0) (local.get 1) (i32.const 512))
        (call $say (i32.eq (local.get 2) (i32.const 4)))
        (call $say (local.get 3))";
    let mut life = life(&[("launched", launched)]);
    assert_eq!(life.says(), Vec::<String>::new(), "nothing is called by itself");
    let handler = Handler::Launched { ticket: Ticket(1), previous, prelaunch: true };
    life.call(handler, CallArgs::Launch("at dawn".to_owned()));
    assert_eq!(life.says(), ["restart at dawn", "say true", "say true", "returned 1"]);
}

#[test]
fn each_handler_is_called_with_its_figures() {
    let usage = "(call $say (i32.and (local.get 0) (i32.eq (local.get 1) (i32.const 3))))
        (call $say (f64.eq (local.get 2) (f64.const 3)))
        (call $say (f64.eq (local.get 3) (f64.const 2)))";
    let limit = "(call $say (f64.eq (f64.sub (local.get 0) (local.get 1)) (f64.const 100)))";
    let mut life = life(&[
        // The third of the kinds is `timer`, behind `file`, `protocol` and `share`; then comes its name.
        (
            "activated",
            "(call $say (i32.eq (local.get 0) (i32.const 3)))
            (call $restart (local.get 1) (local.get 2) (i32.const 512))
            (call $say (i32.eq (local.get 7) (i32.const 1)))",
        ),
        ("resuming", "(call $say (f64.eq (local.get 0) (f64.const 1500)))"),
        ("memory-usage-changed", usage),
        ("memory-limit-changing", limit),
        ("leaving-background", "(call $say (i32.const 1))"),
        ("entered-background", "(call $say (i32.const 0))"),
    ]);
    let timer = AppActivation::Timer { name: "tea".to_owned() };
    let activated = Handler::Activated { ticket: Ticket(1), previous: PreviousExecutionState::Running };
    life.call(activated, CallArgs::Activation(timer));
    assert_eq!(life.says(), ["say true", "restart tea", "say true", "returned 1"]);
    life.call(RESUMING, CallArgs::None);
    assert_eq!(life.says(), ["say true", "returned 2"]);
    let (change, level) = (MemoryChange::Decreased, MemoryLevel::OverLimit);
    life.call(Handler::MemoryUsageChanged { change, level, used: 3, limit: 2 }, CallArgs::None);
    assert_eq!(life.says(), ["say true", "say true", "say true", "returned 3"]);
    life.call(Handler::MemoryLimitChanging { old: 300, new: 200 }, CallArgs::None);
    assert_eq!(life.says(), ["say true", "returned 4"]);
    life.call(Handler::LeavingBackground, CallArgs::None);
    life.call(Handler::EnteredBackground, CallArgs::None);
    assert_eq!(life.says(), ["say true", "returned 5", "say false", "returned 6"], "in their order");
}

#[test]
fn uwp_128_a_deferral_is_of_the_call_that_it_was_taken_in() {
    // A result, and in it the handle. The one is completed, the other dropped.
    let hold = "(call $hold (local.get 0) (i32.const 512)) (global.set $kept (i32.load (i32.const 516)))
        (call $say (i32.eq (call $remaining (local.get 0)) (i32.const 1000)))";
    let mut life = life(&[
        ("suspending", hold),
        ("resuming", "(call $ready (global.get $kept))"),
        (
            "leaving-background",
            "(call $hold (local.get 0) (i32.const 512)) (call $forget (i32.load (i32.const 516)))",
        ),
    ]);
    life.call(Handler::Suspending, CallArgs::None);
    assert_eq!(life.says(), ["hold 1", "say true", "returned 1"], "the deferral outlives the handler");
    life.call(RESUMING, CallArgs::None);
    assert_eq!(life.says(), ["ready 1", "returned 2"]);
    life.call(Handler::LeavingBackground, CallArgs::None);
    assert_eq!(life.says(), ["hold 3", "ready 3", "returned 3"]);
}

#[test]
fn an_extended_execution_is_asked_for_by_its_number_and_closed_by_dropping_it() {
    let extend = r"(i32.store (i32.const 1024) (i32.const 0x6961_7721))
        (call $extend (i32.const 1) (i32.const 1024) (i32.const 4) (i32.const 512))
        (call $revoked (i32.load (i32.const 516)) (i32.const 528))
        (call $say (i32.and (i32.load8_u (i32.const 528)) (i32.load8_u (i32.const 529))))
        (call $close (i32.load (i32.const 516)))";
    let mut life = life(&[("launched", extend)]);
    life.call(LAUNCHED, CallArgs::Launch(String::new()));
    let said = ["extend SavingData !wai", "revoked 7", "say true", "close 7", "returned 1"];
    assert_eq!(life.says(), said);
}

#[test]
fn uwp_120_each_run_in_an_app_is_told_apart() {
    let mut life = life(&[
        (
            "background-activated",
            "(call $progress (local.get 0) (i32.const 5))
            (call $let-go (local.get 0)) (i32.const 0)",
        ),
        // Its group has four bytes.
        ("group-activated", "(call $progress (local.get 2) (local.get 1)) (i32.const 0)"),
    ]);
    let runs = [Arc::new(FakePort::default()), Arc::new(FakePort::default())];
    let [one, other] = runs.clone();
    life.send(Command::Activate { number: 11, run: one, group: None });
    life.send(Command::Activate { number: 12, run: other, group: Some("mail".to_owned()) });
    assert_eq!(life.says(), ["run 11 ok", "run 12 ok"]);
    assert_eq!(runs.map(|run| run.heard().progress), [5, 4]);
}

#[test]
fn a_deferral_outlives_the_handle_to_its_run() {
    let mut life = life(&[
        (
            "background-activated",
            "(call $defer (local.get 0) (i32.const 512))
            (global.set $kept (i32.load (i32.const 516)))
            (call $let-go (local.get 0)) (i32.store (i32.const 512) (i32.const 0)) (i32.const 0)",
        ),
        ("resuming", "(call $complete (global.get $kept))"),
    ]);
    let run = Arc::new(FakePort::default());
    let entered = Arc::clone(&run) as Arc<dyn RunPort>;
    life.send(Command::Activate { number: 1, run: entered, group: None });
    assert_eq!(life.says(), ["run 1 ok"]);
    assert_eq!((run.heard().deferrals_taken, run.heard().deferrals_completed), (1, 0));
    life.call(RESUMING, CallArgs::None);
    assert_eq!(life.says(), ["returned 1"]);
    assert_eq!(run.heard().deferrals_completed, 1);
    assert_eq!(Arc::strong_count(&run), 1, "with its last handle the run is let go of");
}

#[test]
fn what_a_run_answers_is_its_own() {
    // An error of the first kind, with an empty text.
    let failed = "(i32.store8 (i32.const 600) (i32.const 1)) (i32.const 600)";
    let mut life = life(&[("background-activated", failed)]);
    let run = Arc::new(FakePort::default());
    life.send(Command::Activate { number: 1, run, group: None });
    assert_eq!(life.says(), ["run 1 failed"]);
}

#[test]
fn uwp_109_growth_is_judged_by_the_limit_of_the_moment() {
    let grows = "(call $say (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))";
    let mut life = life(&[("resuming", grows)]);
    assert_eq!(life.says(), Vec::<String>::new());
    let held = life.usage.memory_bytes();
    life.memory.store(held, Ordering::Relaxed);
    life.call(RESUMING, CallArgs::None);
    assert_eq!(life.says(), ["say false", "returned 1"]);
    assert_eq!(life.port.heard().refused, [(held + 65_536, held)]);
    life.memory.store(held + 65_536, Ordering::Relaxed);
    life.call(RESUMING, CallArgs::None);
    life.call(RESUMING, CallArgs::None);
    assert_eq!(life.says(), ["say true", "returned 2", "say false", "returned 3"]);
}

#[test]
fn task_events_are_told_and_said_to_have_been() {
    let mut life = life(&[
        ("completed", "(call $say (i32.eq (local.get 1) (i32.const 2)))"),
        // Behind its two texts.
        ("progressed", "(call $say (i32.eq (local.get 4) (i32.const 42)))"),
    ]);
    life.send(Command::Completed(vec![ended(Outcome::Succeeded), ended(Outcome::Interrupted)]));
    let id = uuid::Uuid::from_u128(1);
    life.send(Command::Progressed(Progress {
        registration: RegistrationId::from_uuid(id),
        activation: ActivationId::from_uuid(id),
        run: RunId::from_uuid(id),
        value: 42,
    }));
    assert_eq!(life.says(), ["say true", "Completed", "say true", "Progressed"]);
}

#[test]
fn a_trap_in_any_handler_ends_the_app_and_names_it() {
    let mut life = life(&[("suspending", "unreachable")]);
    life.call(LAUNCHED, CallArgs::None);
    life.call(Handler::Suspending, CallArgs::None);
    life.call(RESUMING, CallArgs::None);
    let port = Arc::clone(&life.port);
    let trap = life.trap();
    assert_eq!(trap.kind, TrapKind::Unreachable);
    assert!(trap.message.contains("suspending"), "{}", trap.message);
    assert_eq!(port.take_said(), ["returned 1"], "nothing is heard of it any more");
}

#[test]
fn a_guest_that_spins_gives_way_at_each_tick() {
    let mut life = life(&[("launched", "(loop $forever (br $forever))")]);
    life.call(LAUNCHED, CallArgs::None);
    for _ in 0..3 {
        assert!(life.poll().is_pending());
    }
    assert_eq!(life.port.take_said(), Vec::<String>::new());
}

#[test]
fn an_app_with_nothing_to_do_is_not_woken() {
    let mut life = life(&[]);
    life.call(LAUNCHED, CallArgs::None);
    assert_eq!(life.says(), ["returned 1"]);
    let before = life.wakes.0.load(Ordering::Relaxed);
    for _ in 0..3 {
        assert!(life.poll().is_pending());
    }
    assert_eq!(life.wakes.0.load(Ordering::Relaxed), before, "it asks for nothing");
    life.call(RESUMING, CallArgs::None);
    assert!(life.wakes.0.load(Ordering::Relaxed) > before, "it is woken by what it is to do");
    assert_eq!(life.says(), ["returned 2"]);
    let Life { instance, commands, .. } = life;
    drop(commands);
    let mut instance = instance;
    let polled = instance.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()));
    assert!(polled.is_pending(), "when nobody can send more, it waits");
}

#[test]
fn a_task_has_no_life() {
    let module = r#"(core module $module (memory (export "memory") 1)
        (func (export "run") (param i32) (result i32) (i32.const 0)))"#;
    let component = Component::compile(shared_engine(), &task(module)).expect("a task");
    assert_eq!(life_of(&component).trap().kind, TrapKind::Start);
}
