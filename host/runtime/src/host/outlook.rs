//! What a list says of registrations.

use std::sync::Arc;

use dormouse_core::{RegistrationId, Timestamp};

use super::explain::next;
use super::{Host, HostError};
use crate::shared::Known;

/// What comes of a registration, and what goes on of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outlook {
    /// When its schedule fires next.
    pub next: Option<Timestamp>,
    /// How many activations wait.
    pub waiting: u32,
    /// How many run, here or on another host.
    pub running: u32,
    /// The crashes for which it is in quarantine.
    pub quarantined: Option<u32>,
}

impl Host {
    /// What comes of each of these registrations, and what goes on of it, in their order. Of one that is not there, or
    /// not any more, nothing comes. Asks the store once, however many they are: [`Host::explain`] says more, of one.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`].
    pub async fn outlooks(&self, ids: &[RegistrationId]) -> Result<Vec<Outlook>, HostError> {
        let shared = self.shared();
        let counts = shared.store.counts_of(ids).await?;
        let now = shared.clock.wall();
        let known: Vec<Option<Arc<Known>>> = {
            let state = shared.state();
            ids.iter().map(|id| state.registrations.get(*id).cloned()).collect()
        };
        // Schedules are asked without the lock: that may take a while.
        let outlooks = known.iter().zip(counts).map(|(known, counts)| Outlook {
            next: known.as_ref().and_then(|known| next(known, now)),
            waiting: counts.waiting,
            running: counts.running,
            quarantined: known.as_ref().and_then(|known| known.quarantined(shared.config.quarantine_after)),
        });
        Ok(outlooks.collect())
    }
}
