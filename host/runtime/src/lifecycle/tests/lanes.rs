//! In which lane an app goes on, on the machine's clock and where guests have threads of their own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{AppState, End};
use dormouse_core::app::policy::AppPolicy;
use dormouse_core::event::Event;
use dormouse_core::{AppEvent, AppEventKind, AppId, Observer, TaskBuilder, Trigger};
use futures::future::join;
use tokio::sync::{Notify, oneshot};

use super::super::instance::testing::app;
use super::super::{AppError, AppHandle, Launch};
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
    news: Notify,
}

impl Observer for Seen {
    fn observe(&self, _: &Event) {}

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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
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
