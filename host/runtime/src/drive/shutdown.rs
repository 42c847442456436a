//! The end of a host: stop taking, tell, wait, force, in that order.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dormouse_core::{Cancellation, CancellationReason};

use super::cell::RunCell;
use super::{quota, reap};
use crate::lifecycle;
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
    lifecycle::stop(shared, force).await;
    loop {
        let mut ended = std::pin::pin!(shared.wake.ended.notified());
        ended.as_mut().enable();
        // A permit outlives its run's last write: nothing is in flight when all are back.
        if shared.in_flight.load(Ordering::Acquire) == 0 {
            break;
        }
        ended.await;
    }
    shared.wake.stop.send_replace(true);
    if shared.writable().is_ok() {
        tokio::join!(reap::hand_back(shared), quota::save_last(shared));
    }
    shared.watchers.clear();
    shared.sockets.stop().await;
    // Who still waits for a completion looks again, and finds the host stopped.
    let awaited = std::mem::take(&mut shared.state().awaited);
    drop(awaited);
}
