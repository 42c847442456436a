//! What an operator does about what went wrong.

use std::sync::Arc;

use dormouse_core::event::EventKind;
use dormouse_core::store::Redriven;
use dormouse_core::{ActivationId, RegistrationId};

use super::{Host, HostError};
use crate::drive::{persist, quarantine};
use crate::shared::Shared;

impl Host {
    /// Has a dead letter run again: as another activation, which carries what it carried. Durable when it answers, and
    /// the same however often it is asked for.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`]: nobody knows whether it was done; ask again. [`HostError::ReadOnly`].
    pub async fn redrive(&self, dead: ActivationId) -> Result<Redriven, HostError> {
        self.carry_out(move |shared| async move {
            let fresh = ActivationId::from_uuid(shared.ids.fresh());
            let redriven = shared.store.redrive(dead, fresh, shared.clock.wall()).await?;
            if let Redriven::Activation(activation) = &redriven
                && activation.id == fresh
            {
                let registration = activation.registration;
                tracing::info!(%registration, %dead, activation = %fresh, "a dead letter runs again");
                shared.emit(registration, || EventKind::Redriven { dead, activation: fresh });
                shared.wake.something_waits();
            }
            Ok(redriven)
        })
        .await
    }

    /// Takes a dead letter from the list. Answers whether it was there.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`], [`HostError::ReadOnly`].
    pub async fn discard(&self, dead: ActivationId) -> Result<bool, HostError> {
        self.shared().writable()?;
        Ok(self.shared().store.discard(dead).await?)
    }

    /// Lets a registration out of quarantine: it fires again, and what waits of it starts. Answers whether it was in
    /// it.
    ///
    /// # Errors
    ///
    /// [`HostError::NotRegistered`]; [`HostError::Store`], after which it is still in it; [`HostError::ReadOnly`].
    pub async fn release(&self, id: RegistrationId) -> Result<bool, HostError> {
        self.carry_out(move |shared| async move {
            let known = shared.state().registrations.get(id).cloned();
            let known = known.ok_or(HostError::NotRegistered(id))?;
            Ok(quarantine::release(&shared, &known).await?)
        })
        .await
    }

    /// Once it was polled it is done to its end, whether or not somebody waits for that.
    async fn carry_out<T, F>(&self, work: impl FnOnce(Arc<Shared>) -> F) -> Result<T, HostError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, HostError>> + Send + 'static,
    {
        let shared = self.shared();
        shared.writable()?;
        persist::to_the_end(shared, work(shared.clone())).await.unwrap_or(Err(HostError::Stopping))
    }
}
