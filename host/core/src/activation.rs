//! One occasion on which a registration was woken, from firing to end.
//!
//! ```text
//!                    ┌────────── retry, or the lease ended: attempt + 1 ─────────┐
//!                    ▼                                                          │
//!  firing ───► Pending ── conditions hold, admitted: claim, fence + 1 ──► Running ── complete ──► Ended
//!                │ ▲ │                                                    with the newest fence
//!    another ────┘ │ └── unregistered ──► Withdrawn
//!    firing,       └──── a condition does not hold, or no slot: it stays (a latch is just Pending)
//!    coalesced
//! ```
//!
//! "Ready" is not a state: whether the conditions hold and a slot is free is judged anew each time, and a
//! stored answer could only be stale. Every store applies these transitions and no others; the functions
//! here are their definition.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{ActivationId, AppId, Fence, NodeId, RegistrationId, RunId};
use crate::outcome::Outcome;
use crate::time::Timestamp;
use crate::trigger::TriggerDetails;

/// Where an activation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum ActivationState {
    /// Waits: for conditions, for a slot, for its backoff.
    Pending,
    /// A node runs it.
    Running(Running),
    /// Over, with the outcome of its last run.
    Ended {
        /// How.
        outcome: Outcome,
        /// When.
        at: Timestamp,
    },
    /// Over without a run: its registration was removed while it waited (UWP-023).
    Withdrawn {
        /// When.
        at: Timestamp,
    },
}

/// Who runs an activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The attempt.
    pub run: RunId,
    /// The node.
    pub node: NodeId,
    /// Since when.
    pub since: Timestamp,
    /// Until when the node may do so without renewing.
    pub until: Timestamp,
}

impl ActivationState {
    /// Its name in logs and in the store.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running(_) => "running",
            Self::Ended { .. } => "ended",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

/// An activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// Its id.
    pub id: ActivationId,
    /// The registration that was woken.
    pub registration: RegistrationId,
    /// The app that owns the registration.
    pub app: AppId,
    /// What makes the firing one and the same however often it is enqueued: an occurrence of a schedule, or
    /// an id of the caller's behind [`CALLERS_KEY`].
    pub key: String,
    /// What came with the firing.
    pub details: TriggerDetails,
    /// How many firings it stands for, at least 1 (UWP-058).
    pub coalesced: u32,
    /// The moment that the schedule names, for time and cron triggers.
    pub scheduled_for: Option<Timestamp>,
    /// When it fired first.
    pub fired_at: Timestamp,
    /// It must not run earlier: a retry's backoff. The Unix epoch before there is one, and not the firing: a clock that
    /// is set back holds nothing up.
    pub not_before: Timestamp,
    /// When that backoff began: the end of the run that failed. The Unix epoch before there is one.
    pub backoff_since: Timestamp,
    /// Failed runs that were followed by another attempt: what the retry policy counts.
    pub failures: u32,
    /// Runs so far that were cut off by the host's own end.
    pub interruptions: u32,
    /// The newest claim's number, 0 before the first. It is also the number of attempts.
    pub fence: Fence,
    /// Where it is.
    pub state: ActivationState,
}

/// A firing, on its way to become an activation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// The id that the activation has if one is made.
    pub id: ActivationId,
    /// See [`Activation::registration`].
    pub registration: RegistrationId,
    /// See [`Activation::app`].
    pub app: AppId,
    /// See [`Activation::key`]. At most [`KEY_LEN_MAX`] bytes, and [`CALLERS_KEY`] before them.
    pub key: String,
    /// See [`Activation::details`].
    pub details: TriggerDetails,
    /// How many occurrences it stands for already, at least 1.
    pub stands_for: u32,
    /// See [`Activation::scheduled_for`].
    pub scheduled_for: Option<Timestamp>,
    /// When.
    pub fired_at: Timestamp,
}

/// The longest idempotency key of a firing, in bytes.
pub const KEY_LEN_MAX: usize = 128;

