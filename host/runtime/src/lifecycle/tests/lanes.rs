//! In which lane an app goes on, on the machine's clock and where guests have threads of their own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{AppState, End};
use dormouse_core::app::policy::AppPolicy;
use dormouse_core::event::{Event, EventKind};
use dormouse_core::{AppEvent, AppEventKind, AppId, Observer, Overlap, RegistrationId, TaskBuilder, Trigger};
use futures::future::join;
use tokio::sync::{Notify, oneshot};

use super::super::instance::testing::app;
use super::super::{AppError, AppHandle, Launch, VisibilityLease};
use crate::app::{App, AppComponent};
use crate::host::{Host, IfExists};
use crate::sandbox::testing::engine;

/// Computes when it is launched, by the length of its arguments: for a while if that is 1, for ever if it is 2. Now and then
/// it asks for a restart, which is refused and told: by the thread that it is on.
const COMPUTES: &str = "(local i32)
    (if (i32.gt_u (local.get 1) (i32.const 2)) (then (return)))
    (loop $on
        (local.set 4 (i32.const 100000000))
        (loop $computes
            (local.set 4 (i32.sub (local.get 4) (i32.const 1)))
            (br_if $computes (local.get 4)))
        (call $restart (i32.const 0) (i32.const 0) (i32.const 512))
        (br_if $on (i32.eq (local.get 1) (i32.const 2))))";

/// What happened to apps, and who told it.
#[derive(Default)]
struct Seen {
    events: Mutex<Vec<(ThreadId, AppEvent)>>,
    /// The threads on which runs ended.
    ends: Mutex<Vec<ThreadId>>,
    news: Notify,
}

impl Observer for Seen {
    fn observe(&self, event: &Event) {
        if let EventKind::Ended { .. } = event.kind {
            self.ends.lock().unwrap_or_else(PoisonError::into_inner).push(thread::current().id());
        }
    }

    fn observe_app(&self, event: &AppEvent) {
        self.lock().push((thread::current().id(), event.clone()));
        self.news.notify_waiters();
    }
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, Vec<(ThreadId, AppEvent)>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something happened that `is` it, from now on or before.
    async fn until(&self, is: impl Fn(ThreadId, &AppEvent) -> bool) {
        loop {
            let mut news = std::pin::pin!(self.news.notified());
            news.as_mut().enable();
            let happened = self.lock().iter().any(|(thread, event)| is(*thread, event));
            if happened {
                return;
            }
            news.await;
        }
    }

    /// Who told the last event of this name.
    fn last(&self, name: &str) -> Option<ThreadId> {
        let events = self.lock();
        events.iter().rev().find(|(_, event)| event.kind.name() == name).map(|(thread, _)| *thread)
    }
}

/// On a host with one thread in each lane.
fn on_threads(test: impl AsyncFnOnce(&Host, &Seen)) {
    on(tokio::runtime::Builder::new_current_thread(), test);
}

fn on(mut runtime: tokio::runtime::Builder, test: impl AsyncFnOnce(&Host, &Seen)) {
    runtime.enable_all().build().expect("a runtime").block_on(async {
        let seen = Arc::new(Seen::default());
        // Beyond all that a busy machine takes; and by then whoever waits for what does not come is told so.
        let policy = AppPolicy { launch: Duration::from_secs(100), ..AppPolicy::DEFAULT };
        let builder = Host::builder().engine(engine()).guest_threads(1).app_policy(policy);
        let host = builder.observer(seen.clone()).start().await.expect("a host");
        test(&host, &seen).await;
    });
}

fn installed(host: &Host, id: &str) -> AppHandle {
    let id = AppId::new(id).expect("a valid name");
    let lives = AppComponent::compile(host.engine(), &app(&[("launched", COMPUTES)])).expect("an app");
    host.install(App::new(id.clone()).app(lives)).expect("the app installs");
    host.app(&id).expect("it has a life of its own")
}

/// The threads of the two lanes: the quick one and the slow one.
async fn lanes(host: &Host) -> [ThreadId; 2] {
    let lanes = &host.inner.shared.guests;
    assert!(lanes.are_two());
    let tell = |told: oneshot::Sender<ThreadId>| async move {
        // An error is that nobody waits.
        let _ = told.send(thread::current().id());
    };
    let ((of_quick, quick), (of_slow, slow)) = (oneshot::channel(), oneshot::channel());
    lanes.spawn(tell(of_quick));
    lanes.spawn_slow(tell(of_slow));
    [quick.await.expect("an answer"), slow.await.expect("an answer")]
}

