//! What the store is told of an app, so that it is right whenever the host falls.
//!
//! What is written is always what was done last. So a write that failed and is tried again later never undoes a newer one.

use std::sync::Arc;

use dormouse_core::app::event::AppEventKind;
use dormouse_core::app::previous::Kept;
use dormouse_core::{StoreError, Timestamp};
use futures::future::BoxFuture;

use super::inner::{Because, Shut};
use super::session::Session;
use crate::drive::persist;
use crate::shared::NOBODY;

impl Session {
    /// Writes what is kept of it now; durable when it answers.
    async fn write(&self) -> Result<(), StoreError> {
        let _turn = self.writing.lock().await;
        let record = {
            let mut inner = self.inner();
            inner.is_to_write = false;
            if matches!(inner.shut, Some(Shut::Gone | Shut::Abandoned)) {
                // What is kept of it went with the app, or is the next host's.
                return Ok(());
            }
            inner.record()
        };
        self.shared.store.put_app_state(record).await
    }

    /// Once more, until the store answers.
    fn write_later(self: &Arc<Self>, error: &StoreError) {
        // Not under the lock: whoever is told may ask how the app is.
        let number = self.inner().number;
        self.emit(number, || AppEventKind::Fault {
            message: format!("what the app was is not kept: {error}; trying again"),
        });
        self.write_soon();
    }

    /// Has it written, again until the store answers, by the one who does so: a guest that says yes and no to prelaunch for
    /// ever has one write waiting, whether the store answers or not.
    pub(super) fn write_soon(self: &Arc<Self>) {
        {
            let mut inner = self.inner();
            inner.is_to_write = true;
            if std::mem::replace(&mut inner.has_writer, true) {
                return;
            }
        }
        let session = self.clone();
        drop(persist::to_the_end(&self.shared, async move {
            loop {
                let write = || session.write();
                let written = persist::retrying(&session.shared, NOBODY, "keep what an app was", write).await;
                let mut inner = session.inner();
                // What was said while it was written is written too. If it was given up, by whoever comes next.
                if written.is_none() || !inner.is_to_write {
                    inner.has_writer = false;
                    return;
                }
            }
        }));
    }
}

/// A write that is under way, and what is to be done when it fails.
pub(super) type Keeping = BoxFuture<'static, ()>;

/// Keeps it, and has what follows if the store does not: what `begins` is not activated, and all else is told later.
pub(super) fn keep(session: Arc<Session>, kept: (Option<Kept>, Timestamp), begins: bool) -> Keeping {
    let before = std::mem::replace(&mut session.inner().written, kept);
    Box::pin(async move {
        let write = async {
            let answer = session.write().await;
            session.shared.wrote(&answer);
            answer
        };
        let Err(error) = session.answered(write).await else { return };
        if begins {
            session.not_activated(before, error);
        } else {
            session.write_later(&error);
        }
    })
}

impl Session {
    /// Waits for what the store says to `write`; once the host stops, not for ever: what it holds is to be free then.
    async fn answered(&self, write: impl Future<Output = Result<(), StoreError>>) -> Result<(), StoreError> {
        let mut write = std::pin::pin!(write);
        tokio::select! {
            biased;
            answer = &mut write => return answer,
            () = self.stops() => {}
        }
        persist::at_last(&self.shared, write).await.map_err(StoreError::Unavailable)
    }

    /// Waits until its host stops.
    async fn stops(&self) {
        loop {
            let mut news = std::pin::pin!(self.news.notified());
            news.as_mut().enable();
            let shut = self.inner().shut;
            // What is removed stops with its host as well.
            if shut == Some(Shut::Stopping) || (shut == Some(Shut::Gone) && self.shared.state().stopping) {
                return;
            }
            news.await;
        }
    }

    /// The store did not keep that it is activated: it is not. Background tasks begin it anew, if any wait: of those
    /// nothing is kept.
    fn not_activated(&self, before: (Option<Kept>, Timestamp), error: StoreError) {
        self.input(|inner, now| {
            let outputs = inner.machine.not_kept(now.at);
            inner.decide(outputs, Because::NotKept(before, error), now);
        });
    }
}
