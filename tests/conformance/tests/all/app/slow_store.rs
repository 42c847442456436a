//! Apps on a store that takes its time.

use dormouse::{AppError, Launch};
use dormouse_core::app::lifecycle::AppState;
use dormouse_core::store::Fault;
use test_artifacts as programs;

use super::Life;
use super::keeping::{PUT, away, life};
use crate::SECOND;
use crate::lives::Lives;

/// An app that saved something and was given up, and whose next begin the store `holds` up.
fn saved(holds: Fault, test: impl AsyncFnOnce(Life<'_>, &Lives)) {
    let lives = Lives::new();
    life(&lives, async |life| {
        life.suspended("add:3").await;
        life.handle.terminate().await.unwrap();
    });
    lives.store.at(PUT, lives.calls(PUT) + 1, holds);
    life(&lives, async |life| test(life, &lives).await);
}

fn launching(life: &Life<'_>, arguments: &str) -> impl Future<Output = Result<bool, AppError>> + use<> {
    let (handle, launch) = (life.handle.clone(), Launch { arguments: arguments.to_owned() });
    let launching = tokio::spawn(async move { handle.launch(launch).await.map(|lease| lease.is_valid()) });
    async move { launching.await.unwrap() }
}

#[test]
fn an_app_has_all_its_time_however_long_the_store_takes_to_keep_that_it_is_there() {
    saved(Fault::Held(None), async |life, lives| {
        let launching = launching(&life, "");
        life.rig.advance(SECOND * 60).await;
        assert!(life.lines().is_empty(), "nothing runs that is not kept: {:?}", life.lines());
        lives.store.answer();
        assert!(life.rig.waited("the launch", launching).await.unwrap());
        assert!(life.lines().contains(&"restored 3".to_owned()), "{:?}", life.lines());
        assert!(life.ends().is_empty());
    });
}

#[test]
fn uwp_133_who_waits_behind_an_activation_that_the_store_refuses_finds_what_was_saved() {
    saved(Fault::Held(Some(away())), async |life, lives| {
        let (one, other) = (launching(&life, "one"), launching(&life, "other"));
        life.rig.settle().await;
        lives.store.answer();
        let refused = life.rig.waited("the one", one).await;
        assert!(matches!(refused, Err(AppError::Store(_))), "{refused:?}");
        assert!(life.rig.waited("the other", other).await.unwrap());
        assert!(life.lines().contains(&"restored 3".to_owned()), "{:?}", life.lines());
    });
}

#[test]
fn uwp_113_what_an_instance_heard_is_not_told_to_the_next_one_while_the_store_is_asked_to_keep_that() {
    const KEEP_CURSOR: &str = "commit_cursor";

    let lives = Lives::new();
    lives.life(
        |builder| builder,
        async |rig| {
            let life = Life::installed(rig, programs::APP_HEARS_COMPLETIONS, |app| app);
            let id = life.task("work").await;
            let _lease = life.launch("").await;
            rig.settle().await;
            lives.store.at(KEEP_CURSOR, lives.calls(KEEP_CURSOR) + 1, Fault::Held(None));
            let told = || life.lines().into_iter().filter(|line| line.starts_with("completion ")).count();
            rig.fire(id, "").await;
            rig.settle().await;
            assert_eq!(told(), 1);
            life.handle.terminate().await.unwrap();
            let _lease = life.launch("").await;
            rig.settle().await;
            lives.store.answer();
            rig.settle().await;
            assert_eq!((told(), life.state()), (1, AppState::Foreground), "{:?}", life.lines());
            rig.fire(id, "").await;
            rig.settle().await;
            assert_eq!(told(), 2, "it hears of the next one");
        },
    );
}
