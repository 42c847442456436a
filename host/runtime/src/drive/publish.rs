//! Completions reach those who wait for them.

use dormouse_core::Completion;

use crate::shared::Shared;

/// A completion is durable: wakes who awaits it, and every subscriber.
pub(crate) fn completed(shared: &Shared, completion: Completion) {
    let waiting = {
        let mut state = shared.state();
        if state.awaited.is_empty() { None } else { state.awaited.remove(&completion.run.activation) }
    };
    for waiter in waiting.into_iter().flatten() {
        // An error is that the waiter went away.
        let _ = waiter.send(completion.clone());
    }
    shared.wake.journal.send_replace(());
}
