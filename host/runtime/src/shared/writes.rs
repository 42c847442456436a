//! Whether the store takes what the host writes by itself: firings, leases, ends of runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use dormouse_core::{Instant, StoreError};

use super::Shared;

/// The last write that was not taken, until one is. A store that answers reads may take nothing all the same: its disk
/// is full, or was made read-only.
#[derive(Default)]
pub(crate) struct Writes {
    /// Whether `last` is there: nothing else is looked at while all goes well.
    failed: AtomicBool,
    last: Mutex<Option<(Instant, StoreError)>>,
}

impl Writes {
    /// What was not taken last, and when, if nothing was since.
    pub(crate) fn failed(&self) -> Option<(Instant, StoreError)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, last: Option<(Instant, StoreError)>) {
        let mut held = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        self.failed.store(last.is_some(), Ordering::Relaxed);
        *held = last;
    }
}

impl Shared {
    /// The store answered a write.
    pub(crate) fn wrote<T>(&self, answer: &Result<T, StoreError>) {
        match answer {
            Err(error) => self.writes.set(Some((self.clock.now(), error.clone()))),
            Ok(_) if self.writes.failed.load(Ordering::Relaxed) => self.writes.set(None),
            Ok(_) => {}
        }
    }
}
