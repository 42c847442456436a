//! A firing becomes an activation: durable when the caller is answered.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dormouse_core::activation::{Claim, Firing, KEY_LEN_MAX};
use dormouse_core::condition::Judgement;
use dormouse_core::event::EventKind;
use dormouse_core::store::{Enqueue, Enqueued};
use dormouse_core::trigger::{PayloadError, TriggerKind};
use dormouse_core::{
    AccessStatus, ActivationId, ApplicationTriggerResult, Condition, Holds, Refusal, RegistrationId, RunId,
    StoreError, Timestamp, Trigger, TriggerDetails,
};

use super::{gate, persist, run};
use crate::shared::{Known, Permit, ReadOnly, Shared};

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

    /// What the request of an application trigger came to, in UWP's words.
    #[must_use]
    pub fn application_result(self) -> ApplicationTriggerResult {
        match self {
            Self::Accepted(_) | Self::Coalesced(_) | Self::Duplicate(_) => ApplicationTriggerResult::Allowed,
            Self::Refused(refusal) => refusal.into(),
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
    /// It was requested, and its trigger is not an application trigger.
    #[error(
        "registration {id} has a trigger of the kind {kind}, and only application triggers are requested; to fire it by hand, use `Host::fire`"
    )]
    NotApplication {
        /// Which registration.
        id: RegistrationId,
        /// What wakes it.
        kind: TriggerKind,
    },
    /// The key of the firing is empty or too long.
    #[error("the key of a firing has 1 to {KEY_LEN_MAX} bytes, and this one has {len}; take a digest of it")]
    Key {
        /// Its length in bytes.
        len: usize,
    },
    /// The host only answers questions.
    #[error("this host was started to look only, and fires nothing; ask the one that runs")]
    ReadOnly,
    /// The store did not say that it is recorded. Of [`StoreError::Unavailable`] nobody knows whether it is: it may
    /// start something all the same, and who fires again takes the same key, so that it counts once. Else it is not
    /// recorded, and starts nothing.
    #[error(
        "the store did not say that the firing is recorded; fire again, with the same key if it is to count once"
    )]
    Store(#[source] StoreError),
}

impl FireError {
    /// What the request of an application trigger came to, in UWP's words.
    #[must_use]
    pub const fn application_result(&self) -> ApplicationTriggerResult {
        ApplicationTriggerResult::UnknownError
    }
}

impl From<ReadOnly> for FireError {
    fn from(_: ReadOnly) -> Self {
        Self::ReadOnly
    }
}

