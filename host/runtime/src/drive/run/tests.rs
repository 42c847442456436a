//! Where a run begins, on the machine's clock and where guests have threads of their own.

use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use dormouse_core::event::{Event, EventKind};
use dormouse_core::store::{ActivationStore as _, Fault, FaultyStore, MemoryStore, Reap};
use dormouse_core::{AppId, LimitsRequest, Observer, Overlap, RegistrationId, TaskBuilder, Trigger};
use futures::FutureExt as _;
use futures::future::join_all;

use super::*;
use crate::app::App;
use crate::builder::HostBuilder;
use crate::component::Component;
use crate::drive::intake::Fired;
use crate::host::{Host, IfExists};
use crate::sandbox::testing::{engine, task};

/// Is over at once.
const RETURNS: &str = r#"(core module $module
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32) (i32.const 0)))"#;

/// Computes until it is told to end, and after that as well.
const SPINS: &str = r#"(core module $module
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32) (loop $on (br $on)) (unreachable)))"#;

/// The threads on which runs ended.
#[derive(Default)]
struct Ends(Mutex<Vec<ThreadId>>);

impl Observer for Ends {
    fn observe(&self, event: &Event) {
        if let EventKind::Ended { .. } = event.kind {
            self.0.lock().expect("no panic").push(thread::current().id());
        }
    }
}

impl Ends {
    fn here(&self) -> usize {
        self.0.lock().expect("no panic").iter().filter(|thread| **thread == thread::current().id()).count()
    }

    fn all(&self) -> usize {
        self.0.lock().expect("no panic").len()
    }
}

/// On the caller's thread, which is the host's own.
fn on_this_thread(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(test);
}

/// A host with one thread in each lane, and one registration of a task.
async fn started(builder: HostBuilder, module: &str, overlap: Overlap) -> (Host, RegistrationId) {
    let host = builder.engine(engine()).guest_threads(1).start().await.expect("a host");
    let component = Component::compile(host.engine(), &task(module)).expect("it is a task");
    let id = AppId::new("app").expect("a valid name");
    host.install(App::new(id.clone()).entry_point("main", component)).expect("it installs");
    let task = TaskBuilder::new("t")
        .entry_point("main")
        .trigger(Trigger::Application)
        .overlap(overlap)
        .limits(LimitsRequest { cpu: Some(Duration::from_millis(20)), ..LimitsRequest::default() });
    let made = host.register(&id, task, IfExists::Error).await.expect("it is valid");
    (host, made.id)
}

fn on_threads(module: &str, test: impl AsyncFnOnce(&Host, RegistrationId, &Ends)) {
    on_this_thread(async {
        let ends = Arc::new(Ends::default());
        let builder = Host::builder().observer(ends.clone());
        let (host, id) = started(builder, module, Overlap::Parallel { max: 64 }).await;
        test(&host, id, &ends).await;
    });
}

/// Says of the runs of a registration that the last was over at once, which on a slow machine none is.
fn was_brief(host: &Host, id: RegistrationId) {
    host.inner.shared.state().registrations.get(id).expect("it is there").going.was_brief(true);
}

fn is_brief(host: &Host, id: RegistrationId) -> bool {
    host.inner.shared.state().registrations.get(id).expect("it is there").going.is_brief()
}

/// Fires, and waits for the end of the run.
async fn run(host: &Host, id: RegistrationId) -> Outcome {
    let fired = host.request(id, "").await.expect("the firing is taken");
    let ended = host.completed(fired.activation().expect("nothing refuses it")).await.expect("it ends");
    ended.run.outcome.clone()
}

