//! Filesystem triggers: what a run does not accept is told again (UWP-054).

mod pruned;

use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use dormouse::testing::Rig;
use dormouse::{
    Access, Condition, FilesystemTrigger, Grants, Holds, IfExists, MemoryStore, RegistrationId, RetryPolicy,
    Store, TaskBuilder, Trigger,
};
use dormouse_core::trigger::STORAGE_CHANGES_MAX;
use dormouse_core::{SimClock, StorageChange, StorageChangeKind};
use test_artifacts as programs;

use crate::{Ids, component};

fn task(directory: &str) -> TaskBuilder {
    let trigger = Trigger::Filesystem(FilesystemTrigger::new(directory));
    TaskBuilder::new("t").entry_point("main").trigger(trigger)
}

fn install(rig: &Rig) {
    // Any folder will do that stays as it is: what changes is told by hand.
    let folder = || Dir::open_ambient_dir(env!("CARGO_MANIFEST_DIR"), ambient_authority()).unwrap();
    let grants = ["/data", "/other"].into_iter().fold(Grants::none(), |grants, path| {
        grants.with_directory(folder(), path, Access::ReadOnly).unwrap()
    });
    rig.install_with(&component(programs::STORAGE_BATCHES), grants);
}

async fn ready(rig: &Rig, task: TaskBuilder) -> RegistrationId {
    install(rig);
    rig.register(task).await
}

fn created(name: &str) -> StorageChange {
    StorageChange { kind: StorageChangeKind::Created, path: format!("/data/{name}") }
}

/// Tells `names` as created, and waits for the end of what that fires.
async fn change(rig: &Rig, id: RegistrationId, names: &[&str]) {
    let changes = names.iter().map(|name| created(name)).collect();
    let fired = rig.host.storage_changes(id, changes).await.unwrap();
    rig.completed(fired.activation().unwrap()).await;
}

/// What each run was told, without what is always the same.
fn told(rig: &Rig) -> Vec<String> {
    rig.stdout().replace("Created /data/", "").lines().map(str::to_owned).collect()
}

#[test]
pub(crate) fn storage_batches() {
    Rig::run(async |rig| {
        let id = ready(rig, task("/data")).await;
        change(rig, id, &["a"]).await;
        change(rig, id, &["b", "fail-1"]).await;
        change(rig, id, &["fail-2"]).await;
        change(rig, id, &["c"]).await;
        change(rig, id, &["d"]).await;
        assert_eq!(
            told(rig),
            ["a", "b, fail-1", "b, fail-1, fail-2", "b, fail-1, fail-2, c", "d"],
            "UWP-054"
        );
    });
}

#[test]
fn what_a_run_accepted_is_told_no_more_although_it_failed() {
    Rig::run(async |rig| {
        let id = ready(rig, task("/data")).await;
        change(rig, id, &["fail-1"]).await;
        change(rig, id, &["fail-2-accepted"]).await;
        change(rig, id, &["a"]).await;
        assert_eq!(told(rig), ["fail-1", "fail-1, fail-2-accepted", "a"]);
    });
}

#[test]
fn a_further_attempt_is_told_the_same_unless_an_earlier_one_accepted() {
    Rig::run(async |rig| {
        let retry = RetryPolicy::exponential(2).unwrap();
        let id = ready(rig, task("/data").retry(retry)).await;
        change(rig, id, &["fail-once"]).await;
        change(rig, id, &["fail-once-accepted"]).await;
        change(rig, id, &["a"]).await;
        assert_eq!(told(rig), ["fail-once", "fail-once", "fail-once-accepted", "", "a"]);
    });
}

#[test]
fn what_is_told_again_is_bounded_and_becomes_a_loss() {
    Rig::run(async |rig| {
        let id = ready(rig, task("/data")).await;
        let half: Vec<_> = (0..STORAGE_CHANGES_MAX / 2).map(|n| format!("fail-{n}")).collect();
        let half: Vec<_> = half.iter().map(String::as_str).collect();
        change(rig, id, &half).await;
        change(rig, id, &half).await;
        assert_eq!(told(rig)[1].split(", ").count(), STORAGE_CHANGES_MAX);
        change(rig, id, &["fail-more"]).await;
        change(rig, id, &["a"]).await;
        assert_eq!(told(rig)[2..], ["ChangesLost ", "a"], "a loss is accepted like any other");
    });
}

