//! What can be seen of guests from outside, for the deterministic rig.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

#[derive(Default)]
pub(crate) struct Seen {
    /// Guests that wait for a file or a socket: simulated time does not pass then.
    pub(crate) elsewhere: AtomicU32,
    /// Polls of guests, ever: tells one poll's interruption from another's.
    pub(crate) polls: AtomicU64,
    /// How often the loop of the schedules woke, ever.
    pub(crate) timer_wakes: AtomicU64,
    /// Schedules that it looked at, ever.
    pub(crate) timers_looked_at: AtomicU64,
}

impl Seen {
    /// A guest that `was` waiting for something that is not ours, or was not, `is` now, or is not. Whoever drives it keeps
    /// what it `was`, and says that it is not any more when the guest is gone.
    pub(crate) fn is_elsewhere(&self, was: &mut bool, is: bool) {
        match (std::mem::replace(was, is), is) {
            (false, true) => {
                self.elsewhere.fetch_add(1, Ordering::Relaxed);
            }
            (true, false) => {
                self.elsewhere.fetch_sub(1, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}
