//! Firings.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dormouse_core::{Message, RegistrationId, StorageChange, Timestamp, Trigger, TriggerDetails};

use super::Host;
use crate::drive::intake::{self, FireError, Fired, Incoming};
use crate::drive::persist;
use crate::shared::Shared;

impl Host {
    /// Fires an application trigger with `arguments`, which the task gets unchanged (UWP-043). Answers when
    /// the firing is durable; `Refused(CurrentlyRunning)` while it runs, unless its overlap policy says
    /// otherwise (UWP-044).
    ///
    /// # Errors
    ///
    /// [`FireError`]: the firing was not taken.
    pub async fn request(
        &self,
        id: RegistrationId,
        arguments: impl Into<Vec<u8>>,
    ) -> Result<Fired, FireError> {
        let details = TriggerDetails::Application(arguments.into());
        intake::fire(self.shared(), id, Incoming::new(details)).await
    }

    /// As [`Host::request`], once for each `key`: a caller that does not know whether it was heard says it
    /// again with the same key.
    ///
    /// # Errors
    ///
    /// As [`Host::request`].
    pub async fn request_once(
        &self,
        id: RegistrationId,
        key: impl Into<String>,
        arguments: impl Into<Vec<u8>>,
    ) -> Result<Fired, FireError> {
        let details = TriggerDetails::Application(arguments.into());
        let incoming = Incoming { key: Some(key.into()), ..Incoming::new(details) };
        intake::fire(self.shared(), id, incoming).await
    }

    /// Raises a signal: fires every registration on its topic (UWP-005, UWP-032). Answers what each firing
    /// came to.
    ///
    /// # Errors
    ///
    /// [`FireError`] of the first that was not taken; those before it were.
    pub async fn signal(&self, message: Message) -> Result<Vec<(RegistrationId, Fired)>, FireError> {
        signal(self.shared(), message).await
    }

    /// Tells a registration with a filesystem trigger of changes that something other than the host's own
    /// watcher saw. Paths are guest paths.
    ///
    /// # Errors
    ///
    /// [`FireError`]: the firing was not taken.
    pub async fn storage_changes(
        &self,
        id: RegistrationId,
        changes: Vec<StorageChange>,
    ) -> Result<Fired, FireError> {
        intake::fire(self.shared(), id, Incoming::new(TriggerDetails::StorageChanges(changes))).await
    }
}

pub(crate) async fn signal(
    shared: &Arc<Shared>,
    message: Message,
) -> Result<Vec<(RegistrationId, Fired)>, FireError> {
    let mut on_topic: Vec<(Timestamp, RegistrationId)> = {
        let state = shared.state();
        state
            .registrations
            .values()
            .filter(|known| match &known.registration.trigger {
                Trigger::Signal(signal) => {
                    signal.topic == message.topic && !known.spent.load(Ordering::Acquire)
                }
                _ => false,
            })
            .map(|known| (known.registration.registered_at, known.registration.id))
            .collect()
    };
    on_topic.sort_unstable();
    // All at once, so that a store can make one commit of them.
    let firings = on_topic.into_iter().map(|(_, id)| {
        let incoming = Incoming::new(TriggerDetails::Message(message.clone()));
        async move { (id, intake::fire(shared, id, incoming).await) }
    });
    let fired = futures::future::join_all(firings).await;
    fired.into_iter().map(|(id, fired)| Ok((id, fired?))).collect()
}

/// Signals of a source: nobody waits for an answer, so a failure is told as a fault and the signal tried
/// again until the store takes it.
pub(crate) async fn signal_from_source(shared: Arc<Shared>, message: Message) {
    let nobody = RegistrationId::from_uuid(uuid::Uuid::nil());
    let attempt = || async {
        match signal(&shared, message.clone()).await {
            Ok(fired) => Ok(fired),
            Err(FireError::Store(error)) => Err(error),
            Err(FireError::Payload(error)) => {
                tracing::warn!(%error, topic = %message.topic, "a signal was refused");
                Ok(Vec::new())
            }
        }
    };
    persist::retrying(&shared, nobody, "record a signal", attempt).await;
}
