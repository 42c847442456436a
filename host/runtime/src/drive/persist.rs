//! Writes that must not be lost are repeated until they are answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use dormouse_core::RegistrationId;
use dormouse_core::store::StoreError;
use tokio::runtime::Handle;

use crate::shared::Shared;

/// Between two tries: long enough not to spin on a full disk, short enough that a person who freed some
/// space sees it taken up.
const AGAIN_AFTER_FIRST: Duration = Duration::from_millis(50);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(5);

/// A host that stops waits for a store that does not answer, but not for ever.
const LAST_MAX: Duration = Duration::from_secs(5);
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

/// Does `work` where it is awaited, and, when whoever awaits it is gone before its end, the rest of it elsewhere. As
/// [`to_the_end`], without a task in the common case.
pub(crate) struct Finishing<F: Future<Output: Send> + Send + 'static> {
    control: Handle,
    work: Option<Pin<Box<F>>>,
}

impl<F: Future<Output: Send> + Send + 'static> Finishing<F> {
    pub(crate) fn new(shared: &Shared, work: F) -> Self {
        Self { control: shared.control.clone(), work: Some(Box::pin(work)) }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for Finishing<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // Taken out meanwhile: what panics is not polled again.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Finishing<F> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            drop(self.control.spawn(work));
        }
    }
}

/// Does the last of a host that stops, unless the store does not answer.
///
/// # Errors
///
/// What went wrong.
pub(crate) async fn at_last(
    shared: &Shared,
    work: impl Future<Output = Result<(), StoreError>>,
) -> Result<(), String> {
    let waited = shared.clock.sleep_until(shared.clock.now() + LAST_MAX);
    tokio::select! {
        done = work => done.map_err(|error| error.to_string()),
        () = waited => Err(format!("the store did not answer within {LAST_MAX:?}")),
    }
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
        let answer = write().await;
        shared.wrote(&answer);
        let error = match answer {
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
