//! Folders that are watched: changes settle, and fire.
//!
//! The operating system's watcher runs on a thread of the `notify` library and hands its news over a bounded
//! channel; when that is full, or the system's own queue overflowed, the guest is told that changes were
//! lost instead of which (UWP-054). The system's queue is the ring that bounds what a busy folder costs: on
//! Linux `/proc/sys/fs/inotify/max_queued_events`, 16,384 by default, for all folders of one watcher. What is
//! told is what the watcher saw happen: a folder that is moved in, or granted, with files in it is told as
//! one change or none, and they are not.

#[cfg(test)]
mod tests;
mod unaccepted;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use cap_std::fs::Dir;
use dormouse_core::event::EventKind;
use dormouse_core::trigger::STORAGE_CHANGES_MAX;
use dormouse_core::{FilesystemTrigger, RegistrationId, StorageChange, StorageChangeKind, TriggerDetails};
use notify::event::{ModifyKind, RenameMode};
use notify::{EventKind as Seen, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::drive::intake::{self, Incoming};
use crate::shared::Shared;

pub(crate) use unaccepted::{Told, Unaccepted};

/// The watchers of a host, by registration. Removing one ends its thread and its task.
#[derive(Default)]
pub(crate) struct Watchers(Mutex<HashMap<RegistrationId, RecommendedWatcher>>);

impl Watchers {
    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<RegistrationId, RecommendedWatcher>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn remove(&self, id: RegistrationId) {
        let watcher = self.map().remove(&id);
        // Outside the lock: it waits for its thread.
        drop(watcher);
    }

    pub(crate) fn clear(&self) {
        let all = std::mem::take(&mut *self.map());
        drop(all);
    }
}

/// A folder that is watched, of which nothing is told yet.
pub(crate) struct Watch {
    watcher: RecommendedWatcher,
    news: mpsc::Receiver<notify::Event>,
    id: RegistrationId,
    trigger: FilesystemTrigger,
    folder: PathBuf,
    lost: Arc<AtomicBool>,
}

impl Watch {
    /// Begins to watch `folder`, which guests see as `trigger.directory`, for `id`.
    ///
    /// # Errors
    ///
    /// The operating system's, most often that the folder is gone or that its watches are used up.
    pub(crate) fn begin(
        id: RegistrationId,
        trigger: &FilesystemTrigger,
        folder: &Dir,
    ) -> Result<Self, notify::Error> {
        let folder = path_of(folder)?;
        let (tx, news) = mpsc::channel(STORAGE_CHANGES_MAX);
        let lost = Arc::new(AtomicBool::new(false));
        let mut watcher = notify::recommended_watcher(hear(tx, lost.clone()))?;
        let mode = if trigger.recursive { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        watcher.watch(&folder, mode)?;
        Ok(Self { watcher, news, id, trigger: trigger.clone(), folder, lost })
    }

    /// Tells from now on what it sees, and what it saw since it began.
    pub(crate) fn settle(self, shared: &Arc<Shared>) {
        let Self { watcher, news, id, trigger, folder, lost } = self;
        let replaced = shared.watchers.map().insert(id, watcher);
        // Outside the lock: it waits for its thread.
        drop(replaced);
        let settle = Settle { shared: Arc::downgrade(shared), id, trigger, folder, lost };
        shared.control.spawn(settle.run(news));
    }
}

/// The directory that was opened, wherever it is now: its path could have become another directory. The watcher
/// resolves it at once, so that a duplicate need not be kept open.
#[cfg(target_os = "linux")]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it fails")]
fn path_of(folder: &Dir) -> Result<PathBuf, notify::Error> {
    use std::os::fd::{AsFd, AsRawFd};
    Ok(PathBuf::from(format!("/proc/self/fd/{}", folder.as_fd().as_raw_fd())))
}

#[cfg(not(target_os = "linux"))]
fn path_of(_: &Dir) -> Result<PathBuf, notify::Error> {
    Err(notify::Error::generic(
        "folders are watched on Linux only; tell their changes with `storage_changes`",
    ))
}

/// What the watcher calls, on its own thread.
fn hear(
    tx: mpsc::Sender<notify::Event>,
    lost: Arc<AtomicBool>,
) -> impl Fn(Result<notify::Event, notify::Error>) {
    move |seen| {
        let event = seen.unwrap_or_else(|_| rescan());
        if event.need_rescan() {
            lost.store(true, Ordering::Release);
        }
        // Blocking here would block the watcher's thread; dropping without a word would be worse. If it is
        // full, whoever empties it finds the mark.
        if tx.try_send(event).is_err() {
            lost.store(true, Ordering::Release);
        }
    }
}

/// Something was lost, and nothing is known of what.
fn rescan() -> notify::Event {
    notify::Event::new(Seen::Other).set_flag(notify::event::Flag::Rescan)
}

struct Settle {
    shared: Weak<Shared>,
    id: RegistrationId,
    trigger: FilesystemTrigger,
    folder: PathBuf,
    lost: Arc<AtomicBool>,
}

/// However busy the folder is, a firing comes at least this many quiet times after the first change.
const SETTLES_MAX: u32 = 10;

impl Settle {
    /// Ends when the watcher is gone, or the host.
    async fn run(self, mut news: mpsc::Receiver<notify::Event>) {
        let mut changes: Vec<StorageChange> = Vec::new();
        while let Some(first) = news.recv().await {
            self.take(&mut changes, &first);
            let mut rounds = 0;
            while rounds < SETTLES_MAX {
                let Some(shared) = self.shared.upgrade() else { return };
                let quiet = shared.clock.sleep_until(shared.clock.now() + self.trigger.settle);
                drop(shared);
                tokio::select! {
                    biased;
                    next = news.recv() => match next {
                        Some(event) => self.take(&mut changes, &event),
                        None => break,
                    },
                    () = quiet => break,
                }
                // Only changes that were slow to come count: a burst that is already here is one round.
                while let Ok(event) = news.try_recv() {
                    self.take(&mut changes, &event);
                }
                rounds += 1;
            }
            let Some(shared) = self.shared.upgrade() else { return };
            if self.lost.swap(false, Ordering::AcqRel) {
                changes = vec![StorageChange::lost()];
            }
            if changes.is_empty() {
                continue;
            }
            let details = TriggerDetails::StorageChanges(std::mem::take(&mut changes));
            if let Err(error) = intake::fire(&shared, self.id, Incoming::new(details)).await {
                // The next firing tells that something was lost, so that nothing is missed for ever.
                self.lost.store(true, Ordering::Release);
                shared.emit(self.id, || EventKind::Fault { message: error.to_string(), given_up: false });
            }
        }
    }

    fn take(&self, changes: &mut Vec<StorageChange>, event: &notify::Event) {
        let kind = match event.kind {
            Seen::Create(_) => StorageChangeKind::Created,
            Seen::Remove(_) => StorageChangeKind::Removed,
            Seen::Modify(ModifyKind::Name(RenameMode::From)) => StorageChangeKind::Removed,
            Seen::Modify(ModifyKind::Name(RenameMode::To)) => StorageChangeKind::Renamed,
            // The pair has been told as its two halves.
            Seen::Modify(ModifyKind::Name(RenameMode::Both)) => return,
            Seen::Modify(_) => StorageChangeKind::Modified,
            Seen::Any | Seen::Access(_) | Seen::Other => return,
        };
        for path in &event.paths {
            let Some(path) = self.guest_path(path) else {
                self.lost.store(true, Ordering::Release);
                continue;
            };
            // A file that is written in many pieces changed once.
            let change = StorageChange { kind, path };
            let again = kind == StorageChangeKind::Modified
                && changes.iter().any(|c| {
                    c.path == change.path
                        && matches!(c.kind, StorageChangeKind::Created | StorageChangeKind::Modified)
                });
            if again || changes.last() == Some(&change) {
                continue;
            }
            if changes.len() >= STORAGE_CHANGES_MAX {
                self.lost.store(true, Ordering::Release);
                return;
            }
            changes.push(change);
        }
    }

    /// None for a name that is not UTF-8: no guest could be told it.
    fn guest_path(&self, path: &Path) -> Option<String> {
        let below = path.strip_prefix(&self.folder).ok()?.to_str()?;
        let root = self.trigger.directory.trim_end_matches('/');
        Some(if below.is_empty() { root.to_owned() } else { format!("{root}/{below}") })
    }
}
