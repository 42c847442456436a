//! Waiting for something, and letting simulated time pass meanwhile.

use std::sync::atomic::Ordering;
use std::time::Duration;

use dormouse_core::event::{Event, EventKind};
use dormouse_core::{ActivationId, Clock, Completion, Instant, RegistrationId, RunId};

use super::{Rig, as_nanos};

/// A test that waits for something that does not happen fails after this much simulated time.
const PATIENCE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

impl Rig {
    /// Waits for an activation to end, letting time pass.
    ///
    /// # Panics
    ///
    /// If it is withdrawn.
    pub async fn completed(&self, id: ActivationId) -> Completion {
        self.patiently("the activation to end", async {
            self.host.completed(id).await.expect("the activation ends")
        })
        .await
    }

    /// Lets `span` pass: everything that is to happen in it happens, in order.
    pub async fn advance(&self, span: Duration) {
        let until = self.clock.now() + span;
        self.with_horizon(until, self.clock.sleep_until(until)).await;
        self.settle().await;
    }

    /// Waits until nothing can happen any more without time passing.
    pub async fn settle(&self) {
        let settled = self.gate.settled.notified();
        self.gate.settling.store(true, Ordering::Relaxed);
        settled.await;
    }

    /// Waits for an event that `is` it, from now on or before, letting time pass. Answers it.
    ///
    /// # Panics
    ///
    /// If it does not happen within more than a year of simulated time.
    pub async fn until(&self, what: &str, is: impl Fn(&Event) -> bool) -> Event {
        self.patiently(what, async {
            loop {
                let mut news = std::pin::pin!(self.news.notified());
                news.as_mut().enable();
                if let Some(event) = self.events.events().into_iter().find(|event| is(event)) {
                    return event;
                }
                news.await;
            }
        })
        .await
    }

    /// Lets up to `span` pass, and no more than that once there are more events than `seen`. Answers whether there are.
    pub async fn news(&self, seen: usize, span: Duration) -> bool {
        let until = self.clock.now() + span;
        let more = async {
            loop {
                let mut news = std::pin::pin!(self.news.notified());
                news.as_mut().enable();
                if self.events.len() > seen {
                    return true;
                }
                news.await;
            }
        };
        self.with_horizon(until, async {
            tokio::select! {
                biased;
                yes = more => yes,
                () = self.clock.sleep_until(until) => false,
            }
        })
        .await
    }

    /// Waits until a run of `id` has started; answers which.
    pub async fn started(&self, id: RegistrationId) -> RunId {
        let event = self
            .until("a run to start", |e| e.registration == id && matches!(e.kind, EventKind::Started { .. }))
            .await;
        match event.kind {
            EventKind::Started { run, .. } => run,
            _ => unreachable!("it was just matched"),
        }
    }

    pub(super) async fn patiently<R>(&self, what: &str, future: impl Future<Output = R>) -> R {
        let deadline = self.clock.now() + PATIENCE;
        let waited = self.with_horizon(deadline, async {
            tokio::select! {
                biased;
                answer = future => Some(answer),
                () = self.clock.sleep_until(deadline) => None,
            }
        });
        match waited.await {
            Some(answer) => answer,
            None => {
                panic!("waited {PATIENCE:?} of simulated time for {what}; saw {:#?}", self.events.events())
            }
        }
    }

    async fn with_horizon<R>(&self, until: Instant, future: impl Future<Output = R>) -> R {
        let before = self.gate.horizon.swap(as_nanos(until), Ordering::Relaxed);
        let answer = future.await;
        self.gate.horizon.store(before, Ordering::Relaxed);
        answer
    }
}
