//! Steps that every store takes in the same way, inside its own transaction.

use crate::activation::{Activation, ActivationState, After, Claim, Lease, TransitionError};
use crate::completion::RunRecord;
use crate::explain::RefusalRecord;
use crate::ids::ActivationId;
use crate::outcome::{Outcome, Receipt};
use crate::overlap::Refusal;
use crate::registration::{RegistrationRecord, RegistrationStatus};
use crate::store::{Reaped, StoreError};
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
