//! What is over and old is let go of, some rows at a time.
//!
//! It is looked for every hour, and soon after a start: on a host that has nothing else to do this is one read an hour.
//! Nothing waits for it; the loop of the schedules does not wake for it.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::retention::{Lived, Look, Retention};
use dormouse_core::{Cursor, StoreError};

use crate::shared::Shared;

/// What a start has to do is done by then.
const FIRST_MAX: Duration = Duration::from_secs(60);

/// Before another look when the store has no space: what is let go of makes some.
const AGAIN_WHEN_FULL: Duration = Duration::from_secs(60);

/// Rows of one step. The store's writer does nothing else meanwhile: with a hundred, what waits for it waits some
/// milliseconds longer than it would.
const STEP: usize = 100;

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>, retention: Retention) {
    // Without an answer, nothing that is there already goes by its age before it is that old once more.
    let head = shared.store.head().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the end of the journal was not read; what is over is kept longer");
        Cursor::default()
    });
    let mut lived = Lived::begin(retention, look(&shared, head));
    let mut wait = retention.every.min(FIRST_MAX);
    loop {
        let pulse = &shared.pulses.retain;
        pulse.rest(shared.clock.sleep_until(shared.clock.now() + wait)).await;
        wait = match all(&shared, &mut lived).await {
            Ok(()) => retention.every,
            Err(error) => {
                shared.figures.prunes_failed.add(1);
                let full = matches!(error, StoreError::Full(_));
                let again = if full { retention.every.min(AGAIN_WHEN_FULL) } else { retention.every };
                tracing::warn!(%error, ?again, "what is over and old was not let go of; trying again");
                again
            }
        };
    }
}

/// The clocks are read one after the other, with nothing in between.
fn look(shared: &Shared, head: Cursor) -> Look {
    Look { head, now: shared.clock.now(), wall: shared.clock.wall() }
}

/// One look, in as many steps as it takes. What is old is decided once: the clock may be set meanwhile.
async fn all(shared: &Shared, lived: &mut Lived) -> Result<(), StoreError> {
    let figures = &shared.figures;
    let head = shared.store.head().await?;
    let ask = lived.look(look(shared, head), STEP);
    let (mut runs, mut activations) = (0, 0);
    let looked = loop {
        let pruned = match shared.store.prune(ask).await {
            Ok(pruned) => pruned,
            Err(error) => break Err(error),
        };
        figures.pruned_runs.add(pruned.runs);
        figures.pruned_activations.add(pruned.activations);
        (runs, activations) = (runs + pruned.runs, activations + pruned.activations);
        if !pruned.more {
            break Ok(());
        }
        shared.pulses.retain.turn();
        // Firings and ends have their turn at the store in between.
        tokio::task::yield_now().await;
    };
    if runs + activations > 0 {
        tracing::info!(runs, activations, "what was over and old was let go of");
    }
    looked
}
