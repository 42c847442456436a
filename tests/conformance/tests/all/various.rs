//! What else a guest sees: details of triggers, clocks, standard streams, progress.

use dormouse::testing::Rig;
use dormouse::{FilesystemTrigger, Outcome, SignalTrigger, TaskBuilder, Trigger, WorkCost};
use dormouse_core::{StorageChange, StorageChangeKind};
use test_artifacts as programs;

use crate::{component, once, only, ready, succeeds};

#[test]
pub(crate) fn message_details() {
    Rig::run(async |rig| {
        rig.install(&component(programs::MESSAGE_DETAILS));
        let trigger = SignalTrigger::new("nest/food");
        rig.register(TaskBuilder::new("t").entry_point("main").trigger(Trigger::Signal(trigger))).await;
        let fired = rig.signal("nest/food", "acorns").await;
        let completion = rig.completed(fired[0].1.activation().unwrap()).await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded);
        assert_eq!(rig.stdout(), "nest/food\napplication/octet-stream\nacorns\n");
        assert_eq!(rig.signal("nest/water", "").await, [], "another topic wakes nobody");
    });
}

#[test]
pub(crate) fn storage_changes() {
    let folder = cap_tempfile::TempDir::new(cap_tempfile::ambient_authority()).unwrap();
    Rig::run(async |rig| {
        let grants = dormouse::Grants::none()
            .with_directory(folder.try_clone().unwrap(), "/data", dormouse::Access::ReadOnly)
            .unwrap();
        rig.install_with(&component(programs::STORAGE_CHANGES), grants);
        let trigger = Trigger::Filesystem(FilesystemTrigger::new("/data"));
        let id = rig.register(TaskBuilder::new("t").entry_point("main").trigger(trigger)).await;
        let change = |kind, path: &str| StorageChange { kind, path: path.to_owned() };
        let changes = vec![
            change(StorageChangeKind::Created, "/data/a"),
            change(StorageChangeKind::Modified, "/data/b"),
            change(StorageChangeKind::Removed, "/data/c"),
            change(StorageChangeKind::Renamed, "/data/d"),
            StorageChange::lost(),
        ];
        let fired = rig.host.storage_changes(id, changes).await.unwrap();
        let completion = rig.completed(fired.activation().unwrap()).await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded);
        assert_eq!(
            rig.stdout(),
            "Created /data/a\nModified /data/b\nRemoved /data/c\nRenamed /data/d\nChangesLost \n"
        );
    });
}

#[test]
pub(crate) fn stdio_stdin_empty() {
    let (completion, _, stdout) = once(programs::STDIO_STDIN_EMPTY, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(stdout, "to stdout\n");
    assert_eq!(completion.run.receipt.stderr_bytes, "to stderr\n".len() as u64);
}

#[test]
pub(crate) fn host_clock_random() {
    succeeds(programs::HOST_CLOCK_RANDOM, "");
}

#[test]
pub(crate) fn host_work_cost() {
    for (cost, expected) in
        [(None, "Low"), (Some(WorkCost::Medium), "Medium"), (Some(WorkCost::High), "High")]
    {
        Rig::run(async |rig| {
            if let Some(cost) = cost {
                rig.conditions.set_work_cost(cost);
            }
            let id = ready(rig, programs::HOST_WORK_COST).await;
            rig.fire(id, "").await;
            assert_eq!(rig.stdout().trim(), expected);
        });
    }
}

#[test]
pub(crate) fn progress_values() {
    let (completion, log, _) = once(programs::PROGRESS_VALUES, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(only(&log, &["progress"]), ["progress 0", "progress 7", "progress 4294967295"], "UWP-110");
    assert_eq!(completion.run.receipt.progress, Some(u32::MAX));
}
