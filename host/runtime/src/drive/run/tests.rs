//! Where a run begins, on the machine's clock and where guests have threads of their own.

use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use dormouse_core::event::{Event, EventKind};
use dormouse_core::{AppId, LimitsRequest, Observer, Overlap, RegistrationId, TaskBuilder, Trigger};
use futures::future::join_all;

use super::*;
use crate::app::App;
use crate::component::Component;
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

/// On a host with one thread in each lane and one registration of a task; the caller's thread is the host's own.
fn on_threads(module: &str, test: impl AsyncFnOnce(&Host, RegistrationId, &Ends)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let ends = Arc::new(Ends::default());
        let builder = Host::builder().engine(engine()).guest_threads(1);
        let host = builder.observer(ends.clone()).start().await.expect("a host");
        let component = Component::compile(host.engine(), &task(module)).expect("it is a task");
        let id = AppId::new("app").expect("a valid name");
        host.install(App::new(id.clone()).entry_point("main", component)).expect("it installs");
        let task = TaskBuilder::new("t")
            .entry_point("main")
            .trigger(Trigger::Application)
            .overlap(Overlap::Parallel { max: 64 })
            .limits(LimitsRequest { cpu: Some(Duration::from_millis(20)), ..LimitsRequest::default() });
        let made = host.register(&id, task, IfExists::Error).await.expect("it is valid");
        test(&host, made.id, &ends).await;
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
        was_brief(host, id);
        let fired = host.request(id, "").await.expect("the firing is taken");
        assert_eq!((ends.all(), ends.here()), (2, 1), "it is over before the firing is answered");
        let ended = host.completed(fired.activation().expect("nothing refuses it")).await.expect("it ended");
        assert_eq!(ended.run.outcome, Outcome::Succeeded);
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
