//! Firings.

use std::sync::Arc;

use dormouse_core::activation::{CALLERS_KEY, KEY_LEN_MAX};
use dormouse_core::{Message, RegistrationId, Signal, StorageChange, SystemEvent, TriggerDetails};

use super::Host;
use crate::drive::intake::{self, FireError, Fired, Incoming};
use crate::drive::persist;
use crate::shared::{Known, Shared};

/// What comes with a firing by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FireOptions {
    /// What the task is given.
    pub details: TriggerDetails,
    /// What makes it one and the same: of a registration's firings with the same key one is taken, and all others are
    /// answered with [`Fired::Duplicate`]. Up to [`KEY_LEN_MAX`] bytes. Without it every firing is another.
    pub key: Option<String>,
}

impl Host {
    /// Fires an application trigger with `arguments`, which the task gets unchanged (UWP-043). Answers when
    /// the firing is durable; `Refused(CurrentlyRunning)` while it runs, unless its overlap policy says
    /// otherwise (UWP-044); `Refused(DisabledByPolicy)` while the machine saves energy, unless its app is
    /// always allowed (UWP-045). [`Fired::application_result`] says it in UWP's words.
    ///
    /// The run is the host's: it goes on when whoever asked is gone (UWP-047).
    ///
    /// # Errors
    ///
    /// [`FireError`]: the firing was not taken; [`FireError::NotApplication`] if the registration has another
    /// trigger.
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
        self.fire_with(id, FireOptions { details, key: Some(key.into()) }).await
    }

    /// Fires a registration by hand, whatever its trigger, as an operator does (UWP-144). It is a firing like
    /// those of its trigger, with no details: conditions, access and overlap hold, a one-shot is spent by it,
    /// and a spent one starts nothing (UWP-035).
    ///
    /// # Errors
    ///
    /// [`FireError`]: the firing was not taken.
    pub async fn fire(&self, id: RegistrationId) -> Result<Fired, FireError> {
        self.fire_with(id, FireOptions::default()).await
    }

    /// Fires a registration with what `options` says: [`Host::request`] if it carries arguments, [`Host::fire`] if it
    /// carries nothing, and with a key [`Host::request_once`], also over restarts, for as long as the activation is
    /// kept.
    ///
    /// # Errors
    ///
    /// [`FireError`]: the firing was not taken; [`FireError::Key`] if its key is empty or too long.
    pub async fn fire_with(&self, id: RegistrationId, options: FireOptions) -> Result<Fired, FireError> {
        let FireOptions { details, key } = options;
        if let Some(len) = key.as_ref().map(String::len)
            && !(1..=KEY_LEN_MAX).contains(&len)
        {
            return Err(FireError::Key { len });
        }
        let key = key.map(|key| format!("{CALLERS_KEY}{key}"));
        intake::fire(self.shared(), id, Incoming { key, ..Incoming::new(details) }).await
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

    /// Tells that something happened to the machine: fires every registration with a system trigger for it.
    /// For embedders that know of it themselves; a [`SignalSource`](dormouse_core::SignalSource) tells it by
    /// its sink.
    ///
    /// # Errors
    ///
    /// As [`Host::signal`].
    pub async fn system_event(&self, event: SystemEvent) -> Result<Vec<(RegistrationId, Fired)>, FireError> {
        system(self.shared(), event).await
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
    let on_topic = ids(shared.state().registrations.on_topic(&message.topic));
    fire_all(shared, on_topic, &TriggerDetails::Message(message)).await
}

/// Something happened to the machine: fires every registration that waits for it.
pub(crate) async fn system(
    shared: &Arc<Shared>,
    event: SystemEvent,
) -> Result<Vec<(RegistrationId, Fired)>, FireError> {
    let waiting = ids(shared.state().registrations.on_event(event));
    fire_all(shared, waiting, &TriggerDetails::None).await
}

fn ids<'a>(known: impl Iterator<Item = &'a Arc<Known>>) -> Vec<RegistrationId> {
    known.map(|known| known.registration.id).collect()
}

async fn fire_all(
    shared: &Arc<Shared>,
    ids: Vec<RegistrationId>,
    details: &TriggerDetails,
) -> Result<Vec<(RegistrationId, Fired)>, FireError> {
    // All at once, so that a store can make one commit of them.
    let firings = ids.into_iter().map(|id| {
        let incoming = Incoming::new(details.clone());
        async move { (id, intake::fire(shared, id, incoming).await) }
    });
    let fired = futures::future::join_all(firings).await;
    fired.into_iter().map(|(id, fired)| Ok((id, fired?))).collect()
}

/// Signals of a source: nobody waits for an answer, so a failure is told as a fault and the signal tried again until
/// the store takes it. For each registration by itself, and with one key: what has taken it in takes it in no more.
pub(crate) async fn signal_from_source(shared: Arc<Shared>, raised: Signal) {
    let (ids, details) = match raised {
        Signal::Message(message) => {
            let on_topic = ids(shared.state().registrations.on_topic(&message.topic));
            (on_topic, TriggerDetails::Message(message))
        }
        Signal::System(event) => (ids(shared.state().registrations.on_event(event)), TriggerDetails::None),
        _ => return,
    };
    let key = shared.ids.fresh().to_string();
    let (shared, details, key) = (&shared, &details, &key);
    // All at once, as in `fire_all`.
    let firings = ids.into_iter().map(|id| {
        let attempt = move || async move {
            let incoming = Incoming { key: Some(key.clone()), ..Incoming::new(details.clone()) };
            match intake::fire(shared, id, incoming).await {
                Ok(_) => Ok(()),
                Err(FireError::Store(error)) => Err(error),
                Err(error) => {
                    tracing::warn!(registration = %id, %error, "a signal was refused");
                    Ok(())
                }
            }
        };
        persist::retrying(shared, id, "record a signal", attempt)
    });
    futures::future::join_all(firings).await;
}
