//! A firing becomes an activation: durable when the caller is answered.

use std::sync::Arc;

use dormouse_core::activation::{Claim, Firing};
use dormouse_core::condition::Judgement;
use dormouse_core::event::EventKind;
use dormouse_core::store::{Enqueue, Enqueued};
use dormouse_core::trigger::PayloadError;
use dormouse_core::{ActivationId, Refusal, RegistrationId, RunId, StoreError, Timestamp, TriggerDetails};

use super::run;
use crate::shared::{Known, Permit, Shared};

/// A firing that comes in, before it has an id.
pub(crate) struct Incoming {
    pub(crate) details: TriggerDetails,
    /// What makes it one and the same; by default a fresh activation's id.
    pub(crate) key: Option<String>,
    pub(crate) stands_for: u32,
    pub(crate) scheduled_for: Option<Timestamp>,
    pub(crate) watermark: Option<Timestamp>,
}

impl Incoming {
    pub(crate) fn new(details: TriggerDetails) -> Self {
        Self { details, key: None, stands_for: 1, scheduled_for: None, watermark: None }
    }
}

/// What a firing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fired {
    /// It is an activation, which runs or will.
    Accepted(ActivationId),
    /// It was counted into an activation that waits.
    Coalesced(ActivationId),
    /// The same firing was accepted before.
    Duplicate(ActivationId),
    /// It starts nothing.
    Refused(Refusal),
}

impl Fired {
    /// The activation that stands for the firing, unless it was refused.
    #[must_use]
    pub const fn activation(self) -> Option<ActivationId> {
        match self {
            Self::Accepted(id) | Self::Coalesced(id) | Self::Duplicate(id) => Some(id),
            Self::Refused(_) => None,
        }
    }
}

/// Why a firing was not taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FireError {
    /// What comes with it is too large.
    #[error("the firing carries too much")]
    Payload(#[source] PayloadError),
    /// The store did not take it: it is not recorded, and starts nothing.
    #[error("the firing could not be recorded")]
    Store(#[source] StoreError),
}

/// Takes a firing of `id` in. Answers when it is durable.
pub(crate) async fn fire(
    shared: &Arc<Shared>,
    id: RegistrationId,
    incoming: Incoming,
) -> Result<Fired, FireError> {
    let details = incoming.details.bounded().map_err(FireError::Payload)?;
    let now = shared.clock.wall();
    let (known, permit) = match look(shared, id, now) {
        Ok(found) => found,
        Err(reason) => return Ok(refused(shared, id, reason)),
    };
    let registration = &known.registration;
    let activation = ActivationId::from_uuid(shared.ids.fresh());
    let claim = permit.as_ref().map(|_| Claim {
        run: RunId::from_uuid(shared.ids.fresh()),
        node: shared.config.node,
        at: now,
        until: now + shared.config.lease,
    });
    let ask = Enqueue {
        firing: Firing {
            id: activation,
            registration: id,
            app: registration.app.clone(),
            key: incoming.key.unwrap_or_else(|| activation.to_string()),
            details,
            stands_for: incoming.stands_for,
            scheduled_for: incoming.scheduled_for,
            fired_at: now,
        },
        overlap: registration.overlap,
        claim,
        watermark: incoming.watermark,
        spend: registration.trigger.one_shot(),
    };
    let spend = ask.spend;
    let enqueued = shared.store.enqueue(ask).await.map_err(FireError::Store)?;
    if let Some(watermark) = incoming.watermark {
        known.advance(watermark);
    }
    if spend
        && !matches!(enqueued, Enqueued::Refused(_))
        && !known.spent.swap(true, std::sync::atomic::Ordering::AcqRel)
    {
        shared.emit(id, || EventKind::Spent);
    }
    Ok(settle(shared, &known, permit, enqueued))
}

/// Finds the registration, and reserves a slot if a run could start at once.
fn look(
    shared: &Arc<Shared>,
    id: RegistrationId,
    now: Timestamp,
) -> Result<(Arc<Known>, Option<Permit>), Refusal> {
    let mut state = shared.state();
    if state.stopping {
        return Err(Refusal::Stopping);
    }
    let known = state.registrations.get(&id).cloned().ok_or(Refusal::NotRegistered)?;
    if known.is_spent() {
        return Err(Refusal::Spent);
    }
    let installed = state.apps.contains_key(&known.registration.app);
    let ready = installed && shared.judge(&known.registration) == Judgement::Start;
    let permit = if ready { shared.reserve(&mut state, &known, now, now).ok() } else { None };
    Ok((known, permit))
}

fn refused(shared: &Shared, id: RegistrationId, reason: Refusal) -> Fired {
    shared.emit(id, || EventKind::Refused { reason });
    Fired::Refused(reason)
}

fn settle(shared: &Arc<Shared>, known: &Arc<Known>, permit: Option<Permit>, enqueued: Enqueued) -> Fired {
    let id = known.registration.id;
    match (enqueued, permit) {
        (Enqueued::Claimed(lease), Some(permit)) => {
            let activation = lease.activation.id;
            let coalesced = lease.activation.coalesced;
            shared.emit(id, || EventKind::Fired { activation, coalesced });
            run::start(shared, known, *lease, permit);
            Fired::Accepted(activation)
        }
        (Enqueued::Claimed(lease), None) => {
            // A store that claims what it was not asked to: give the lease back by letting it be reaped.
            tracing::error!(activation = %lease.activation.id, "the store claimed an activation unasked");
            Fired::Accepted(lease.activation.id)
        }
        (Enqueued::Waiting(activation), permit) => {
            shared
                .emit(id, || EventKind::Fired { activation: activation.id, coalesced: activation.coalesced });
            drop(permit);
            shared.wake.something_waits();
            Fired::Accepted(activation.id)
        }
        (Enqueued::Coalesced(activation), _) => {
            shared
                .emit(id, || EventKind::Fired { activation: activation.id, coalesced: activation.coalesced });
            Fired::Coalesced(activation.id)
        }
        (Enqueued::Duplicate(activation), _) => {
            shared.emit(id, || EventKind::Duplicate { activation });
            Fired::Duplicate(activation)
        }
        (Enqueued::Refused(reason), _) => refused(shared, id, reason),
    }
}
