//! Subscribers: told of progress while it happens, and of every completion, by a durable cursor.

use std::collections::VecDeque;
use std::sync::Arc;

use dormouse_core::{ActivationId, Completion, Cursor, RegistrationId, RunId, StoreError, Webhook};
use tokio::sync::{broadcast, watch};

use crate::lifecycle;
use crate::shared::{ReadOnly, Shared};

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
    /// Of the completions behind `from`, up to `to`, some or all were let go of before they were told: they are not told
    /// any more. Those that are still there follow.
    Missed {
        /// It has read up to here.
        from: Cursor,
        /// From here on nothing is missing.
        to: Cursor,
    },
    /// An activation ended. Told again after a restart unless [`Subscription::ack`] was called for it.
    Completed(Box<Completion>),
}

/// A reader of the journal of completions, most often one with a name.
///
/// A new name begins at the journal's present end; a known one where its last [`ack`](Subscription::ack)
/// left it, so that what came while it was away is not missed: at least once, in order.
pub struct Subscription {
    shared: Arc<Shared>,
    /// Under which it is kept how far it has read.
    name: Option<String>,
    read: Cursor,
    /// It was told that something is missing up to here.
    missed: Cursor,
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
    /// A name that only webhooks and apps have.
    #[error("{name:?} is not a name for a subscriber: those of webhooks and apps begin so; choose another")]
    Reserved {
        /// The name.
        name: String,
    },
    /// The host only answers questions, and this would have been kept.
    #[error(
        "this host was started to look only, and keeps nothing of who has read how far; ask one that may"
    )]
    ReadOnly,
    /// A cursor behind the end of the journal: nothing was told from there.
    #[error("cursor {} is behind the journal's end, {}; go on from one that was told", .cursor.0, .head.0)]
    Ahead {
        /// The cursor.
        cursor: Cursor,
        /// The journal's end.
        head: Cursor,
    },
    /// The store did not answer. What was not read is still there.
    #[error("the journal of completions could not be read")]
    Store(#[source] StoreError),
}

impl From<ReadOnly> for SubscribeError {
    fn from(_: ReadOnly) -> Self {
        Self::ReadOnly
    }
}

impl Subscription {
    pub(crate) async fn open(
        shared: Arc<Shared>,
        name: String,
        after: Option<Cursor>,
    ) -> Result<Self, SubscribeError> {
        check(&name)?;
        if name.starts_with(Webhook::SUBSCRIBER_PREFIX) || name.starts_with(lifecycle::SUBSCRIBER_PREFIX) {
            return Err(SubscribeError::Reserved { name });
        }
        Self::begin(shared, Some(name), after).await
    }

    pub(crate) async fn of_webhook(shared: Arc<Shared>, webhook: &str) -> Result<Self, SubscribeError> {
        check(webhook)?;
        Self::begin(shared, Some(Webhook::subscriber(webhook)), None).await
    }

    pub(crate) async fn nameless(shared: Arc<Shared>, after: Option<Cursor>) -> Result<Self, SubscribeError> {
        Self::begin(shared, None, after).await
    }

    async fn begin(
        shared: Arc<Shared>,
        name: Option<String>,
        after: Option<Cursor>,
    ) -> Result<Self, SubscribeError> {
        // Before the cursor is read: what comes in between is seen as news.
        let journal = shared.wake.journal.subscribe();
        let progress = shared.wake.progress.subscribe();
        let store = &shared.store;
        let kept = match &name {
            Some(name) => store.cursor(name).await.map_err(SubscribeError::Store)?,
            None => None,
        };
        let read = match (after, kept) {
            (Some(after), _) => {
                is_told(&shared, after).await?;
                after
            }
            (None, Some(kept)) => kept,
            (None, None) => store.head().await.map_err(SubscribeError::Store)?,
        };
        if let (Some(name), None) = (&name, kept) {
            shared.writable()?;
            store.commit_cursor(name, read).await.map_err(SubscribeError::Store)?;
        }
        let (page, missed) = (VecDeque::new(), Cursor::default());
        Ok(Self { shared, name, read, missed, page, journal, progress })
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
            if let Some(notice) = self.read_on().await? {
                return Ok(notice);
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

    /// Waits for the next completion, passing over progress and what is missing.
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

    /// The next of what the journal has behind what was read.
    async fn read_on(&mut self) -> Result<Option<Notice>, SubscribeError> {
        if self.page.is_empty() {
            self.journal.mark_unchanged();
            let store = &self.shared.store;
            let page = store.completions(self.read, PAGE).await.map_err(SubscribeError::Store)?;
            // After the page: what was let go of before it was read is below.
            let floor = store.floor().await.map_err(SubscribeError::Store)?;
            self.page = page.into();
            let from = self.read.max(self.missed);
            if from < floor {
                self.missed = floor;
                let name = self.name.as_deref().unwrap_or_default();
                tracing::warn!(
                    name,
                    from = from.0,
                    to = floor.0,
                    "a subscriber was away too long: completions are gone"
                );
                return Ok(Some(Notice::Missed { from, to: floor }));
            }
        }
        let next = self.page.pop_front();
        if let Some(completion) = &next {
            self.read = completion.cursor;
        }
        Ok(next.map(|completion| Notice::Completed(Box::new(completion))))
    }

    /// Everything up to `cursor` was dealt with: it is not told again, not even after a restart. Of a reader without a
    /// name nothing is kept.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::Store`]: it may be told again. [`SubscribeError::ReadOnly`]. [`SubscribeError::Ahead`]: it would
    /// miss what is still to come.
    pub async fn ack(&mut self, cursor: Cursor) -> Result<(), SubscribeError> {
        let Some(name) = &self.name else { return Ok(()) };
        self.shared.writable()?;
        // What it was told is in the journal.
        if cursor > self.read {
            is_told(&self.shared, cursor).await?;
        }
        self.shared.store.commit_cursor(name, cursor).await.map_err(SubscribeError::Store)
    }
}

/// Whether the journal reaches as far as `cursor`.
async fn is_told(shared: &Shared, cursor: Cursor) -> Result<(), SubscribeError> {
    let head = shared.store.head().await.map_err(SubscribeError::Store)?;
    if cursor > head { Err(SubscribeError::Ahead { cursor, head }) } else { Ok(()) }
}

fn check(name: &str) -> Result<(), SubscribeError> {
    if name.is_empty() || name.len() > SUBSCRIBER_LEN_MAX {
        return Err(SubscribeError::Name { len: name.len() });
    }
    Ok(())
}
