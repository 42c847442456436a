use dormouse_core::{ActivationId, TaskBuilder, Trigger};
use notify::event::{CreateKind, Flag};

use super::*;
use crate::sandbox::testing;
use crate::testing::Rig;
use crate::{Access, Grants};

/// A task that returns at once.
const RETURNS: &str = r#"(core module $module
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32) (i32.const 0)))"#;

type Heard = Result<notify::Event, notify::Error>;

/// Has what a watcher says settle on a rig; answers what the first firing carries.
fn told(says: impl FnOnce(&dyn Fn(Heard))) -> Vec<StorageChange> {
    let folder = tempfile::tempdir().expect("a folder");
    Rig::run(async |rig| {
        let grants = Grants::none().with_path(folder.path(), "/data", Access::ReadOnly).expect("it is there");
        rig.install_with(&testing::task(RETURNS), grants);
        let trigger = FilesystemTrigger::new("/data");
        let task = TaskBuilder::new("t").entry_point("main").trigger(Trigger::Filesystem(trigger.clone()));
        let id = rig.register(task).await;
        let shared = &rig.host.inner.shared;
        let (tx, news) = mpsc::channel(STORAGE_CHANGES_MAX);
        let lost = Arc::new(AtomicBool::new(false));
        let hear = hear(tx, lost.clone());
        let settle = Settle { shared: Arc::downgrade(shared), id, trigger, folder: "/watched".into(), lost };
        shared.control.spawn(settle.run(news));
        says(&hear);
        let fired = rig.until("a firing", |event| matches!(event.kind, EventKind::Fired { .. })).await;
        let EventKind::Fired { activation, .. } = fired.kind else { unreachable!("it was just matched") };
        details(rig, activation).await
    })
}

async fn details(rig: &Rig, id: ActivationId) -> Vec<StorageChange> {
    let activation = rig.host.activation(id).await.expect("the store answers").expect("it is there");
    let TriggerDetails::StorageChanges(changes) = activation.details else {
        panic!("{:?}", activation.details)
    };
    changes
}

fn created(name: &str) -> notify::Event {
    notify::Event::new(Seen::Create(CreateKind::File)).add_path(format!("/watched/{name}").into())
}

#[test]
fn changes_that_come_together_are_told_together_by_their_guest_paths() {
    let changes = told(|hear| {
        hear(Ok(created("a")));
        hear(Ok(created("b")));
    });
    let change = |path: &str| StorageChange { kind: StorageChangeKind::Created, path: path.to_owned() };
    assert_eq!(changes, [change("/data/a"), change("/data/b")]);
}

#[test]
fn an_overflow_of_the_systems_queue_is_told_as_a_loss_also_if_nothing_else_comes() {
    let overflow = || notify::Event::new(Seen::Other).set_flag(Flag::Rescan);
    assert_eq!(told(|hear| hear(Ok(overflow()))), [StorageChange::lost()], "UWP-054");
    let among = told(|hear| {
        hear(Ok(created("a")));
        hear(Ok(overflow()));
    });
    assert_eq!(among, [StorageChange::lost()]);
}

#[test]
fn what_the_watcher_could_not_read_is_told_as_a_loss() {
    assert_eq!(told(|hear| hear(Err(notify::Error::generic("as told")))), [StorageChange::lost()]);
}

#[test]
fn more_changes_than_are_kept_are_told_as_a_loss() {
    let changes = told(|hear| {
        for n in 0..=STORAGE_CHANGES_MAX {
            hear(Ok(created(&n.to_string())));
        }
    });
    assert_eq!(changes, [StorageChange::lost()]);
}
