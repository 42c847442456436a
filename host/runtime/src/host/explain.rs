//! Why is it not running?

use std::sync::Arc;

use dormouse_core::activation::ActivationState;
use dormouse_core::admission::{Admission, Shortage};
use dormouse_core::app::lifecycle::AppState;
use dormouse_core::condition::Judgement;
use dormouse_core::explain::{Explanation, HISTORY_LISTED_MAX, RunningNow, WAITING_LISTED_MAX, Waiting, Why};
use dormouse_core::store::RunFilter;
use dormouse_core::{AccessStatus, Activation, Condition, Holds, RegistrationId, Timestamp};

use super::{Host, HostError};
use crate::drive::cell::RunCell;
use crate::drive::left::Reason;
use crate::shared::{Known, Shared, State};

impl Host {
    /// Whether a condition holds now, as far as anybody knows.
    #[must_use]
    pub fn holds(&self, condition: &Condition) -> Holds {
        self.shared().holds(condition)
    }

    /// All that is known of a registration: why what it waits with does not start, what runs, which firings
    /// started nothing and why, when it fires next. None if there is no such registration.
    ///
    /// Conditions are judged now, so that the answer is never older than the question.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`].
    pub async fn explain(&self, id: RegistrationId) -> Result<Option<Explanation>, HostError> {
        let shared = self.shared();
        if !shared.state().registrations.contains(id) {
            return Ok(None);
        }
        let activations = shared.store.waiting(id, WAITING_LISTED_MAX).await?;
        let leased = shared.store.counts(id).await?.running;
        let refusals = shared.store.refusals(id).await?;
        let filter = RunFilter { registration: Some(id), ..RunFilter::default() };
        let history = shared.store.runs(filter, HISTORY_LISTED_MAX).await?;
        let history = history.into_iter().map(|listed| listed.run).collect();
        let now = shared.clock.wall();

        let state = shared.state();
        let Some(known) = state.registrations.get(id).cloned() else { return Ok(None) };
        let registration = &known.registration;
        let access = shared.access(&state, &registration.app);
        let installed = state.is_installed(&registration.app).then_some(access);
        // What has started since the store was asked is among what runs.
        let waits = activations.iter().filter(|activation| !state.running.contains_key(&activation.id));
        let waiting = waits.map(|activation| waiting(shared, &state, &known, activation, installed, now));
        let of_it = state.running.values().filter(|cell| cell.known.registration.id == id);
        let mut cells: Vec<Arc<RunCell>> = of_it.cloned().collect();
        cells.sort_unstable_by_key(|cell| (since(cell), cell.run()));
        let mut running: Vec<RunningNow> = cells.iter().map(running_now).collect();
        let waiting = waiting.collect();
        let here = u32::try_from(running.len()).unwrap_or(u32::MAX);
        drop(state);
        // Without the state's lock, which is not held while an app is asked.
        let session = registration.is_in_process().then(|| shared.apps.known(&registration.app)).flatten();
        for (now, cell) in running.iter_mut().zip(&cells) {
            now.waits = session.as_ref().and_then(|session| session.keeps_out(cell));
        }
        let app = registration
            .is_in_process()
            .then(|| session.map_or(AppState::NotRunning, |session| session.state()));

        Ok(Some(Explanation {
            status: known.record().status,
            spent_this_session: known.spent_here(),
            quarantined: known.quarantined(shared.config.quarantine_after),
            access: installed,
            app,
            next: next(&known, now),
            conditions: registration.requirements(access, |condition| shared.holds(condition)),
            waiting,
            elsewhere: leased.saturating_sub(here),
            running,
            refusals,
            history,
            registration: registration.clone(),
        }))
    }
}

fn waiting(
    shared: &Shared,
    state: &State,
    known: &Known,
    activation: &Activation,
    access: Option<AccessStatus>,
    now: Timestamp,
) -> Waiting {
    Waiting {
        activation: activation.id,
        fired_at: activation.fired_at,
        coalesced: activation.coalesced,
        why: why(shared, state, known, activation, access, now),
    }
}

/// What the dispatcher would find if it looked now; since when, it has found before.
fn why(
    shared: &Shared,
    state: &State,
    known: &Known,
    activation: &Activation,
    access: Option<AccessStatus>,
    now: Timestamp,
) -> Why {
    let Some(access) = access.filter(|access| access.refusal().is_none()) else {
        return Why::Access { status: access };
    };
    if let Some(crashes) = known.quarantined(shared.config.quarantine_after) {
        return Why::Quarantined { crashes };
    }
    let earliest = activation.earliest(now);
    if earliest > now {
        return Why::Backoff { until: earliest };
    }
    let left = state.left.get(activation.id);
    let since = |reason: &Reason| left.filter(|left| left.why == *reason).map_or(now, |left| left.since);
    if let Judgement::Latch { blocking } = shared.judge(&known.registration, access) {
        let since = since(&Reason::Latched(blocking.clone()));
        return Why::Conditions { blocking, since };
    }
    match shared.admission(state, known, now, earliest) {
        Admission::Wait { until: Some(until), why: Shortage::Backoff } => Why::Backoff { until },
        Admission::Wait { why: shortage, .. } => {
            Why::Slot { shortage, since: since(&Reason::Short(shortage)) }
        }
        Admission::Run => Why::Nothing,
    }
}

fn since(cell: &RunCell) -> Timestamp {
    let activation = &cell.lease.activation;
    match &activation.state {
        ActivationState::Running(running) => running.since,
        // A lease is of what runs.
        _ => activation.fired_at,
    }
}

fn running_now(cell: &Arc<RunCell>) -> RunningNow {
    let activation = cell.lease.activation.id;
    RunningNow { run: cell.run(), activation, since: since(cell), paused: cell.is_paused(), waits: None }
}

/// When the schedule fires next.
pub(super) fn next(known: &Known, now: Timestamp) -> Option<Timestamp> {
    let schedule = known.schedule.as_ref().filter(|_| !known.is_spent())?;
    // What was missed is caught up with, and does not come again at its own moment.
    let coming = known.next_due().filter(|at| *at > now);
    coming.or_else(|| schedule.next_after(now).map(|moment| known.pace.fires_at(moment)))
}
