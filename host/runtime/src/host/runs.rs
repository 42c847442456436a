//! Runs, and how they ended.

use std::future::poll_fn;
use std::sync::Arc;

use dormouse_core::activation::{Activation, ActivationState};
use dormouse_core::store::{ListedRun, RunFilter};
use dormouse_core::{ActivationId, Cancellation, Completion, RegistrationId, RunId, RunOutput, Stream};
use tokio::sync::oneshot;

use super::{Host, HostError};
use crate::drive::cell::RunCell;
use crate::drive::here::poll_room;
use crate::shared::Shared;

/// One who waits for the end of an activation. Who gives up is forgotten at once.
struct Waiter<'a> {
    shared: &'a Shared,
    id: ActivationId,
    /// None once it was answered, or told to look again.
    answer: Option<oneshot::Receiver<Completion>>,
}

impl Waiter<'_> {
    /// The completion; none if the waiter is to look again.
    async fn answer(mut self) -> Option<Completion> {
        let answer = match &mut self.answer {
            Some(answer) => answer.await.ok(),
            None => None,
        };
        self.answer = None;
        answer
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let Some(mut answer) = self.answer.take() else { return };
        answer.close();
        let mut state = self.shared.state();
        if let Some(waiting) = state.awaited.get_mut(&self.id) {
            waiting.retain(|waiter| !waiter.is_closed());
            if waiting.is_empty() {
                state.awaited.remove(&self.id);
            }
        }
    }
}

impl Host {
    /// Waits for an activation to end, and answers its completion.
    ///
    /// # Errors
    ///
    /// [`HostError::NoActivation`], [`HostError::Withdrawn`], [`HostError::Store`], [`HostError::Stopping`];
    /// [`HostError::ReadOnly`] if it has not ended, on a host that does not hear of it.
    pub async fn completed(&self, id: ActivationId) -> Result<Completion, HostError> {
        let shared = self.shared();
        loop {
            let looked = {
                let mut state = shared.state();
                match state.recent.get(id).cloned() {
                    Some(completion) => Ok(completion),
                    None if *shared.wake.stop.borrow() => return Err(HostError::Stopping),
                    None => {
                        // Registered under the lock of the look: an end in between is not missed.
                        let (tx, rx) = oneshot::channel();
                        state.awaited.entry(id).or_default().push(tx);
                        Err((state.is_ours(id), rx))
                    }
                }
            };
            let (is_ours, answer) = match looked {
                Ok(completion) => {
                    poll_fn(poll_room).await;
                    return Ok(completion);
                }
                Err(waits) => waits,
            };
            let waiter = Waiter { shared, id, answer: Some(answer) };
            if is_ours {
                if let Some(completion) = waiter.answer().await {
                    return Ok(completion);
                }
                continue;
            }
            match shared.store.activation(id).await?.map(|a| a.state) {
                None => return Err(HostError::NoActivation(id)),
                Some(ActivationState::Withdrawn { .. }) => return Err(HostError::Withdrawn(id)),
                Some(ActivationState::Ended { .. }) => {
                    shared.state().awaited.remove(&id);
                    return self.completion_of(id).await;
                }
                Some(ActivationState::Pending | ActivationState::Running(_)) => shared.writable()?,
            }
            if let Some(completion) = waiter.answer().await {
                return Ok(completion);
            }
        }
    }

    async fn completion_of(&self, id: ActivationId) -> Result<Completion, HostError> {
        let completion = self.shared().store.completion(id).await?;
        completion.ok_or(HostError::NoActivation(id))
    }

    /// Cancels a run: it is told, and has its grace. The registration stays. Answers whether it runs here.
    pub fn cancel(&self, run: RunId, cancellation: Cancellation) -> bool {
        self.cell(run).map(|cell| cell.cancel(cancellation)).is_some()
    }

    /// Takes a run's sandbox away at once, without grace. Answers whether it runs here.
    pub fn kill(&self, run: RunId, cancellation: Cancellation) -> bool {
        self.cell(run).map(|cell| cell.kill(cancellation)).is_some()
    }

    /// As many run as there are slots: looking at each is no search.
    fn cell(&self, run: RunId) -> Option<Arc<RunCell>> {
        self.shared().state().running.values().find(|cell| cell.run() == run).cloned()
    }

    /// Runs that are going on here, with their activation and registration.
    #[must_use]
    pub fn running(&self) -> Vec<(RunId, ActivationId, RegistrationId)> {
        let state = self.shared().state();
        let of = |cell: &Arc<RunCell>| (cell.run(), cell.lease.activation.id, cell.known.registration.id);
        let mut all: Vec<_> = state.running.values().map(of).collect();
        all.sort_unstable();
        all
    }

    /// What a run that is going on here has written so far: as much of it as is kept, head and tail, with a
    /// mark where something was dropped.
    #[must_use]
    pub fn output_of(&self, run: RunId, stream: Stream) -> Option<Vec<u8>> {
        let cell = self.cell(run)?;
        Some(cell.usage.output(stream).kept())
    }

    /// One activation.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`].
    pub async fn activation(&self, id: ActivationId) -> Result<Option<Activation>, HostError> {
        Ok(self.shared().store.activation(id).await?)
    }

    /// Up to `limit` runs that ended, the one that ended last first.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`].
    pub async fn runs(&self, filter: RunFilter, limit: usize) -> Result<Vec<ListedRun>, HostError> {
        Ok(self.shared().store.runs(filter, limit).await?)
    }

    /// One run that ended. None if there is none, it goes on, or it ended too long ago to be kept; and for the moment
    /// between the end of its sandbox and its record.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`].
    pub async fn run(&self, id: RunId) -> Result<Option<ListedRun>, HostError> {
        Ok(self.shared().store.run(id).await?)
    }

    /// What a run has written: so far if it goes on here, else as much as [`HostBuilder::keep_output`] has kept of it.
    /// None if there is no such run any more, or it ended and wrote nothing.
    ///
    /// [`HostBuilder::keep_output`]: crate::HostBuilder::keep_output
    ///
    /// # Errors
    ///
    /// [`HostError::Store`].
    pub async fn output(&self, id: RunId) -> Result<Option<RunOutput>, HostError> {
        match self.cell(id) {
            Some(cell) => {
                let kept = |stream| cell.usage.output(stream).kept();
                Ok(Some(RunOutput { stdout: kept(Stream::Stdout), stderr: kept(Stream::Stderr) }))
            }
            None => Ok(self.shared().store.output(id).await?),
        }
    }
}
