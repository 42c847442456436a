//! What is over and old is let go of, some rows at a time.
//!
//! It is looked for every hour, and soon after a start: on a host that has nothing else to do this is one read an hour.
//! Nothing waits for it; the loop of the schedules does not wake for it.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::Retention;

use crate::shared::Shared;

/// What a start has to do is done by then.
const FIRST_MAX: Duration = Duration::from_secs(60);

/// Rows of one step. The store's writer does nothing else meanwhile: with a hundred, what waits for it waits some
/// milliseconds longer than it would.
const STEP: usize = 100;

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>, retention: Retention) {
    let mut wait = retention.every.min(FIRST_MAX);
    loop {
        let pulse = &shared.pulses.retain;
        pulse.rest(shared.clock.sleep_until(shared.clock.now() + wait)).await;
        wait = retention.every;
        all(&shared, retention).await;
    }
}

async fn all(shared: &Shared, retention: Retention) {
    let figures = &shared.figures;
    let (mut runs, mut activations) = (0, 0);
    loop {
        let pruned = match shared.store.prune(retention.prune(shared.clock.wall(), STEP)).await {
            Ok(pruned) => pruned,
            Err(error) => {
                figures.prunes_failed.add(1);
                tracing::warn!(%error, "what is over and old was not let go of; trying again in an hour");
                break;
            }
        };
        figures.pruned_runs.add(pruned.runs);
        figures.pruned_activations.add(pruned.activations);
        (runs, activations) = (runs + pruned.runs, activations + pruned.activations);
        if !pruned.more {
            break;
        }
        shared.pulses.retain.turn();
        // Firings and ends have their turn at the store in between.
        tokio::task::yield_now().await;
    }
    if runs + activations > 0 {
        tracing::info!(runs, activations, "what was over and old was let go of");
    }
}
