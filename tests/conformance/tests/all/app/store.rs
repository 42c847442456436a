//! Apps on a store that is away for a while, and what they ask of it.

use std::sync::{Arc, Mutex};

use dormouse::{App, AppHandle, AppId, AppPolicy, AppView, Observer};
use dormouse_core::app::previous::Kept;
use dormouse_core::store::Fault;
use dormouse_core::{AppEvent, AppEventKind, Event};
use test_artifacts as programs;

use super::Life;
use super::keeping::{PUT, away};
use crate::lives::Lives;
use crate::{SECOND, application, component};

const KEEP_CURSOR: &str = "commit_cursor";

/// An app that hears of its tasks, on a store in which a test may have something fail.
fn hears(lives: &Lives, test: impl AsyncFnOnce(Life<'_>)) {
    lives.life(
        |builder| builder.app_policy(AppPolicy::UWP),
        async |rig| test(Life::installed(rig, programs::APP_HEARS_COMPLETIONS, |app| app)).await,
    );
}

#[test]
fn a_store_that_was_away_leaves_no_app_deaf() {
    for command in ["cursor", "completions", KEEP_CURSOR] {
        let lives = Lives::new();
        hears(&lives, async |life| {
            let id = life.task("work").await;
            life.rig.settle().await;
            lives.store.always(command, Fault::Refused(away()));
            let _lease = life.launch("").await;
            let mark = life.mark();
            life.rig.fire(id, "").await;
            life.rig.advance(SECOND).await;
            lives.store.mend();
            life.rig.advance(SECOND * 6).await;
            life.rig.fire(id, "").await;
            life.rig.settle().await;
            let told = life.said(mark).into_iter().filter(|line| line.starts_with("completion ")).count();
            assert_eq!(told, 2, "{command}: {:?}", life.said(mark));
        });
    }
}

#[test]
fn what_becomes_of_the_tasks_of_others_costs_an_app_no_write() {
    let lives = Lives::new();
    hears(&lives, async |life| {
        let others = AppId::new("others").unwrap();
        let task = life.rig.component(&component(programs::RUN_RETURNS_OK));
        life.rig.host.install(App::new(others.clone()).entry_point("main", task)).unwrap();
        let theirs = life.rig.host.register(&others, application(), <_>::default()).await.unwrap().id;
        let own = life.task("work").await;
        let _lease = life.launch("").await;
        life.rig.settle().await;
        let before = lives.calls(KEEP_CURSOR);
        for _ in 0..10 {
            life.rig.fire(theirs, "").await;
        }
        life.rig.settle().await;
        assert_eq!(lives.calls(KEEP_CURSOR), before);
        life.rig.fire(own, "").await;
        life.rig.settle().await;
        assert_eq!(lives.calls(KEEP_CURSOR), before + 1);
    });
}

/// Asks how the app is when it is told that something is wrong with it.
#[derive(Default)]
struct Asks {
    handle: Mutex<Option<AppHandle>>,
    seen: Mutex<Option<AppView>>,
}

impl Observer for Asks {
    fn observe(&self, _: &Event) {}

    fn observe_app(&self, event: &AppEvent) {
        let handle = self.handle.lock().unwrap().take();
        if let (AppEventKind::Fault { .. }, Some(handle)) = (&event.kind, &handle) {
            *self.seen.lock().unwrap() = Some(handle.view());
        } else {
            *self.handle.lock().unwrap() = handle;
        }
    }
}

#[test]
fn whoever_is_told_of_a_fault_may_ask_how_the_app_is() {
    let (lives, asks) = (Lives::new(), Arc::new(Asks::default()));
    lives.life(
        |builder| builder.observer(asks.clone()),
        async |rig| {
            let life = Life::installed(rig, programs::APP_KEEPS_STATE, |app| app);
            *asks.handle.lock().unwrap() = Some(life.handle.clone());
            let _lease = life.launch("").await;
            lives.store.always(PUT, Fault::Refused(away()));
            life.handle.terminate().await.unwrap();
            life.rig.settle().await;
            let kept = asks.seen.lock().unwrap().as_ref().and_then(|view| view.kept);
            assert_eq!(kept, Some(Kept::NotRunning), "what is to be kept, and is not yet");
            lives.store.mend();
        },
    );
}
