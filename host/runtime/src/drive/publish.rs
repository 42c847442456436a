//! Completions reach those who wait for them.

use dormouse_core::{ActivationId, Completion};

use crate::shared::Shared;

/// A completion is durable: wakes who awaits it, and every subscriber.
pub(crate) fn completed(shared: &Shared, completion: Completion) {
    let waiting = {
        let mut state = shared.state();
        // Under one lock: whoever looks finds it on its way, or here.
        state.end_is_written(completion.run.activation, completion.run.fence);
        let waiting = state.awaited.remove(&completion.run.activation);
        if waiting.is_none() {
            state.recent.push(completion);
            None
        } else {
            waiting.map(|waiting| (waiting, completion))
        }
    };
    if let Some((waiting, completion)) = waiting {
        for waiter in waiting {
            // An error is that the waiter went away; it, or another, finds the completion in the store.
            let _ = waiter.send(completion.clone());
        }
    }
    journal_grew(shared);
}

/// An activation has ended in the store, other than by the end of a run here.
pub(super) async fn ended(shared: &Shared, activation: ActivationId) {
    match shared.store.completion(activation).await {
        Ok(Some(completion)) => return completed(shared, completion),
        // Who awaits it finds its channel closed, and looks for himself.
        Ok(None) => {}
        Err(error) => tracing::warn!(%activation, %error, "a completion was not read"),
    }
    shared.state().awaited.remove(&activation);
    journal_grew(shared);
}

fn journal_grew(shared: &Shared) {
    // A subscriber subscribes before it first reads the journal: one that comes now reads this one.
    if shared.wake.journal.receiver_count() > 0 {
        shared.wake.journal.send_replace(());
    }
}