/// What the keys that callers choose begin with in a store: no key of the host's own does, so that neither is ever taken
/// for the other.
pub const CALLERS_KEY: &str = "by:";

impl Firing {
    /// Whether its key is its own id: nobody chose it, and nobody says it again. A store need not look whether it has it
    /// already, unless the id turns out to be there.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        Uuid::try_parse(&self.key).is_ok_and(|key| key == *self.id.as_uuid())
    }

    /// The activation that this firing makes.
    #[must_use]
    pub fn into_activation(self) -> Activation {
        Activation {
            id: self.id,
            registration: self.registration,
            app: self.app,
            key: self.key,
            details: self.details,
            coalesced: self.stands_for.max(1),
            scheduled_for: self.scheduled_for,
            fired_at: self.fired_at,
            not_before: Timestamp::EPOCH,
            backoff_since: Timestamp::EPOCH,
            failures: 0,
            interruptions: 0,
            fence: Fence(0),
            state: ActivationState::Pending,
        }
    }
}

/// A node's wish to run an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The id of the run to be.
    pub run: RunId,
    /// The node.
    pub node: NodeId,
    /// Now.
    pub at: Timestamp,
    /// Until when it holds without renewal.
    pub until: Timestamp,
}

/// A node's right to run an activation: what a claim answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The activation as it was claimed.
    pub activation: Activation,
    /// The run.
    pub run: RunId,
    /// Proves that the lease is the newest.
    pub fence: Fence,
}

/// What follows the end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing: the activation ends with the run's outcome, and a completion is journalled.
    End,
    /// Another attempt, not earlier than this.
    Retry {
        /// The earliest moment.
        not_before: Timestamp,
    },
    /// Another attempt as soon as may be, which costs the retry policy nothing: the host cut the run off.
    Again,
}

/// A transition that the diagram does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// The activation is in another state.
    #[error("activation {id} is {state}, so it cannot be {wanted}")]
    WrongState {
        /// Which activation.
        id: ActivationId,
        /// Where it is.
        state: &'static str,
        /// What was asked.
        wanted: &'static str,
    },
    /// The fence is not the newest: the lease was lost.
    #[error("the lease on activation {id} is lost: fence {} is not the newest, {}", .held.0, .newest.0)]
    Fenced {
        /// Which activation.
        id: ActivationId,
        /// The fence of the caller.
        held: Fence,
        /// The newest.
        newest: Fence,
    },
    /// It must not run yet.
    #[error("activation {id} must not run before {not_before}")]
    TooEarly {
        /// Which activation.
        id: ActivationId,
        /// From when on it may.
        not_before: Timestamp,
    },
}

impl Activation {
    fn wrong(&self, wanted: &'static str) -> TransitionError {
        TransitionError::WrongState { id: self.id, state: self.state.as_str(), wanted }
    }

    /// Its key, as whoever chose it gave it.
    #[must_use]
    pub fn given_key(&self) -> &str {
        self.key.strip_prefix(CALLERS_KEY).unwrap_or(&self.key)
    }

