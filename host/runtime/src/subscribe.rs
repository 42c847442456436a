//! Subscribers: told of progress while it happens, and of every completion, by a durable cursor.

use std::collections::VecDeque;
use std::sync::Arc;

use dormouse_core::{ActivationId, Completion, Cursor, RegistrationId, RunId, StoreError};
use tokio::sync::{broadcast, watch};

use crate::shared::Shared;

/// The longest name of a subscriber, in bytes.
pub const SUBSCRIBER_LEN_MAX: usize = 128;

/// Completions read from the journal in one go.
const PAGE: usize = 64;

/// A run's progress (UWP-110). The last value is what counts: a subscriber that is far behind misses some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The registration.
    pub registration: RegistrationId,
    /// The activation.
    pub activation: ActivationId,
    /// The run: the instance id that the guest saw.
    pub run: RunId,
    /// The value; the app says what it means.
    pub value: u32,
}

/// What a subscriber is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A run is so far.
    Progress(Progress),
    /// An activation ended. Told again after a restart unless [`Subscription::ack`] was called for it.
    Completed(Box<Completion>),
}

/// A named reader of the journal of completions.
///
/// A new name begins at the journal's present end; a known one where its last [`ack`](Subscription::ack)
/// left it, so that what came while it was away is not missed: at least once, in order.
pub struct Subscription {
    shared: Arc<Shared>,
    name: String,
    read: Cursor,
    page: VecDeque<Completion>,
    journal: watch::Receiver<()>,
    progress: broadcast::Receiver<Progress>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("name", &self.name)
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

/// Why there is no subscription, or nothing more from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// A name that is empty or too long.
    #[error("a subscriber's name has 1 to {SUBSCRIBER_LEN_MAX} bytes; this one has {len}")]
    Name {
        /// Its length in bytes.
        len: usize,
    },
    /// The store did not answer. What was not read is still there.
    #[error("the journal of completions could not be read")]
    Store(#[source] StoreError),
}

impl Subscription {
    pub(crate) async fn open(shared: Arc<Shared>, name: String) -> Result<Self, SubscribeError> {
        if name.is_empty() || name.len() > SUBSCRIBER_LEN_MAX {
            return Err(SubscribeError::Name { len: name.len() });
        }
        // Before the cursor is read: what comes in between is seen as news.
        let journal = shared.wake.journal.subscribe();
        let progress = shared.wake.progress.subscribe();
        let read = match shared.store.cursor(&name).await.map_err(SubscribeError::Store)? {
            Some(cursor) => cursor,
            None => {
                let head = shared.store.head().await.map_err(SubscribeError::Store)?;
                shared.store.commit_cursor(&name, head).await.map_err(SubscribeError::Store)?;
                head
            }
        };
        Ok(Self { shared, name, read, page: VecDeque::new(), journal, progress })
    }

    /// Waits for the next notice. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Store`]: it may be called again.
    pub async fn next(&mut self) -> Result<Notice, SubscribeError> {
        loop {
            // Progress that was told before a completion is older than it.
            loop {
                match self.progress.try_recv() {
                    Ok(progress) => return Ok(Notice::Progress(progress)),
                    Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                    Err(_) => break,
                }
            }
            if let Some(completion) = self.completion().await? {
                return Ok(Notice::Completed(Box::new(completion)));
            }
            tokio::select! {
                biased;
                progress = self.progress.recv() => {
                    if let Ok(progress) = progress {
                        return Ok(Notice::Progress(progress));
                    }
                }
                // The sender is in `shared`, which this holds: it cannot be gone.
                _ = self.journal.changed() => {}
            }
        }
    }

    /// Waits for the next completion, passing progress over.
    ///
    /// # Errors
    ///
    /// As [`Subscription::next`].
    pub async fn next_completion(&mut self) -> Result<Completion, SubscribeError> {
        loop {
            if let Notice::Completed(completion) = self.next().await? {
                return Ok(*completion);
            }
        }
    }

    async fn completion(&mut self) -> Result<Option<Completion>, SubscribeError> {
        if self.page.is_empty() {
            self.journal.mark_unchanged();
            let page = self.shared.store.completions(self.read, PAGE).await.map_err(SubscribeError::Store)?;
            self.page = page.into();
        }
        let next = self.page.pop_front();
        if let Some(completion) = &next {
            self.read = completion.cursor;
        }
        Ok(next)
    }

    /// Everything up to `cursor` was dealt with: it is not told again, not even after a restart.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Store`]: it may be told again.
    pub async fn ack(&mut self, cursor: Cursor) -> Result<(), SubscribeError> {
        self.shared.store.commit_cursor(&self.name, cursor).await.map_err(SubscribeError::Store)
    }
}
