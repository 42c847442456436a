//! An app and what its host does beside it: quotas of CPU time, memory that runs short, other apps that go.

use std::time::Duration;

use dormouse::{App, AppComponent, AppId, EventKind, Outcome, QuotaPolicy};
use dormouse_core::app::lifecycle::AppState;
use test_artifacts as programs;

use super::{Life, live};
use crate::{SECOND, application, component};

const HOUR: Duration = Duration::from_secs(3_600);

/// Has the app so much CPU time an hour.
fn with_quota(life: &Life<'_>, cpu: Duration) {
    let bytes = component(programs::APP_HOSTS_TASKS);
    let lives = AppComponent::compile(life.rig.host.engine(), &bytes).unwrap();
    let quota = QuotaPolicy::new(cpu, HOUR).unwrap();
    life.rig.host.install(App::new(life.handle.id().clone()).app(lives).quota(quota)).unwrap();
}

fn is_paused(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Paused { .. })
}

#[test]
fn uwp_104_a_task_that_spent_the_quota_holds_its_app_in_the_background() {
    live(programs::APP_HOSTS_TASKS, async |life| {
        with_quota(&life, SECOND / 10);
        let id = life.task("burns").await;
        let activation = life.rig.request(id, "burns:8000").await;
        life.rig.until("the pause", |event| is_paused(&event.kind)).await;
        life.rig.settle().await;
        let polls = life.rig.host.stats().polls;
        life.rig.advance(SECOND * 60).await;
        assert_eq!(life.rig.host.stats().polls, polls, "nobody polls what is held");
        assert_eq!(life.state(), AppState::Background, "a task holds off suspension, held or not");
        let ended = life.rig.completed(activation).await;
        assert!(ended.run.receipt.paused > SECOND * 3_000, "{:?}", ended.run.receipt.paused);
    });
}

#[test]
fn what_is_seen_is_no_background_work_and_no_quota_holds_it() {
    live(programs::APP_HOSTS_TASKS, async |life| {
        with_quota(&life, SECOND / 10);
        let id = life.task("burns").await;
        let _lease = life.launch("").await;
        life.rig.settle().await;
        let ended = life.rig.fire(id, "burns:8000").await;
        assert_eq!(ended.run.outcome, Outcome::Succeeded);
        assert!(ended.run.receipt.cpu > SECOND / 10, "{:?}", ended.run.receipt.cpu);
        assert!(!life.rig.events.events().iter().any(|event| is_paused(&event.kind)));
    });
}

#[test]
fn while_a_quota_holds_its_task_an_app_is_launched_all_the_same() {
    live(programs::APP_HOSTS_TASKS, async |life| {
        with_quota(&life, SECOND / 10);
        let id = life.task("burns").await;
        life.rig.request(id, "burns:8000").await;
        life.rig.until("the pause", |event| is_paused(&event.kind)).await;
        let begun = life.rig.now();
        let _lease = life.rig.launch(&life.handle, "").await;
        assert!(life.rig.now() < begun + SECOND * 20, "its deadline is not the quota's business");
        assert_eq!(life.state(), AppState::Foreground);
    });
}

#[test]
fn uwp_133_memory_that_is_short_is_taken_from_suspended_apps_before_runs_and_from_others_after_them() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        let bytes = component(programs::APP_HEARS_EVERYTHING);
        let lives = AppComponent::compile(life.rig.host.engine(), &bytes).unwrap();
        let other = life.rig.install_app_as(AppId::new("other").unwrap(), lives);
        let tasks = App::new(AppId::new("tasks").unwrap());
        let waits = life.rig.component(&component(programs::CANCEL_SLEEPING));
        life.rig.host.install(tasks.entry_point("main", waits)).unwrap();
        let task = life.rig.host.register(&AppId::new("tasks").unwrap(), application(), <_>::default()).await;
        life.rig.request(task.unwrap().id, "").await;
        life.suspended("").await;
        drop(life.rig.launch(&other, "").await);
        life.rig.settle().await;

        life.rig.conditions.set_memory_is_short(true);
        life.rig.settle().await;
        assert_eq!(life.ends(), ["reclaimed"]);
        assert!(life.rig.outcomes().is_empty());
        life.rig.advance(SECOND * 9).await;
        assert!(life.rig.outcomes().is_empty(), "one at a time");
        life.rig.until("the run to be given up", |event| matches!(event.kind, EventKind::Ended { .. })).await;
        life.rig.conditions.set_memory_is_short(false);
    });
}

#[test]
fn an_app_that_nobody_sees_is_given_up_when_nothing_else_is_left() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        let lease = life.launch("").await;
        life.rig.settle().await;
        life.rig.conditions.set_memory_is_short(true);
        life.rig.advance(SECOND * 60).await;
        assert_eq!(life.state(), AppState::Foreground, "what is seen is not given up");
        drop(lease);
        life.rig.advance(SECOND * 12).await;
        assert_eq!(life.ends().len(), 1, "{:?}", life.ends());
        assert_eq!(life.state(), AppState::NotRunning);
    });
}

#[test]
fn no_simulated_time_passes_while_an_app_waits_for_what_is_real() {
    live(programs::APP_SLEEPS, async |life| {
        let begun = life.rig.now();
        let lease = life.rig.launch(&life.handle, "wasi:50").await;
        assert_eq!(life.rig.now(), begun, "its deadline is fifteen seconds of the other time");
        assert!(life.lines().contains(&"waited 50".to_owned()));
        drop(lease);
        life.rig.advance(SECOND * 10).await;
        assert_eq!(life.state(), AppState::Suspended, "what waits for nothing holds up nothing");
    });
}

#[test]
fn an_app_that_is_not_there_costs_no_instance_and_no_poll() {
    live(programs::APP_SLEEPS, async |life| {
        life.suspended("tick:100").await;
        let before = life.rig.host.stats();
        assert_eq!(before.app_instances, 1);
        life.rig.advance(HOUR * 24).await;
        assert_eq!(life.rig.host.stats().polls, before.polls, "suspended: not once");
        life.handle.terminate().await.unwrap();
        assert_eq!(life.rig.host.stats().app_instances, 0);
    });
}
