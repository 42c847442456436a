//! The end of a host: stop taking, tell, wait, force, in that order.

use std::sync::Arc;

use dormouse_core::{Cancellation, CancellationReason};

use super::cell::RunCell;
use crate::shared::Shared;

/// What runs are told when the host stops.
pub(crate) fn terminating() -> Cancellation {
    Cancellation::new(CancellationReason::Terminating, "shutdown", "the host is stopping")
}

/// Stops the host. Runs are told and have their grace; what does not end in it is taken down by its own
/// machine. Every activation cut off waits in the store for the next start, and no attempt is charged.
pub(crate) async fn stop(shared: &Arc<Shared>, force: bool) {
    let running: Vec<Arc<RunCell>> = {
        let mut state = shared.state();
        state.stopping = true;
        state.running.values().cloned().collect()
    };
    for cell in &running {
        if force { cell.kill(terminating()) } else { cell.cancel(terminating()) }
    }
    loop {
        let mut ended = std::pin::pin!(shared.wake.ended.notified());
        ended.as_mut().enable();
        {
            let state = shared.state();
            // A permit outlives its run's last write, so nothing is in flight when all are back.
            let idle = state.running.is_empty()
                && state
                    .registrations
                    .values()
                    .all(|k| k.runs.load(std::sync::atomic::Ordering::Acquire) == 0);
            if idle {
                break;
            }
        }
        ended.await;
    }
    shared.wake.stop.send_replace(true);
    shared.watchers.clear();
}
