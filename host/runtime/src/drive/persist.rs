//! Writes that must not be lost are repeated until they are answered.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use dormouse_core::RegistrationId;
use dormouse_core::store::StoreError;

use crate::shared::Shared;

/// Between two tries: long enough not to spin on a full disk, short enough that a person who freed some
/// space sees it taken up.
const AGAIN_AFTER_FIRST: Duration = Duration::from_millis(50);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(5);

/// A host that stops waits for a store that does not answer, but not for ever.
const TRIES_WHEN_STOPPING: u32 = 5;

/// Does `work` to its end, also when whoever asked for it is gone before: between a write and what follows
/// from it nothing may be cut off. None if the runtime stops.
pub(crate) fn to_the_end<T: Send + 'static>(
    shared: &Shared,
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Option<T>> + Send + 'static {
    let done = shared.control.spawn(work);
    async move { done.await.ok() }
}

/// Calls `write` until it succeeds. The first failure is told as a fault. None if the store is corrupt, or
/// the host stops while the store does not answer: the lease then ends by itself and the activation runs
/// again.
pub(crate) async fn retrying<T, F>(
    shared: &Arc<Shared>,
    registration: RegistrationId,
    what: &str,
    mut write: impl FnMut() -> F,
) -> Option<T>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut wait = AGAIN_AFTER_FIRST;
    let mut told = false;
    let mut tries = 0_u32;
    loop {
        let error = match write().await {
            Ok(answer) => return Some(answer),
            Err(error) => error,
        };
        tries += 1;
        let stopping = shared.state().stopping && tries >= TRIES_WHEN_STOPPING;
        let hopeless = matches!(error, StoreError::Corrupt(_)) || stopping;
        if !told || hopeless {
            told = true;
            let then = if hopeless { "given up" } else { "trying again" };
            shared.fault(registration, hopeless, || format!("failed to {what}: {error}; {then}"));
            tracing::error!(%registration, %error, "failed to {what}; {then}");
        }
        if hopeless {
            return None;
        }
        shared.clock.sleep_until(shared.clock.now() + wait).await;
        wait = (wait * 2).min(AGAIN_AFTER_MAX);
    }
}