/// Takes a firing of `id` in. Answers when it is durable.
pub(crate) async fn fire(
    shared: &Arc<Shared>,
    id: RegistrationId,
    incoming: Incoming,
) -> Result<Fired, FireError> {
    shared.writable()?;
    let details = incoming.details.bounded().map_err(FireError::Payload)?;
    let now = shared.clock.wall();
    let Found { known, permit, changes } = match look(shared, id, &details, now) {
        Ok(found) => found,
        Err(Turned::Refused(reason)) => {
            return Ok(turned_away(shared, id, reason, incoming.watermark, now).await);
        }
        Err(Turned::NotApplication(kind)) => return Err(FireError::NotApplication { id, kind }),
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
    // Between the commit and the start of what it claimed nothing may be cut off, whoever is gone by then.
    persist::Finishing::new(shared, take_in(shared.clone(), Found { known, permit, changes }, ask)).await
}

/// What is asked becomes durable, and what follows from that follows.
async fn take_in(shared: Arc<Shared>, found: Found, ask: Enqueue) -> Result<Fired, FireError> {
    let Found { known, permit, changes } = found;
    let (id, watermark, spend) = (known.registration.id, ask.watermark, ask.spend);
    let enqueued = shared.store.enqueue(ask).await;
    shared.wrote(&enqueued);
    if matches!(enqueued, Err(_) | Ok(Enqueued::Refused(_))) {
        // It started nothing, so that the next one may.
        known.fired.here.store(false, Ordering::Release);
    }
    let enqueued = enqueued.map_err(FireError::Store)?;
    if let Some(watermark) = watermark {
        known.advance(watermark);
    }
    if spend && !matches!(enqueued, Enqueued::Refused(_)) && !known.fired.spent.swap(true, Ordering::AcqRel) {
        shared.emit(id, || EventKind::Spent);
    }
    let fired = settle(&shared, &known, permit, enqueued, changes);
    tracing::debug!(app = %known.registration.app, registration = %id, ?fired, "a firing was taken in");
    Ok(fired)
}

/// A registration that may fire.
struct Found {
    known: Arc<Known>,
    /// The slot of a run that could start at once.
    permit: Option<Permit>,
    /// How often conditions had changed when they were judged.
    changes: u64,
}

/// Why a firing goes no further.
enum Turned {
    Refused(Refusal),
    NotApplication(TriggerKind),
}

impl From<Refusal> for Turned {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Finds the registration, and reserves a slot if a run could start at once.
fn look(
    shared: &Arc<Shared>,
    id: RegistrationId,
    details: &TriggerDetails,
    now: Timestamp,
) -> Result<Found, Turned> {
    let mut state = shared.state();
    if state.stopping {
        return Err(Refusal::Stopping.into());
    }
    let known = state.registrations.get(id).cloned().ok_or(Refusal::NotRegistered)?;
    let trigger = &known.registration.trigger;
    let requested = matches!(details, TriggerDetails::Application(_));
    if requested && !matches!(trigger, Trigger::Application) {
        return Err(Turned::NotApplication(trigger.kind()));
    }
    if known.is_spent() {
        return Err(Refusal::Spent.into());
    }
    let access = shared.access(&state, &known.registration.app);
    if let Some(refusal) = access.refusal() {
        return Err(refusal.into());
    }
    if known.quarantined(shared.config.quarantine_after).is_some() {
        return Err(Refusal::Quarantined.into());
    }
    let changes = shared.wake.changes();
    let judgement = shared.judge(&known.registration, access);
    if requested && saves_energy(access, &judgement) {
        return Err(Refusal::DisabledByPolicy.into());
    }
    // The last of what may refuse: from here on it counts as fired.
    if known.once_here() && known.fired.here.swap(true, Ordering::AcqRel) {
        return Err(Refusal::SpentThisSession.into());
    }
    let ready = judgement == Judgement::Start && state.apps.contains_key(&known.registration.app);
    let permit = if ready { shared.reserve(&mut state, &known, now, now).ok() } else { None };
    Ok(Found { known, permit, changes })
}

/// Whether the machine's low-power mode stands against an app with this access (UWP-045).
fn saves_energy(access: AccessStatus, judgement: &Judgement) -> bool {
    let Judgement::Latch { blocking } = judgement else { return false };
    access == AccessStatus::AllowedSubjectToPolicy
        && blocking.iter().any(|b| b.condition == Condition::EnergySaverOff && b.holds == Holds::Unmet)
}

/// A firing that starts nothing and that the store has not seen: it is counted there (UWP-146), and an
/// occurrence of a schedule is dealt with by it, as it is by every other answer.
pub(super) async fn turned_away(
    shared: &Shared,
    id: RegistrationId,
    reason: Refusal,
    watermark: Option<Timestamp>,
    now: Timestamp,
) -> Fired {
    // Of what is not registered nothing is kept.
    if reason != Refusal::NotRegistered {
        if let Err(error) = shared.store.note_refusal(id, reason, now).await {
            tracing::warn!(registration = %id, %reason, %error, "a refusal was not counted");
        }
        // An occurrence that comes while the host stops is the next host's.
        if reason != Refusal::Stopping
            && let Some(watermark) = watermark
        {
            match shared.store.advance_watermark(id, watermark).await {
                Ok(()) => {
                    if let Some(known) = shared.state().registrations.get(id) {
                        known.advance(watermark);
                    }
                }
                Err(error) => tracing::warn!(registration = %id, %error, "a watermark was not kept"),
            }
        }
    }
    tracing::debug!(registration = %id, %reason, "a firing was turned away");
    refused(shared, id, reason)
}

fn refused(shared: &Shared, id: RegistrationId, reason: Refusal) -> Fired {
    shared.emit(id, || EventKind::Refused { reason });
    Fired::Refused(reason)
}

fn settle(
    shared: &Arc<Shared>,
    known: &Arc<Known>,
    permit: Option<Permit>,
    enqueued: Enqueued,
    changes: u64,
) -> Fired {
    let id = known.registration.id;
    match (enqueued, permit) {
        (Enqueued::Claimed(lease), Some(permit)) => {
            let activation = lease.activation.id;
            let coalesced = lease.activation.coalesced;
            shared.emit(id, || EventKind::Fired { activation, coalesced });
            run::start(shared, known, *lease, permit);
            gate::started(shared, known, changes);
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
