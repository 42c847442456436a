//! What the store is told of an app, so that it is right whenever the host falls.
//!
//! What is written is always what was done last. So a write that failed and is tried again later never undoes a newer one.

use std::sync::Arc;

use dormouse_core::app::event::AppEventKind;
use dormouse_core::app::previous::Kept;
use dormouse_core::{StoreError, Timestamp, TrapKind};
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
            let inner = self.inner();
            if matches!(inner.shut, Some(Shut::Gone | Shut::Abandoned)) {
                // What is kept of it went with the app, or is the next host's.
                return Ok(());
            }
            inner.record()
        };
        let answer = self.shared.store.put_app_state(record).await;
        self.shared.wrote(&answer);
        answer
    }

    /// Once more, until the store answers.
    fn write_later(self: &Arc<Self>, error: &StoreError) {
        self.emit(self.inner().number, || AppEventKind::Fault {
            message: format!("what the app was is not kept: {error}; trying again"),
        });
        let session = self.clone();
        drop(persist::to_the_end(&self.shared, async move {
            let shared = session.shared.clone();
            persist::retrying(&shared, NOBODY, "keep what an app was", || session.write()).await;
        }));
    }

    /// It said something of prelaunch.
    pub(super) fn keep_prelaunch(self: &Arc<Self>) {
        let session = self.clone();
        drop(persist::to_the_end(&self.shared, async move {
            if let Err(error) = session.write().await {
                session.write_later(&error);
            }
        }));
    }
}

/// A write that is under way, and what is to be done when it fails.
pub(super) type Keeping = BoxFuture<'static, ()>;

/// Keeps it, and has what follows if the store does not: what is to begin does not, and what has ended is told later.
pub(super) fn keep(session: Arc<Session>, kept: (Option<Kept>, Timestamp)) -> Keeping {
    let before = std::mem::replace(&mut session.inner().written, kept);
    Box::pin(async move {
        let Err(error) = session.write().await else { return };
        if kept.0 == Some(Kept::Running) {
            session.not_begun(before, error);
        } else {
            session.write_later(&error);
        }
    })
}

impl Session {
    /// The store did not keep that it begins: it does not.
    fn not_begun(&self, before: (Option<Kept>, Timestamp), error: StoreError) {
        let waiting = self.input(|inner, now| {
            // Or they would have it begin again and again.
            let waiting = std::mem::take(&mut inner.waiting);
            for _ in &waiting {
                let outputs = inner.machine.run_withdrawn(now.at);
                inner.decide(outputs, Because::Nothing, now);
            }
            let outputs = inner.machine.terminate(now.at);
            inner.decide(outputs, Because::NotKept(before, error.clone()), now);
            waiting
        });
        for run in waiting {
            run.cell.trapped(TrapKind::Start, not_begun(&error));
        }
    }
}

/// What is said of that to those who waited.
pub(super) fn not_begun(error: &StoreError) -> String {
    format!("its app was not begun: the store did not keep that it is there: {error}")
}
