//! A disk that is full, or cannot be written. On a small file system in memory, which only root can mount;
//! without the right to do so these tests say that they were skipped.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dormouse_core::StoreError;
use dormouse_core::store::exercise::fixture::{QUEUE, activation, ask, firing, register};
use dormouse_core::store::{Enqueued, Store};
use dormouse_core::trigger::TriggerDetails;
use dormouse_store_sqlite::{OpenError, SqliteStore};
use futures::executor::block_on;
use futures::future::join_all;

/// A file system of its own, unmounted at the end. One at a time: `mount` is another process, which has for a moment
/// what this one has open, locks among it.
struct SmallDisk(tempfile::TempDir, #[expect(dead_code, reason = "it is held")] MutexGuard<'static, ()>);

static ONE: Mutex<()> = Mutex::new(());

impl SmallDisk {
    #[expect(clippy::print_stderr, reason = "whoever runs the tests is told what was not tested")]
    fn mount() -> Option<Self> {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(directory.path())
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(directory, one)),
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr);
                eprintln!("skipped: no small disk could be mounted: {}", why.trim());
                None
            }
            Err(error) => {
                eprintln!("skipped: no small disk could be mounted: {error}");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount_read_only(&self) {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(self.path()).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.path()).status();
        assert!(std::thread::panicking() || unmounted.is_ok_and(|status| status.success()));
    }
}

async fn enqueue(store: &Arc<dyn Store>, n: u128) -> Result<Enqueued, StoreError> {
    let mut firing = firing(n, 1, 1);
    firing.details = TriggerDetails::Application(vec![7; 8 * 1024]);
    store.enqueue(ask(firing, QUEUE)).await
}

#[test]
fn a_full_disk_refuses_what_does_not_fit_and_loses_nothing_else() {
    let Some(disk) = SmallDisk::mount() else { return };
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![0; 1024 * 1024]).unwrap();
    block_on(async {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(disk.path()).unwrap());
        register(&store, 1).await;

        let mut taken = vec![];
        let full = loop {
            let n = taken.len() as u128 + 1;
            match enqueue(&store, n).await {
                Ok(_) => taken.push(n),
                Err(error) => break error,
            }
            assert!(taken.len() < 1000, "the disk is never full");
        };
        assert!(matches!(full, StoreError::Full(_)), "{full:?}");
        assert!(full.to_string().contains("free some space"), "{full}");
        assert!(taken.len() > 10, "some of it fitted: {}", taken.len());

        // A whole batch, still full: each is told.
        let batch = join_all((5000..5020).map(|n| enqueue(&store, n))).await;
        for (n, answer) in (5000..).zip(batch) {
            match answer {
                // The log was put into the file meanwhile, which made a little room.
                Ok(_) => taken.push(n),
                Err(error) => assert!(matches!(error, StoreError::Full(_)), "{error:?}"),
            }
        }
        assert_all_there(&store, &taken).await;

        std::fs::remove_file(&ballast).unwrap();
        for n in 9000..9010 {
            enqueue(&store, n).await.expect("there is room again");
            taken.push(n);
        }
        assert_all_there(&store, &taken).await;
        drop(store);
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(disk.path()).unwrap());
        assert_all_there(&store, &taken).await;
    });
}

/// All that was taken, and nothing that was refused.
async fn assert_all_there(store: &Arc<dyn Store>, taken: &[u128]) {
    let now = dormouse_core::Timestamp::MAX;
    let mut stored: Vec<_> = store.pending(now, None, 10_000).await.unwrap().iter().map(|a| a.id).collect();
    let mut expected: Vec<_> = taken.iter().map(|n| activation(*n)).collect();
    stored.sort_unstable();
    expected.sort_unstable();
    assert_eq!(stored, expected);
}

#[test]
fn a_full_disk_is_told_when_a_store_is_made() {
    let Some(disk) = SmallDisk::mount() else { return };
    std::fs::write(disk.path().join("ballast"), vec![0; 2028 * 1024]).unwrap();
    let error = SqliteStore::open(disk.path()).unwrap_err();
    assert!(matches!(error, OpenError::Full { .. }), "{error:?}");
    std::fs::remove_file(disk.path().join("ballast")).unwrap();
    SqliteStore::open(disk.path()).expect("there is room now");
}

#[test]
fn a_read_only_file_system_is_told() {
    let Some(disk) = SmallDisk::mount() else { return };
    drop(SqliteStore::open(disk.path()).unwrap());
    disk.remount_read_only();
    let error = SqliteStore::open(disk.path()).unwrap_err();
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
}

#[test]
fn a_read_only_file_system_can_be_looked_at() {
    // A store that was closed, and one whose host fell: its log is still there.
    for fell in [false, true] {
        let Some(disk) = SmallDisk::mount() else { return };
        let elsewhere = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(elsewhere.path()).unwrap());
        block_on(async {
            register(&store, 1).await;
            for n in 1..6 {
                enqueue(&store, n).await.unwrap();
            }
        });
        let store = fell.then_some(store);
        for file in std::fs::read_dir(elsewhere.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), disk.path().join(file.file_name())).unwrap();
        }
        drop(store);
        assert_eq!(disk.path().join("dormouse.db-wal").exists(), fell);
        disk.remount_read_only();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open_read_only(disk.path()).unwrap());
        block_on(assert_all_there(&store, &[1, 2, 3, 4, 5]));
    }
}
