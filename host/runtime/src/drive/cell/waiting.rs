//! What a guest waits for that is ours: its cancellation, the end of its own deferrals, the end of a sleep.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::RunCell;
use crate::sandbox::port::Told;

impl RunCell {
    /// Whether the guest waits for `canceled` or `sleep`.
    pub(crate) fn waits_for_us(&self) -> bool {
        self.waits.load(Ordering::Relaxed) + self.sleeps.load(Ordering::Relaxed) > 0
    }

    /// Waits until there is a cancellation, or the task said that it is done.
    pub(super) async fn told_or_done(&self) -> Option<Told> {
        let _waiting = Waiting::new(&self.waits);
        loop {
            // Enabled before the look: news between the look and the wait is not missed.
            let mut news = std::pin::pin!(self.news.notified());
            news.as_mut().enable();
            if let Some(told) = self.told() {
                return Some(told);
            }
            if self.inner().machine.is_done() {
                return None;
            }
            news.await;
        }
    }

    pub(super) async fn told_or_slept(&self, span: Duration) -> Option<Told> {
        let _waiting = Waiting::new(&self.sleeps);
        let deadline = self.shared.clock.now() + span;
        let mut slept = self.shared.clock.sleep_until(deadline);
        loop {
            let mut news = std::pin::pin!(self.news.notified());
            news.as_mut().enable();
            if let Some(told) = self.told() {
                return Some(told);
            }
            if span.is_zero() {
                // Still a point at which others run: a guest that polls with `sleep(0)` does not spin.
                tokio::task::yield_now().await;
                return self.told();
            }
            tokio::select! {
                biased;
                () = news => {}
                () = &mut slept => return self.told(),
            }
        }
    }
}

/// Counts a wait for as long as it lasts.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn new(waits: &'a AtomicU32) -> Self {
        waits.fetch_add(1, Ordering::Relaxed);
        Self(waits)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
