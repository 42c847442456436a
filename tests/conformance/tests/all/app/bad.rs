//! Apps that do not do as they should: one rule for all, and nobody else notices.

use std::sync::OnceLock;
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{
    App, AppComponent, AppError, AppHandle, AppPolicy, Component, Launch, RegistrationId, TaskBuilder,
    Trigger, VisibilityLease,
};
use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{AppState, End};
use dormouse_core::{AppEvent, AppEventKind, AppId};
use test_artifacts as programs;

use super::{Life, compiled, live};
use crate::{SECOND, component};

/// Has `handler` of the app called, that is told to go wrong there, with all the time that it may take.
pub(super) async fn call(life: &Life<'_>, handler: &str, orders: &str) -> Result<(), AppError> {
    call_beside(life, handler, orders, async {}).await
}

/// As [`call`]. Of those that are called [`AT_ONCE`], with `meanwhile` beside it.
async fn call_beside(
    life: &Life<'_>,
    handler: &str,
    orders: &str,
    meanwhile: impl Future<Output = ()>,
) -> Result<(), AppError> {
    let launch = Launch { arguments: orders.to_owned() };
    let rig = life.rig;
    let passes = async {
        tokio::join!(rig.advance(SECOND * 20), meanwhile);
    };
    if handler == "launched" {
        let (launched, ()) = tokio::join!(life.handle.launch(launch), passes);
        return launched.map(drop);
    }
    if handler == "activated" {
        let body = orders.as_bytes().to_vec();
        let orders = AppActivation::Custom { name: "orders".to_owned(), body };
        let (activated, ()) = tokio::join!(life.handle.activate_hidden(orders), passes);
        return activated;
    }
    if handler == "leaving-background" {
        // Told before, and not seen then.
        let launch = AppActivation::Launch { arguments: orders.to_owned() };
        life.handle.activate_hidden(launch).await?;
        let (shown, ()) = tokio::join!(life.handle.show(), passes);
        return shown.map(drop);
    }
    let lease = life.handle.launch(launch).await?;
    if BESIDE.contains(&handler) {
        rig.settle().await;
        match handler {
            // It is large, and told so.
            "memory-usage-changed" => {
                let body = format!("{orders} grow:140").into_bytes();
                let larger = AppActivation::Custom { name: "orders".to_owned(), body };
                let _ = tokio::join!(life.handle.activate_hidden(larger), rig.advance(SECOND * 20));
            }
            handler => {
                let id = life.task("beside").await;
                rig.request(id, if handler == "progressed" { "progress:5" } else { "" }).await;
                rig.advance(SECOND * 20).await;
            }
        }
        return Ok(());
    }
    drop(lease);
    // Hidden, told of a smaller limit, suspended.
    rig.advance(SECOND * 20).await;
    if handler == "resuming" {
        let (_, ()) = tokio::join!(life.handle.resume(), rig.advance(SECOND * 20));
    }
    Ok(())
}

pub(super) const HANDLERS: [&str; 10] = [
    "launched",
    "activated",
    "leaving-background",
    "entered-background",
    "memory-limit-changing",
    "suspending",
    "resuming",
    "memory-usage-changed",
    "completed",
    "progressed",
];

/// Those that are called because somebody waits for that.
const AT_ONCE: [&str; 3] = ["launched", "activated", "leaving-background"];

/// What is told beside the others, to an app that somebody sees.
const BESIDE: [&str; 3] = ["memory-usage-changed", "completed", "progressed"];

/// What ends an app in which `handler` is never over.
fn late(handler: &str) -> String {
    if handler == "suspending" { "suspend-failed".to_owned() } else { "hung".to_owned() }
}

/// What an app has beside it on its host, whatever becomes of it.
pub(super) struct Neighbours<'a> {
    rig: &'a Rig,
    task: RegistrationId,
    app: AppHandle,
    lease: VisibilityLease,
}

impl<'a> Neighbours<'a> {
    /// A task of another app, and a third app that somebody sees.
    pub(super) async fn of(life: &Life<'a>) -> Self {
        static TASK: OnceLock<Component> = OnceLock::new();
        let rig = life.rig;
        let task = TASK.get_or_init(|| rig.component(&component(programs::RUN_RETURNS_OK))).clone();
        let other = AppId::new("other").unwrap();
        rig.host.install(App::new(other.clone()).entry_point("main", task)).unwrap();
        let task = TaskBuilder::new("beside").entry_point("main").trigger(Trigger::Application);
        let task = rig.host.register(&other, task, Default::default()).await.unwrap().id;
        let app =
            rig.install_app_as(AppId::new("third").unwrap(), compiled(rig, programs::APP_HEARS_EVERYTHING));
        let lease = app.launch(Launch::default()).await.unwrap();
        Self { rig, task, app, lease }
    }

    /// They go on as if nothing were.
    pub(super) async fn go_on(&self, after: &str) {
        assert!(self.rig.fire(self.task, "").await.run.outcome.is_success(), "{after}");
        let launch = Launch { arguments: "memory".to_owned() };
        let _again = self.app.launch(launch).await.unwrap();
        let view = self.app.view();
        assert_eq!((view.state, view.last_end), (AppState::Foreground, None), "{after}");
        assert!(self.lease.is_valid(), "{after}");
    }
}