#[test]
fn what_waits_when_a_run_fails_is_told_first_what_that_one_did_not_accept() {
    Rig::run(async |rig| {
        rig.conditions.set(&Condition::UserPresent, Holds::Met);
        let id = ready(rig, task("/data").condition(Condition::UserPresent)).await;
        change(rig, id, &["fail-1"]).await;
        rig.conditions.set(&Condition::UserPresent, Holds::Unmet);
        let waits = rig.host.storage_changes(id, vec![created("a")]).await.unwrap();
        let counted = rig.host.storage_changes(id, vec![created("b")]).await.unwrap();
        assert_eq!(waits.activation(), counted.activation());
        rig.conditions.set(&Condition::UserPresent, Holds::Met);
        rig.completed(waits.activation().unwrap()).await;
        assert_eq!(told(rig), ["fail-1", "fail-1, a, b"]);
    });
}

#[test]
fn what_was_not_accepted_is_found_again_after_a_restart_and_what_was_is_not() {
    let (store, clock): (Arc<dyn Store>, _) = (Arc::new(MemoryStore::new()), SimClock::new());
    let ids = Ids::default();
    let life = |rounds: &[&[&str]]| {
        Rig::run_on(
            store.clone(),
            clock.clone(),
            |builder| builder.ids(ids.clone()),
            async |rig| {
                install(rig);
                let id = rig.host.register(&Rig::app(), task("/data"), IfExists::Keep).await.unwrap().id;
                for round in rounds {
                    change(rig, id, round).await;
                }
                told(rig)
            },
        )
    };
    life(&[&["fail-1"], &["a"], &["fail-2"], &["fail-3"]]);
    assert_eq!(life(&[&["fail-4"]]), ["fail-2, fail-3, fail-4"]);
    assert_eq!(life(&[&["b"]]), ["fail-2, fail-3, fail-4, b"]);
    assert_eq!(life(&[&["c"], &["fail-5-accepted"]]), ["c", "fail-5-accepted"]);
    assert_eq!(life(&[&["d"]]), ["d"]);
}

#[test]
fn more_failures_than_are_gone_back_over_are_told_as_a_loss_after_a_restart() {
    let (store, clock): (Arc<dyn Store>, _) = (Arc::new(MemoryStore::new()), SimClock::new());
    let ids = Ids::default();
    let life = |rounds: usize, name: &str| {
        Rig::run_on(
            store.clone(),
            clock.clone(),
            |builder| builder.ids(ids.clone()),
            async |rig| {
                install(rig);
                let id = rig.host.register(&Rig::app(), task("/data"), IfExists::Keep).await.unwrap().id;
                for _ in 0..rounds {
                    change(rig, id, &[name]).await;
                }
                told(rig)
            },
        )
    };
    life(70, "fail");
    assert_eq!(life(1, "a"), ["ChangesLost "]);
    assert_eq!(life(1, "b"), ["b"]);
}

#[test]
fn a_registration_that_is_made_anew_or_watches_something_else_is_told_nothing_of_before() {
    Rig::run(async |rig| {
        install(rig);
        let register =
            async |task| rig.host.register(&Rig::app(), task, IfExists::default()).await.unwrap().id;
        let id = register(task("/data")).await;
        change(rig, id, &["fail-1"]).await;
        assert_eq!(register(task("/data").arg("x")).await, id);
        change(rig, id, &["fail-2"]).await;
        assert_eq!(register(task("/other")).await, id);
        change(rig, id, &["fail-3"]).await;
        assert!(rig.host.unregister(id, false).await.unwrap());
        let id = register(task("/other")).await;
        change(rig, id, &["a"]).await;
        assert_eq!(told(rig), ["fail-1", "fail-1, fail-2", "fail-3", "a"]);
    });
}
