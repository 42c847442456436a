//! Leases of what runs here are extended while it runs.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dormouse_core::StoreError;

use super::cell::RunCell;
use crate::shared::{NOBODY, Shared};

/// Renewals in each lease. Two may fail before anyone else may take it.
const RENEWALS: u32 = 3;

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    let every = shared.config.lease / RENEWALS;
    loop {
        shared.pulses.renew.rest(shared.clock.sleep_until(shared.clock.now() + every)).await;
        let _ = once(&shared).await;
    }
}

/// Some leases were not renewed. It has been told.
pub(crate) struct NotRenewed;

/// Extends the lease of everything that runs here now, and of what is over but not recorded. A run whose lease is lost
/// is taken down.
pub(crate) async fn once(shared: &Arc<Shared>) -> Result<(), NotRenewed> {
    let (running, ending) = {
        let state = shared.state();
        let running: Vec<Arc<RunCell>> = state.running.values().cloned().collect();
        let ending: Vec<_> = state.ending.iter().map(|(id, fence)| (*id, *fence)).collect();
        (running, ending)
    };
    let mut held = ending;
    held.extend(running.iter().map(|cell| (cell.lease.activation.id, cell.lease.fence)));
    if held.is_empty() {
        return Ok(());
    }
    let until = shared.clock.wall() + shared.config.lease;
    let renewed_some = shared.store.renew(&held, until).await;
    shared.wrote(&renewed_some);
    match renewed_some {
        Ok(lost) => {
            renewed(shared);
            for cell in running.iter().filter(|cell| lost.contains(&cell.lease.activation.id)) {
                // Between the look at what runs and the renewal it may have ended, which is no loss.
                if shared.state().running.contains_key(&cell.lease.activation.id) {
                    taken_away(cell);
                }
            }
            Ok(())
        }
        Err(error) => {
            failed(shared, &error, held.len());
            Err(NotRenewed)
        }
    }
}

/// Takes down a run whose lease is lost. Its event is told with its end, when the store has refused that.
fn taken_away(cell: &RunCell) {
    let (shared, activation) = (&cell.shared, &cell.lease.activation);
    shared.figures.leases_lost.add(1);
    tracing::error!(
        app = %activation.app, registration = %activation.registration, activation = %activation.id,
        run = %cell.run(), attempt = activation.attempt(), fence = cell.lease.fence.0, node = %shared.config.node,
        "the lease of a run was taken away while it ran: taking it down"
    );
    cell.input(|machine, now| machine.lost(now));
}

fn renewed(shared: &Shared) {
    shared.figures.renewals.add(1);
    let failed = shared.figures.renewals_failed_in_a_row.swap(0, Ordering::Relaxed);
    if failed > 0 {
        tracing::info!(node = %shared.config.node, failed, "leases are renewed again");
    }
}

/// The first failure is nothing yet; from when the leases have ended it is told to everybody.
fn failed(shared: &Shared, error: &StoreError, runs: usize) {
    let figures = &shared.figures;
    figures.renewals_failed.add(1);
    let failed = figures.renewals_failed_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
    let node = shared.config.node;
    if failed == 1 {
        tracing::warn!(%node, runs, %error, "leases were not renewed; trying again at the next third");
        return;
    }
    tracing::error!(%node, runs, failed, %error, "leases were not renewed again; see to the store");
    if failed == u64::from(RENEWALS) {
        shared.fault(NOBODY, false, || {
            format!(
                "the leases of {runs} runs were not renewed {failed} times and end: {error}; see to the store"
            )
        });
    }
}