/// An app goes wrong in each handler: it ends as `end` says, whoever asked is told, and what is beside it goes on.
fn each_handler(program: &str, handlers: &[&str], end: impl Fn(&str) -> String) {
    for handler in handlers {
        live(program, async |life| {
            let neighbours = Neighbours::of(&life).await;
            // Boxed: it would be several times in the future that has it.
            let meanwhile = Box::pin(async {
                if end(handler) != late(handler) {
                    return;
                }
                let is_called = |event: &AppEvent| {
                    let AppEventKind::Called { handler: called, .. } = event.kind else { return false };
                    event.app == Rig::app() && called.as_str() == *handler
                };
                life.rig.until_app("the handler to be called", is_called).await;
                // Without `settle`: that does not come while something computes.
                neighbours.go_on(handler).await;
                assert!(life.ends().is_empty(), "{handler}: they go on beside it, and not behind it");
            });
            let called = call_beside(&life, handler, handler, meanwhile).await;
            assert_eq!(life.ends(), [end(handler)], "{handler}: {:?}", life.lines());
            assert_eq!(life.state(), AppState::NotRunning, "{handler}");
            if AT_ONCE.contains(handler) {
                let Err(AppError::Ended { end: ended, .. }) = called else { panic!("{handler}: {called:?}") };
                assert_eq!(ended.as_str(), end(handler), "{handler}");
            }
            let Some((ended, _)) = life.handle.view().last_end else {
                panic!("{handler}: it is not recorded")
            };
            if let End::Hung { handler: hung } = ended {
                let known =
                    if ["completed", "progressed"].contains(handler) { "task-events" } else { *handler };
                assert_eq!(hung.as_str(), known);
            }
            neighbours.go_on(handler).await;

            let mark = life.mark();
            let _lease = life.launch("").await;
            assert_eq!(life.heard(mark)[0], "launched previous=not-running prelaunch=false arguments=\"\"");
            life.rig.settle().await;
            assert_eq!(life.ends().len(), 1, "{handler}: it does not go wrong again by itself");
        });
    }
}

#[test]
pub(crate) fn app_bad_returns_never() {
    each_handler(programs::APP_BAD_RETURNS_NEVER, &HANDLERS, late);
}

#[test]
pub(crate) fn app_bad_spins() {
    each_handler(programs::APP_BAD_SPINS, &HANDLERS, late);
}

#[test]
pub(crate) fn app_bad_traps() {
    each_handler(programs::APP_BAD_TRAPS, &HANDLERS, |_| "crashed".to_owned());
}

#[test]
pub(crate) fn app_bad_forgets() {
    each_handler(
        programs::APP_BAD_FORGETS,
        &["leaving-background", "entered-background", "suspending"],
        late,
    );
}

#[test]
fn uwp_129_a_deadline_is_a_deadline_to_the_second() {
    let AppPolicy { launch, suspending, transition, .. } = AppPolicy::UWP;
    for (handler, deadline) in
        [("launched", launch), ("leaving-background", transition), ("suspending", suspending)]
    {
        live(programs::APP_BAD_RETURNS_NEVER, async |life| {
            let almost = deadline.checked_sub(Duration::from_millis(1)).unwrap();
            let asked = async {
                let launched = life.handle.launch(Launch { arguments: handler.to_owned() }).await;
                if handler == "suspending" {
                    let _ = life.handle.suspend().await;
                }
                drop(launched);
            };
            let in_time = async {
                life.rig.advance(almost).await;
                assert!(life.ends().is_empty(), "{handler}");
                life.rig.advance(Duration::from_millis(1)).await;
                assert_eq!(life.ends().len(), 1, "{handler}");
            };
            tokio::join!(asked, in_time);
        });
    }
}

#[test]
fn what_is_told_beside_has_a_deadline_as_well() {
    live(programs::APP_BAD_RETURNS_NEVER, async |life| {
        let _lease = life.launch("memory-usage-changed grow:140").await;
        life.rig.advance(Duration::from_millis(4_900)).await;
        assert!(life.ends().is_empty());
        life.rig.advance(Duration::from_millis(200)).await;
        assert_eq!(life.ends(), ["hung"]);
    });
    live(programs::APP_BAD_RETURNS_NEVER, async |life| {
        let id = life.task("work").await;
        let _lease = life.launch("completed").await;
        life.rig.settle().await;
        // Its arguments would be orders.
        life.rig.fire(id, "").await;
        life.rig.advance(SECOND * 6).await;
        assert_eq!(life.ends(), ["hung"]);
    });
}

#[test]
pub(crate) fn wit_app_half() {
    Rig::run(async |rig| {
        let error = AppComponent::compile(rig.host.engine(), &component(programs::WIT_APP_HALF)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("dormouse:background/task-events@0.1.0"), "{text}");
    });
}
