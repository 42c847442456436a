//! What a guest that gave way waits for, as far as that can be known (UWP-088).
//!
//! Whoever calls it idle must be right, always. So nothing is said of a guest that is inside a call of WASI, was interrupted
//! in the middle of its work, or can have calls of WASI under way that nobody sees (0.3's, which return at once and go on
//! in the background). What is left is a guest at rest in its event loop, whose only ways on are our `canceled` and `sleep`.

use std::sync::atomic::Ordering;

use dormouse_core::run::WaitsFor;

use super::RunCell;
use crate::component::Component;

/// What was seen of a guest at its last polls.
pub(crate) struct Watch {
    component: Component,
    /// Nothing that it imports can wait where nobody sees it. Not looked at before a guest gives way: most never do.
    may_tell: Option<bool>,
    /// Calls to the host so far, and how many of `canceled` and of `sleep` are under way.
    seen: (u64, u32, u32),
}

impl Watch {
    pub(crate) const fn over(component: Component) -> Self {
        Self { component, may_tell: None, seen: (0, 0, 0) }
    }

    fn may_tell(&mut self) -> bool {
        let component = &self.component;
        *self.may_tell.get_or_insert_with(|| !component.may_wait_unseen())
    }
}

impl RunCell {
    /// The guest was polled, and gave way.
    pub(crate) fn gave_way(&self, watch: &mut Watch) {
        let calls = self.usage.calls();
        let (waits, sleeps) = (self.waits.load(Ordering::Relaxed), self.sleeps.load(Ordering::Relaxed));
        let seen = (calls.all, waits, sleeps);
        let did_something = std::mem::replace(&mut watch.seen, seen) != seen;
        let waits_for = match (waits, sleeps) {
            _ if !self.usage.is_at_rest() || !watch.may_tell() => WaitsFor::Something,
            _ if self.asks_for_more.load(Ordering::Relaxed) => WaitsFor::Something,
            // A `sleep` that has just ended, for one: the guest hears of it at its next poll, to which it is helped.
            (0, 0) if did_something => {
                self.driver.wake();
                WaitsFor::Something
            }
            (0, 0) => WaitsFor::Nothing,
            (_, 0) => WaitsFor::Cancellation,
            _ => WaitsFor::Something,
        };
        let now = self.shared.clock.now();
        let mut inner = self.inner();
        if did_something {
            inner.machine.gave_way(WaitsFor::Something, calls.wasi, now);
        }
        inner.machine.gave_way(waits_for, calls.wasi, now);
    }
}
