//! Places and memory for apps, and who gives them up.

use dormouse::{App, AppComponent, AppError, HostBuilder, Launch, Outcome, TaskBuilder, Trigger};
use dormouse_core::AppId;
use dormouse_core::app::lifecycle::AppState;
use test_artifacts as programs;

use super::{Life, live_on};
use crate::{SECOND, component};

const PROGRAM: &str = programs::APP_HEARS_EVERYTHING;

/// On a host with places for so many apps.
fn places(apps: u32, test: impl AsyncFnOnce(Life<'_>)) {
    live_on(PROGRAM, |builder: HostBuilder| builder.apps_max(apps), |app| app, test);
}

/// Another app of the same program.
fn other<'a>(life: &Life<'a>, name: &str) -> Life<'a> {
    let id = AppId::new(name).unwrap();
    let lives = AppComponent::compile(life.rig.host.engine(), &component(PROGRAM)).unwrap();
    life.rig.host.install(App::new(id.clone()).app(lives)).unwrap();
    Life { rig: life.rig, handle: life.rig.host.app(&id).unwrap() }
}

#[test]
fn who_is_suspended_makes_room_and_who_is_not_does_not() {
    places(1, async |life| {
        let second = other(&life, "second");
        life.suspended("").await;
        let lease = second.launch("").await;
        let (end, _) = life.handle.view().last_end.unwrap();
        assert_eq!((end.as_str(), life.state()), ("reclaimed", AppState::NotRunning));
        let refused = life.handle.launch(Launch::default()).await;
        assert!(matches!(refused, Err(AppError::TooMany { max: 1 })), "{refused:?}");
        assert_eq!(second.state(), AppState::Foreground, "whoever is seen stays");
        drop(lease);
        life.rig.advance(SECOND * 11).await;
        let mark = life.mark();
        let _lease = life.launch("").await;
        let heard = life.heard(mark);
        assert!(
            heard.contains(&"launched previous=terminated prelaunch=false arguments=\"\"".to_owned()),
            "{heard:?}"
        );
    });
}

#[test]
fn whoever_was_suspended_first_makes_room_first() {
    places(2, async |life| {
        let second = other(&life, "second");
        life.suspended("").await;
        second.suspended("").await;
        let third = other(&life, "third");
        let _lease = third.launch("").await;
        assert_eq!((life.state(), second.state()), (AppState::NotRunning, AppState::Suspended));
    });
}

#[test]
fn a_task_waits_for_a_place_for_its_app_and_explain_says_so() {
    places(1, async |life| {
        let id = life.task("tick").await;
        let second = other(&life, "second");
        let lease = second.launch("").await;
        let activation = life.rig.request(id, "").await;
        life.rig.settle().await;
        let explained = life.rig.host.explain(id).await.unwrap().unwrap();
        assert!(explained.verdict().contains("waits for a place for its app"), "{}", explained.verdict());
        drop(lease);
        assert_eq!(life.rig.completed(activation).await.run.outcome, Outcome::Succeeded);
        let (end, _) = second.handle.view().last_end.unwrap();
        assert_eq!(end.as_str(), "reclaimed");
    });
}

#[test]
fn a_prelaunch_takes_nobodys_place() {
    live_on(
        PROGRAM,
        |builder: HostBuilder| builder.apps_max(1),
        |app| app.prelaunch(true),
        async |life| {
            let second = other(&life, "second");
            second.suspended("").await;
            assert_eq!(life.handle.prelaunch().await.unwrap(), dormouse::Prelaunched::NoPlace);
            assert_eq!(second.state(), AppState::Suspended);
        },
    );
}

#[test]
fn a_task_with_a_sandbox_of_its_own_needs_no_place_of_an_app() {
    places(1, async |life| {
        let _lease = life.launch("").await;
        let id = AppId::new("tasks").unwrap();
        let task = dormouse::Component::compile(life.rig.host.engine(), &component(programs::RUN_RETURNS_OK));
        life.rig.host.install(App::new(id.clone()).entry_point("main", task.unwrap())).unwrap();
        let task = TaskBuilder::new("t").entry_point("main").trigger(Trigger::Application);
        let made = life.rig.host.register(&id, task, Default::default()).await.unwrap();
        assert!(life.rig.fire(made.id, "").await.run.outcome.is_success());
    });
}
