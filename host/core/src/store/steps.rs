//! Steps that every store takes in the same way, inside its own transaction.

use std::sync::Arc;

use crate::activation::{Activation, ActivationState, After, Claim, Firing, Lease, TransitionError};
use crate::completion::{RunOutput, RunRecord};
use crate::explain::RefusalRecord;
use crate::ids::{ActivationId, NodeId};
use crate::outcome::{Outcome, Receipt};
use crate::overlap::{Refusal, WAITING_MAX};
use crate::registration::{RegistrationRecord, RegistrationStatus};
use crate::store::{Reap, Reaped, Redriven, StoreError};
use crate::time::Timestamp;

/// The lease that `claim` was given before, if its run is the one that runs: the answer to a claim that is
/// repeated because its first answer was lost.
#[must_use]
pub fn lease_again(activation: &Activation, claim: &Claim) -> Option<Lease> {
    match &activation.state {
        ActivationState::Running(running) if running.run == claim.run && running.node == claim.node => {
            Some(Lease { activation: activation.clone(), run: running.run, fence: activation.fence })
        }
        _ => None,
    }
}

/// Moves a registration's watermark, forward only. Answers whether it moved.
pub fn advance(record: &mut RegistrationRecord, to: Timestamp) -> bool {
    let moves = to > record.watermark;
    if moves {
        record.watermark = to;
    }
    moves
}

/// Marks a registration as spent. Answers whether it was not before.
pub fn spend(record: &mut RegistrationRecord) -> bool {
    let changes = record.status != RegistrationStatus::Spent;
    record.status = RegistrationStatus::Spent;
    changes
}

/// What is kept of a registration that is saved again: a watermark that is later, the count of crashes, and, under the
/// same trigger, that it is spent.
pub fn keep(record: &mut RegistrationRecord, earlier: &RegistrationRecord) {
    advance(record, earlier.watermark);
    if earlier.status == RegistrationStatus::Spent
        && earlier.registration.trigger == record.registration.trigger
    {
        spend(record);
    }
    record.crashes = earlier.crashes;
}

/// Counts that the host fell while a run of a registration was under way: once in each step that takes leases
/// away, however many of its runs there were.
pub const fn count_crash(record: &mut RegistrationRecord) {
    record.crashes = record.crashes.saturating_add(1);
}

/// Whether a lease of `holder` that `ask` takes away means that the host fell. Of one that merely ended nobody
/// knows why it was not renewed, and a host that hands its leases back has stopped.
#[must_use]
pub fn is_crash(ask: &Reap, holder: NodeId) -> bool {
    ask.fell && ask.node == Some(holder)
}

/// Counts a firing that started nothing among those of its registration. There are as many records as
/// reasons, whatever comes.
pub fn count_refusal(refusals: &mut Vec<RefusalRecord>, reason: Refusal, at: Timestamp) {
    match refusals.iter_mut().find(|record| record.reason == reason) {
        Some(record) => record.count(at),
        None => refusals.push(RefusalRecord::new(reason, at)),
    }
}

/// The answer to a firing whose id belongs to another firing already: ids are not fresh as they must be.
#[must_use]
pub fn id_in_use(id: ActivationId) -> StoreError {
    StoreError::Corrupt(format!("activation id {id} is in use by a firing with another key"))
}

/// What follows a run in truth: nothing, if its registration was removed while it ran. There is nobody
/// whom another attempt would serve (UWP-023).
#[must_use]
pub const fn after_run(asked: After, registered: bool) -> After {
    if registered { asked } else { After::End }
}

/// Takes a lease away: the run becomes a record of its interruption, and the activation waits again. If its
/// registration was removed meanwhile, the activation ends instead, as interrupted.
///
/// # Errors
///
/// [`TransitionError::WrongState`] unless the activation is running.
pub fn interrupt(
    mut activation: Activation,
    registered: bool,
    now: Timestamp,
) -> Result<Reaped, TransitionError> {
    let running = activation.interrupt()?;
    if !registered {
        activation.state = ActivationState::Ended { outcome: Outcome::Interrupted, at: now };
    }
    let run = RunRecord {
        run: running.run,
        activation: activation.id,
        registration: activation.registration,
        app: activation.app.clone(),
        attempt: activation.attempt(),
        fence: activation.fence,
        started_at: running.since,
        ended_at: now,
        outcome: Outcome::Interrupted,
        receipt: Receipt::default(),
    };
    Ok(Reaped { activation, run })
}

/// What is kept of the output of a run: nothing, if it wrote nothing.
#[must_use]
pub fn kept_output(output: Option<Arc<RunOutput>>) -> Option<Arc<RunOutput>> {
    output.filter(|output| !output.is_empty())
}

/// The moment at which an activation ended, if it is a dead letter as it ends: its last run failed, and there is
/// a registration that could run it again.
#[must_use]
pub fn died_at(activation: &Activation, registered: bool) -> Option<Timestamp> {
    match &activation.state {
        ActivationState::Ended { outcome, at } if registered && outcome.is_failure() => Some(*at),
        _ => None,
    }
}

/// The key of the activation that stands for the dead letter `id` once that is redriven: by it a repeated wish is
/// known again.
#[must_use]
pub fn redrive_key(id: ActivationId) -> String {
    format!("redrive:{id}")
}

/// The activation, called `fresh` and fired at `at`, that stands for `dead`: it carries the same, stands for as
/// many firings, and has all its attempts before it.
#[must_use]
pub fn redriven(dead: &Activation, fresh: ActivationId, at: Timestamp) -> Activation {
    let firing = Firing {
        id: fresh,
        registration: dead.registration,
        app: dead.app.clone(),
        key: redrive_key(dead.id),
        details: dead.details.clone(),
        stands_for: dead.coalesced,
        scheduled_for: dead.scheduled_for,
        fired_at: at,
    };
    firing.into_activation()
}

/// Why an activation is not redriven; none if it is. `listed` says whether it is on the list of dead letters,
/// `waiting` how many of its registration wait. Asked once it is known that it was not redriven before.
#[must_use]
pub fn not_redriven(
    activation: &Activation,
    registered: bool,
    listed: bool,
    waiting: u32,
) -> Option<Redriven> {
    if died_at(activation, true).is_none() {
        return Some(Redriven::NotDead);
    }
    match (registered, listed) {
        (false, _) => Some(Redriven::NotRegistered),
        (true, false) => Some(Redriven::NotDead),
        (true, true) if waiting >= WAITING_MAX => Some(Redriven::Full),
        (true, true) => None,
    }
}

#[cfg(test)]
mod tests;
