//! How a host is, in figures.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Host;
use crate::drive::cell::RunCell;

pub use crate::engine::{EngineStats, PoolStats};
pub use crate::shared::Latency;

/// How a host is. Figures that only grow begin at 0 with the host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostStats {
    /// Runs that go on here.
    pub running: usize,
    /// Of these, those that a quota holds.
    pub paused: usize,
    /// Runs that there may be at once.
    pub slots: u32,
    /// And of one app.
    pub slots_per_app: u32,
    /// Slots that are taken.
    pub slots_taken: u32,
    /// Runs that go on, and those whose end is still being written.
    pub in_flight: u32,
    /// Activations that waited for conditions when the dispatcher last looked at them.
    pub latched: usize,
    /// Likewise, for a slot of the host.
    pub waiting_for_host: usize,
    /// Likewise, for a slot of their app.
    pub waiting_for_app: usize,
    /// Likewise, for an earlier run of their registration.
    pub waiting_for_registration: usize,
    /// Apps that are installed here.
    pub apps: usize,
    /// Registrations.
    pub registrations: usize,
    /// Of these, those in quarantine.
    pub quarantined: usize,
    /// Apps that have an instance here, suspended or not.
    pub app_instances: u32,
    /// Of these, those that are suspended: they give way to others.
    pub apps_suspended: u32,
    /// Instances of apps that there may be at once.
    pub apps_max: u32,
    /// Times that guests were polled.
    pub polls: u64,
    /// Activations for whose end somebody waits.
    pub awaited: usize,
    /// Times that leases were renewed, all that there were together.
    pub renewals: u64,
    /// Times that they were not: the store did not answer.
    pub renewals_failed: u64,
    /// Runs that were taken down because their lease had been taken away.
    pub leases_lost: u64,
    /// Ends of runs that were refused for the same reason.
    pub stale_ends: u64,
    /// Runs that were found cut off: their host fell, or renewed no more.
    pub reaped: u64,
    /// Runs that were let go of.
    pub pruned_runs: u64,
    /// Activations that were let go of.
    pub pruned_activations: u64,
    /// Times that what was old was not let go of: the store did not answer.
    pub prunes_failed: u64,
    /// Faults that were given up.
    pub faults_given_up: u64,
    /// Of runs that somebody asked to end: from the request until the guest heard of it. Those that never did are not in
    /// it.
    pub told: Latency,
    /// From the request to the end, which is the run's own or a kill.
    pub ended: Latency,
    /// From there until sandbox, memory and slot were free.
    pub freed: Latency,
    /// From the end until it was recorded, and the lease with it was free.
    pub released: Latency,
    /// The engine, which several hosts may share.
    pub engine: EngineStats,
}

impl Host {
    /// How it is. Cheap: nothing is counted but what runs, and the apps that are suspended.
    #[must_use]
    pub fn stats(&self) -> HostStats {
        let shared = self.shared();
        let (config, figures) = (&shared.config, &shared.figures);
        let state = shared.state();
        let running: Vec<Arc<RunCell>> = state.running.values().cloned().collect();
        let left = state.left.counts();
        let known = state.quarantined.iter().filter_map(|id| state.registrations.get(*id));
        let quarantined = known.filter(|known| known.quarantined(config.quarantine_after).is_some()).count();
        let (slots_taken, awaited) = (state.host_runs, state.awaited.len());
        let (apps, registrations) = (state.apps.len() + state.found.len(), state.registrations.len());
        drop(state);
        HostStats {
            running: running.len(),
            paused: running.iter().filter(|cell| cell.is_paused()).count(),
            slots: config.slots,
            slots_per_app: config.slots_per_app,
            slots_taken,
            in_flight: shared.in_flight.load(Ordering::Acquire),
            latched: left.latched,
            waiting_for_host: left.host,
            waiting_for_app: left.app,
            waiting_for_registration: left.registration,
            apps,
            registrations,
            quarantined,
            app_instances: shared.apps.taken(),
            apps_suspended: shared.apps.suspended(),
            apps_max: config.apps_max,
            polls: shared.seen.polls.load(Ordering::Relaxed),
            awaited,
            renewals: figures.renewals.get(),
            renewals_failed: figures.renewals_failed.get(),
            leases_lost: figures.leases_lost.get(),
            stale_ends: figures.stale_ends.get(),
            reaped: figures.reaped.get(),
            pruned_runs: figures.pruned_runs.get(),
            pruned_activations: figures.pruned_activations.get(),
            prunes_failed: figures.prunes_failed.get(),
            faults_given_up: figures.faults_given_up.get(),
            told: figures.told.read(),
            ended: figures.ended.read(),
            freed: figures.freed.read(),
            released: figures.released.read(),
            engine: shared.engine.stats(),
        }
    }
}