#[test]
fn what_is_likely_to_be_over_at_once_begins_where_it_was_asked_for() {
    on_threads(RETURNS, async |host, id, ends| {
        assert_eq!(run(host, id).await, Outcome::Succeeded);
        assert_eq!((ends.all(), ends.here()), (1, 0), "of the first one nobody knows");
        // On a busy machine a tick may cut one in two, which then goes on elsewhere.
        for _ in 0..100 {
            was_brief(host, id);
            let before = ends.here();
            let fired = host.request(id, "").await.expect("the firing is taken");
            let is_over = ends.here() > before;
            let ended =
                host.completed(fired.activation().expect("nothing refuses it")).await.expect("it ended");
            assert_eq!(ended.run.outcome, Outcome::Succeeded);
            if is_over {
                return;
            }
        }
        panic!("of a hundred, none was over before its firing was answered");
    });
}

#[test]
fn what_is_not_over_at_once_goes_on_with_the_guests_and_so_does_the_next_one() {
    on_threads(SPINS, async |host, id, ends| {
        was_brief(host, id);
        let outcome = run(host, id).await;
        assert!(matches!(outcome, Outcome::Canceled { .. }), "{outcome:?}");
        assert_eq!((ends.all(), ends.here()), (1, 0));
        assert!(!is_brief(host, id));
    });
}

#[test]
fn of_many_that_are_asked_for_at_once_a_few_begin_there() {
    on_threads(RETURNS, async |host, id, ends| {
        was_brief(host, id);
        let fired = join_all((0..30).map(|_| host.request(id, ""))).await;
        let here = ends.here();
        assert!((1..=16).contains(&here), "{here}");
        for fired in fired {
            let fired = fired.expect("the firing is taken").activation().expect("nothing refuses it");
            assert!(host.completed(fired).await.expect("it ends").run.outcome.is_success());
        }
    });
}

#[test]
fn who_finds_his_run_over_gives_way_where_there_is_no_room_for_the_next() {
    on_threads(RETURNS, async |host, id, _| {
        let fired = host.request(id, "").await.expect("the firing is taken");
        let activation = fired.activation().expect("nothing refuses it");
        let shared = &host.inner.shared;
        while shared.state().recent.get(activation).is_none() {
            tokio::task::yield_now().await;
        }
        was_brief(host, id);
        let known = shared.state().registrations.get(id).expect("it is there").clone();
        let mut completed = std::pin::pin!(host.completed(activation));
        let mut polls = 0;
        let over = poll_fn(|cx| {
            polls += 1;
            // In its first poll others were before it.
            while polls == 1 && may_begin_here(shared, &known) {}
            completed.as_mut().poll(cx)
        });
        assert!(over.await.expect("it ended").run.outcome.is_success());
        assert_eq!(polls, 2);
        assert!(may_begin_here(shared, &known), "and there is room");
    });
}

#[test]
fn nothing_begins_inside_of_a_guest() {
    on_threads(RETURNS, async |host, id, _| {
        was_brief(host, id);
        let shared = &host.inner.shared;
        let known = shared.state().registrations.get(id).expect("it is there").clone();
        assert!(may_begin_here(shared, &known));
        // As while one has its turn.
        let mut guest: std::pin::Pin<Box<dyn Future<Output = bool> + Send>> = {
            let (shared, known) = (shared.clone(), known.clone());
            Box::pin(async move { may_begin_here(&shared, &known) })
        };
        let meter = crate::meter::Meter::new(shared.clock.clone());
        let usage = crate::sandbox::usage::Usage::new(0);
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(may) = super::super::turn::turn(&mut guest, shared, &meter, &usage, &mut cx) else {
            panic!("it waits for nothing");
        };
        assert!(!may.unwrap_or(true));
        assert!(may_begin_here(shared, &known), "its turn is over");
    });
}

/// Fires once more when it first hears that an activation is complete, and notes whether that began a run before it was
/// answered.
#[derive(Default)]
struct Again {
    host: OnceLock<(Host, RegistrationId)>,
    started: AtomicU32,
    began: OnceLock<bool>,
}

