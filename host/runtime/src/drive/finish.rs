//! The end of a run: recorded, and what follows from it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dormouse_core::activation::After;
use dormouse_core::completion::after;
use dormouse_core::event::EventKind;
use dormouse_core::outcome::{Outcome, Receipt};
use dormouse_core::store::{Finish, Finished};
use dormouse_core::{RunRecord, Timestamp, TriggerDetails};

use super::cell::RunCell;
use super::{persist, quarantine};
use crate::shared::Permit;

fn record(cell: &RunCell, started_at: Timestamp, outcome: Outcome) -> RunRecord {
    let activation = &cell.lease.activation;
    let totals = cell.totals();
    let mut receipt = Receipt {
        queue_wait: started_at.since(activation.not_before.max(activation.fired_at)),
        wall: totals.wall,
        paused: totals.paused,
        suspended_count: totals.suspended_count,
        cpu: cell.meter.used(),
        deferrals: totals.deferrals,
        progress: totals.progress,
        stop: totals.stop,
        ending: totals.ending,
        changes_accepted: outcome.is_success() || cell.changes_accepted.load(Ordering::Acquire),
        ..Receipt::default()
    };
    cell.usage.write_to(&mut receipt);
    RunRecord {
        run: cell.run(),
        activation: activation.id,
        registration: activation.registration,
        app: activation.app.clone(),
        attempt: activation.attempt(),
        fence: cell.lease.fence,
        started_at,
        ended_at: cell.shared.clock.wall(),
        outcome,
        receipt,
    }
}

/// Records the end of a run, however often that takes. Meanwhile its lease is renewed as if it still ran: nobody is to
/// run again what is over.
async fn recorded(cell: &RunCell, finish: Finish) -> Option<Finished> {
    let shared = &cell.shared;
    persist::retrying(shared, cell.known.registration.id, "record the end of a run", || {
        shared.store.finish(finish.clone())
    })
    .await
}

/// The sandbox of a run is gone: makes its end durable, and tells it.
pub(super) async fn finish(cell: &RunCell, started_at: Timestamp, outcome: Outcome, permit: &mut Permit) {
    let record = record(cell, started_at, outcome);
    let shared = &cell.shared;
    let activation = &cell.lease.activation;
    let (run, attempt, accepted) = (record.run, record.attempt, record.receipt.changes_accepted);
    cell.emit(|| EventKind::Ended {
        activation: activation.id,
        run,
        attempt,
        outcome: record.outcome.clone(),
        receipt: Box::new(record.receipt.clone()),
    });
    tracing::debug!(outcome = record.outcome.to_string(), cpu = ?record.receipt.cpu, wall = ?record.receipt.wall, "a run ended");
    let seed = activation.id.as_uuid().as_u64_pair().1;
    let policy = &cell.known.registration.retry;
    let after = after(&record.outcome, activation.failures, policy, record.ended_at, seed);
    let interrupted = record.outcome == Outcome::Interrupted;
    let output = cell.usage.kept_within(shared.config.keep_output).map(Arc::new);
    let finish = Finish { run: Arc::new(record), after: after.clone(), output };
    let finished = recorded(cell, finish).await;
    cell.released();
    // Before anyone hears of the end, and before the next run of the registration begins.
    if matches!(activation.details, TriggerDetails::StorageChanges(_))
        && let Some(Finished::Completed(_) | Finished::Pending) = finished
        && shared.state().registrations.contains(activation.registration)
    {
        let over = matches!(finished, Some(Finished::Completed(_)));
        shared.unaccepted.ended(activation, cell.changes.as_ref(), accepted, over);
    }
    if !interrupted && matches!(finished, Some(Finished::Completed(_) | Finished::Pending)) {
        quarantine::forgive(shared, &cell.known, activation.id).await;
    }
    if !matches!(finished, Some(Finished::Completed(_))) {
        let mut state = shared.state();
        // Before another attempt may begin.
        state.end_is_written(activation.id, cell.lease.fence);
        if finished != Some(Finished::Pending) {
            // Nobody here tells how it ends: who awaits that finds his channel closed, and looks for himself.
            state.awaited.remove(&activation.id);
        }
    }
    permit.release_run();
    match finished {
        Some(Finished::Completed(completion)) => {
            cell.emit(|| EventKind::Completed {
                activation: activation.id,
                success: completion.run.outcome.is_success(),
            });
            super::publish::completed(shared, completion);
        }
        Some(Finished::Pending) => {
            if let After::Retry { not_before } = after {
                cell.emit(|| EventKind::Retrying {
                    activation: activation.id,
                    attempt: attempt.saturating_add(1),
                    not_before,
                });
            }
            shared.wake.something_waits();
        }
        Some(Finished::LeaseLost) => {
            shared.figures.stale_ends.add(1);
            tracing::error!(
                app = %activation.app, registration = %activation.registration, activation = %activation.id,
                %run, attempt, fence = cell.lease.fence.0, node = %shared.config.node,
                "the end of a run came too late: its lease had been taken away, and nothing of it was accepted"
            );
            cell.emit(|| EventKind::LeaseLost { activation: activation.id, run });
        }
        None => {}
    }
}