    /// Which attempt the present or last run is; 0 before the first.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        u32::try_from(self.fence.0).unwrap_or(u32::MAX)
    }

    /// The moment before which it must not run, as it is seen at `now`. A clock that was set back behind the beginning
    /// of a backoff says nothing of how much of it is left: too early is better than by as much too late.
    #[must_use]
    pub fn earliest(&self, now: Timestamp) -> Timestamp {
        if now < self.backoff_since { Timestamp::EPOCH } else { self.not_before }
    }

    /// Counts another firing into this one.
    ///
    /// # Errors
    ///
    /// [`TransitionError::WrongState`] unless it is pending.
    pub fn coalesce(&mut self, firing: Firing, replace: bool) -> Result<(), TransitionError> {
        if self.state != ActivationState::Pending {
            return Err(self.wrong("coalesced into"));
        }
        self.coalesced = self.coalesced.saturating_add(firing.stands_for.max(1));
        let earlier = std::mem::take(&mut self.details);
        self.details = if replace { firing.details } else { earlier.coalesced_with(firing.details) };
        self.scheduled_for = firing.scheduled_for.or(self.scheduled_for);
        Ok(())
    }

    /// Pending → Running.
    ///
    /// # Errors
    ///
    /// [`TransitionError::WrongState`] unless it is pending, [`TransitionError::TooEarly`] before its
    /// backoff is over.
    pub fn claim(&mut self, claim: &Claim) -> Result<Lease, TransitionError> {
        if self.state != ActivationState::Pending {
            return Err(self.wrong("claimed"));
        }
        if claim.at < self.earliest(claim.at) {
            return Err(TransitionError::TooEarly { id: self.id, not_before: self.not_before });
        }
        self.fence = Fence(self.fence.0 + 1);
        self.state = ActivationState::Running(Running {
            run: claim.run,
            node: claim.node,
            since: claim.at,
            until: claim.until,
        });
        Ok(Lease { activation: self.clone(), run: claim.run, fence: self.fence })
    }

    fn holder(&mut self, fence: Fence, wanted: &'static str) -> Result<&mut Running, TransitionError> {
        if fence != self.fence {
            return Err(TransitionError::Fenced { id: self.id, held: fence, newest: self.fence });
        }
        match &mut self.state {
            ActivationState::Running(running) => Ok(running),
            other => Err(TransitionError::WrongState { id: self.id, state: other.as_str(), wanted }),
        }
    }

    /// Running → Running, for longer. A lease that has ended but was not taken away may still be renewed.
    ///
    /// # Errors
    ///
    /// [`TransitionError::Fenced`] or [`TransitionError::WrongState`]: the lease is lost.
    pub fn renew(&mut self, fence: Fence, until: Timestamp) -> Result<(), TransitionError> {
        self.holder(fence, "renewed")?.until = until;
        Ok(())
    }

    /// Running → Ended, or → Pending for another attempt.
    ///
    /// # Errors
    ///
    /// [`TransitionError::Fenced`] or [`TransitionError::WrongState`]: the lease is lost, and what the
    /// caller's run did is not accepted.
    pub fn complete(
        &mut self,
        fence: Fence,
        outcome: &Outcome,
        after: &After,
        at: Timestamp,
    ) -> Result<(), TransitionError> {
        self.holder(fence, "completed")?;
        self.state = match after {
            After::End => ActivationState::Ended { outcome: outcome.clone(), at },
            After::Retry { not_before } => {
                self.failures = self.failures.saturating_add(1);
                self.not_before = *not_before;
                self.backoff_since = at;
                ActivationState::Pending
            }
            After::Again => {
                self.interruptions = self.interruptions.saturating_add(1);
                ActivationState::Pending
            }
        };
        Ok(())
    }

    /// Running → Pending, because its node is gone. The fence stays: the next claim's is greater, so that a
    /// late finisher is refused.
    ///
    /// # Errors
    ///
    /// [`TransitionError::WrongState`] unless it is running.
    pub fn interrupt(&mut self) -> Result<Running, TransitionError> {
        match std::mem::replace(&mut self.state, ActivationState::Pending) {
            ActivationState::Running(running) => {
                self.interruptions = self.interruptions.saturating_add(1);
                Ok(running)
            }
            other => {
                self.state = other;
                Err(self.wrong("interrupted"))
            }
        }
    }

    /// Pending → Withdrawn.
    ///
    /// # Errors
    ///
    /// [`TransitionError::WrongState`] unless it is pending.
    pub fn withdraw(&mut self, at: Timestamp) -> Result<(), TransitionError> {
        if self.state != ActivationState::Pending {
            return Err(self.wrong("withdrawn"));
        }
        self.state = ActivationState::Withdrawn { at };
        Ok(())
    }
}

#[cfg(test)]
mod tests;
