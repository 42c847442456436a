//! Completions reach those who wait for them.

use dormouse_core::Completion;

use crate::shared::Shared;

/// A completion is durable: wakes who awaits it, and every subscriber.
pub(crate) fn completed(shared: &Shared, completion: Completion) {
    let waiting = {
        let mut state = shared.state();
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
    // A subscriber subscribes before it first reads the journal: one that comes now reads this one.
    if shared.wake.journal.receiver_count() > 0 {
        shared.wake.journal.send_replace(());
    }
}
