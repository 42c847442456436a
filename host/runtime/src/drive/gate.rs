//! Conditions that change: what is latched is looked at again, and runs that asked for it are cancelled.

use std::sync::Arc;

use dormouse_core::Cancellation;
use dormouse_core::CancellationReason;
use dormouse_core::condition::Judgement;

use super::cell::RunCell;
use crate::shared::Shared;

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        shared.wake.conditions.notified().await;
        shared.wake.dispatch.notify_one();
        let running: Vec<Arc<RunCell>> = shared.state().running.values().cloned().collect();
        for cell in running {
            let registration = &cell.known.registration;
            if !registration.cancel_on_condition_loss {
                continue;
            }
            if let Judgement::Latch { blocking } = shared.judge(registration) {
                let seen: Vec<String> = blocking.iter().map(ToString::to_string).collect();
                let detail = seen.join(", ");
                cell.cancel(Cancellation::new(CancellationReason::ConditionLoss, "condition", detail));
            }
        }
    }
}

/// Has the providers tell of changes.
pub(crate) fn subscribe(shared: &Arc<Shared>) {
    for provider in &shared.providers {
        let weak = Arc::downgrade(shared);
        provider.subscribe(Box::new(move || {
            if let Some(shared) = weak.upgrade() {
                shared.wake.conditions.notify_one();
            }
        }));
    }
}