impl Observer for Again {
    fn observe(&self, event: &Event) {
        match event.kind {
            EventKind::Started { .. } => {
                self.started.fetch_add(1, Ordering::SeqCst);
            }
            EventKind::Completed { .. } if self.started.load(Ordering::SeqCst) == 1 => {
                let (host, id) = self.host.get().expect("it was fired");
                let fired = host.request(*id, "").now_or_never().expect("memory answers at once");
                assert!(matches!(fired, Ok(Fired::Accepted(_))), "{fired:?}");
                let _ = self.began.set(self.started.load(Ordering::SeqCst) == 2);
            }
            _ => {}
        }
    }
}

#[test]
fn whoever_hears_of_an_end_finds_the_place_of_that_run_free() {
    on_this_thread(async {
        let again = Arc::new(Again::default());
        let builder = Host::builder().observer(again.clone());
        // One at a time.
        let (host, id) = started(builder, RETURNS, Overlap::Queue { max: 1 }).await;
        again.host.set((host.clone(), id)).unwrap_or_else(|_| panic!("it is set once"));
        assert_eq!(run(&host, id).await, Outcome::Succeeded);
        assert_eq!(again.began.get(), Some(&true), "it waited for the run that was over");
    });
}

/// Returns once the store was asked to write an end down. On a machine that is busy a tick comes in the middle of the run, which
/// goes on elsewhere then, and its end comes later than the answer to who asked for it.
async fn is_being_written(store: &FaultyStore) {
    while !store.calls().contains(&"finish") {
        tokio::task::yield_now().await;
    }
}

#[test]
fn nobody_asks_the_store_for_an_end_that_is_being_written() {
    on_this_thread(async {
        let store = FaultyStore::new(Arc::new(MemoryStore::new()));
        let builder = Host::builder().shared_store(Arc::new(store.clone()));
        let (host, id) = started(builder, RETURNS, Overlap::Refuse).await;
        was_brief(&host, id);
        store.always("finish", Fault::Held(None));
        let fired = host.request(id, "").await.expect("the firing is taken");
        let activation = fired.activation().expect("nothing refuses it");
        is_being_written(&store).await;
        let mut completed = Box::pin(host.completed(activation));
        assert!(futures::poll!(&mut completed).is_pending(), "its end is not written");
        let ended = loop {
            store.answer();
            match futures::poll!(&mut completed) {
                Poll::Ready(ended) => break ended.expect("it ended"),
                Poll::Pending => tokio::task::yield_now().await,
            }
        };
        assert_eq!(ended.run.outcome, Outcome::Succeeded);
        let looks = ["activation", "completion"].map(|look| store.calls().contains(&look));
        assert_eq!(looks, [false, false]);
        assert!(host.inner.shared.state().ending.is_empty());
    });
}

#[test]
fn who_awaits_an_end_that_is_not_accepted_looks_at_the_store_again() {
    on_this_thread(async {
        let store = FaultyStore::new(Arc::new(MemoryStore::new()));
        let builder = Host::builder().shared_store(Arc::new(store.clone()));
        let (host, id) = started(builder, RETURNS, Overlap::Refuse).await;
        was_brief(&host, id);
        store.always("finish", Fault::Held(None));
        let fired = host.request(id, "").await.expect("the firing is taken");
        let activation = fired.activation().expect("nothing refuses it");
        is_being_written(&store).await;
        let mut completed = Box::pin(host.completed(activation));
        assert!(futures::poll!(&mut completed).is_pending(), "its end is not written");
        // Another host takes the lease away meanwhile.
        let reap = Reap { node: None, fell: false, ended_before: Timestamp::MAX };
        let now = host.inner.shared.clock.wall();
        assert_eq!(store.reap(reap, now, 1).await.expect("memory answers").len(), 1);
        while !store.calls().contains(&"activation") {
            store.answer();
            assert!(futures::poll!(&mut completed).is_pending(), "it has not ended");
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
            assert!(futures::poll!(&mut completed).is_pending(), "it has not ended");
        }
    });
}
