//! What an app trapped at is told to the next instance, and to no third one; what came since is not lost with it (UWP-113).

use dormouse::App;
use dormouse::testing::Rig;
use dormouse_core::AppId;
use test_artifacts as programs;

use super::completions::{beside_of, told};
use crate::{application, component};

#[test]
fn uwp_113_what_came_while_it_trapped_is_told_behind_what_it_trapped_at_twice() {
    Rig::run(async |rig| {
        let (life, task) = beside_of(rig, programs::APP_BAD_TRAPS).await;
        let lease = life.launch("completed").await;
        rig.settle().await;
        rig.fire(task, "").await;
        rig.settle().await;
        assert_eq!(life.ends().len(), 1);
        drop(lease);
        rig.fire(task, "").await;
        rig.settle().await;
        assert_eq!(told(&life, "completed").await, [1], "as it trapped");
        assert_eq!(life.ends().len(), 2);
        assert_eq!(told(&life, "").await, [1], "the other one");
        assert!(told(&life, "").await.is_empty());
        assert_eq!(life.ends().len(), 2);
    });
}

#[test]
fn uwp_113_what_came_meanwhile_is_told_at_once_behind_what_it_does_not_trap_at_again() {
    Rig::run(async |rig| {
        let (life, task) = beside_of(rig, programs::APP_BAD_TRAPS).await;
        let lease = life.launch("completed").await;
        rig.settle().await;
        rig.fire(task, "").await;
        rig.settle().await;
        drop(lease);
        rig.fire(task, "").await;
        rig.settle().await;
        assert_eq!(told(&life, "").await, [1, 1]);
        assert_eq!(life.ends().len(), 1);
    });
}

#[test]
fn ends_of_the_tasks_of_others_before_it_have_nothing_told_a_third_time() {
    Rig::run(async |rig| {
        let (life, task) = beside_of(rig, programs::APP_BAD_TRAPS).await;
        let others = AppId::new("others").unwrap();
        let theirs = rig.component(&component(programs::RUN_RETURNS_OK));
        rig.host.install(App::new(others.clone()).entry_point("main", theirs)).unwrap();
        let theirs = rig.host.register(&others, application(), <_>::default()).await.unwrap().id;
        let lease = life.launch("completed").await;
        rig.settle().await;
        // It reads that, and does not write that it has.
        rig.fire(theirs, "").await;
        rig.settle().await;
        rig.fire(task, "").await;
        rig.settle().await;
        assert_eq!(life.ends().len(), 1);
        drop(lease);
        assert_eq!(told(&life, "completed").await, [1]);
        assert!(told(&life, "completed").await.is_empty());
        assert_eq!(life.ends().len(), 2);
    });
}
