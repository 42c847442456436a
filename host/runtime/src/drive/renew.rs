//! Leases of what runs here are extended while it runs.

use std::sync::Arc;

use super::cell::RunCell;
use crate::shared::Shared;

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    // Renewed at a third of the lease: two renewals may be lost before anyone else may take it.
    let every = shared.config.lease / 3;
    loop {
        shared.clock.sleep_until(shared.clock.now() + every).await;
        once(&shared).await;
    }
}

/// Extends the lease of everything that runs here now. A run whose lease is lost is taken down.
pub(crate) async fn once(shared: &Arc<Shared>) {
    let running: Vec<Arc<RunCell>> = shared.state().running.values().cloned().collect();
    if running.is_empty() {
        return;
    }
    let held: Vec<_> = running.iter().map(|cell| (cell.lease.activation.id, cell.lease.fence)).collect();
    let until = shared.clock.wall() + shared.config.lease;
    match shared.store.renew(&held, until).await {
        Ok(lost) => {
            for cell in running.iter().filter(|cell| lost.contains(&cell.lease.activation.id)) {
                // Between the look at what runs and the renewal it may have ended, which is no loss.
                if shared.state().running.contains_key(&cell.lease.activation.id) {
                    cell.input(|machine, now| machine.lost(now));
                }
            }
        }
        Err(error) => tracing::warn!(%error, "leases were not renewed; trying again at the next third"),
    }
}