#[test]
fn an_app_that_computes_without_end_goes_on_behind_all_others() {
    on_threads(async |host, seen| {
        let [_, slow] = lanes(host).await;
        let (computes, other) = (installed(host, "computes"), installed(host, "other"));
        let task = TaskBuilder::new("t").trigger(Trigger::Application);
        let made = host.register(other.id(), task, IfExists::AllowDuplicate).await.expect("it is valid");
        let beside = async {
            let is_behind = |thread: ThreadId, event: &AppEvent| match event.kind {
                AppEventKind::Refused { .. } => thread == slow,
                AppEventKind::Ended { .. } => true,
                _ => false,
            };
            seen.until(is_behind).await;
            for _ in 0..20 {
                let fired = host.request(made.id, "").await.expect("the firing is taken");
                let activation = fired.activation().expect("nothing refuses it");
                let ended = host.completed(activation).await.expect("it ends");
                assert!(ended.run.outcome.is_success(), "{:?}", ended.run.outcome);
            }
            assert_eq!(computes.view().state, AppState::Background, "it computes all the while");
            assert_eq!(seen.last("refused"), Some(slow), "and nowhere else any more");
            computes.terminate().await.expect("it is there");
        };
        let launch = computes.launch(Launch { arguments: "xx".to_owned() });
        let (launched, ()) = join(launch, beside).await;
        assert!(matches!(launched, Err(AppError::Ended { end: End::Terminated, .. })), "{launched:?}");
    });
}

#[test]
fn an_app_that_waits_again_comes_back_to_the_others() {
    on_threads(async |host, seen| {
        let [quick, slow] = lanes(host).await;
        let app = installed(host, "computes");
        let launch = async |arguments: &str| {
            let launch = AppActivation::Launch { arguments: arguments.to_owned() };
            app.activate_hidden(launch).await.expect("it is launched");
        };
        launch("x").await;
        assert_eq!(seen.last("refused"), Some(slow), "behind all that it computed");
        for _ in 0..100 {
            launch("waits").await;
            if seen.last("returned") == Some(quick) {
                return;
            }
            // Its turn is over: it does not wait while the next launch is there before that.
            lanes(host).await;
        }
        panic!("it waited a hundred times, and is in the slow lane");
    });
}

/// An app that is in the foreground, and a task in it.
async fn with_a_task(host: &Host, id: &str) -> (VisibilityLease, RegistrationId) {
    let app = installed(host, id);
    let task = TaskBuilder::new("t").trigger(Trigger::Application).overlap(Overlap::Parallel { max: 64 });
    let made = host.register(app.id(), task, IfExists::Error).await.expect("it is valid");
    (app.launch(Launch { arguments: "waits".to_owned() }).await.expect("it is launched"), made.id)
}

async fn run(host: &Host, id: RegistrationId) {
    let fired = host.request(id, "").await.expect("the firing is taken");
    let ended = host.completed(fired.activation().expect("nothing refuses it")).await.expect("it ends");
    assert!(ended.run.outcome.is_success(), "{:?}", ended.run.outcome);
}

#[test]
fn a_brief_task_of_an_app_that_is_there_runs_where_it_was_asked_for() {
    on_threads(async |host, seen| {
        let (_lease, id) = with_a_task(host, "app").await;
        let known = host.inner.shared.state().registrations.get(id).expect("it is there").clone();
        let here = || {
            let ends = seen.ends.lock().unwrap_or_else(PoisonError::into_inner);
            ends.iter().filter(|thread| **thread == thread::current().id()).count()
        };
        run(host, id).await;
        assert_eq!(here(), 0, "of the first one nobody knows");
        // The app hears of what has ended, on a thread for guests: while it has that turn, it has none here.
        for _ in 0..100 {
            known.going.was_brief(true);
            let before = here();
            let fired = host.request(id, "").await.expect("the firing is taken");
            let is_over = here() > before;
            host.completed(fired.activation().expect("nothing refuses it")).await.expect("it ends");
            if is_over {
                return;
            }
        }
        panic!("of a hundred, none ran where it was asked for");
    });
}

/// Whoever finds the app's actor taken leaves it what is to be done, and no one leaves while something is.
#[test]
fn nothing_is_left_undone_where_many_threads_ask_an_app_at_once() {
    on(tokio::runtime::Builder::new_multi_thread(), async |host, _| {
        let control = tokio::runtime::Handle::current();
        for app in ["a", "b", "c", "d", "e"] {
            let (lease, id) = with_a_task(host, app).await;
            let known = host.inner.shared.state().registrations.get(id).expect("it is there").clone();
            let asks = || {
                // The guest keeps a handle of each run, and may have 256.
                for _ in 0..60 {
                    known.going.was_brief(true);
                    control.block_on(run(host, id));
                }
            };
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(asks);
                }
            });
            assert!(lease.is_valid());
        }
    });
}
