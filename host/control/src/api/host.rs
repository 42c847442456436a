//! The host itself.

use dormouse::HostStats;
use dormouse_core::NodeId;
use dormouse_core::store::Totals;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;

/// Which host answers, and how it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HostInfo {
    /// The version of the program.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// The node.
    #[schema(value_type = uuid::Uuid)]
    pub node: NodeId,
    /// Where everything is kept; none if it is kept in memory.
    pub state_directory: Option<String>,
    /// When it started.
    pub started_at: Moment,
    /// Its clock.
    pub now: Moment,
    /// From its start to now.
    pub uptime_ms: f64,
    /// It takes nothing more in.
    pub stopping: bool,
    /// It only answers questions.
    pub read_only: bool,
    /// What goes on.
    pub stats: StatsView,
}

/// The host works as it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthView {
    /// `ok`.
    pub status: String,
}

/// What goes on. Figures that only grow begin at 0 with the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatsView {
    /// Runs that go on.
    pub running: usize,
    /// Of these, those that a quota holds.
    pub paused: usize,
    /// Runs that there may be at once.
    pub slots: u32,
    /// And of one app.
    pub slots_per_app: u32,
    /// Slots that are taken.
    pub slots_taken: u32,
    /// Activations that wait for conditions.
    pub latched: usize,
    /// Activations that wait for a slot of the host.
    pub waiting_for_host: usize,
    /// For a slot of their app.
    pub waiting_for_app: usize,
    /// For an earlier run of their registration.
    pub waiting_for_registration: usize,
    /// Apps that are installed here.
    pub apps: usize,
    /// Apps that have an instance here, suspended or not.
    pub app_instances: u32,
    /// Of these, those that are suspended: they give way to others.
    pub apps_suspended: u32,
    /// Instances of apps that there may be at once.
    pub apps_max: u32,
    /// Registrations.
    pub registrations: usize,
    /// Of these, those in quarantine.
    pub quarantined: usize,
    /// Activations that wait, for whatever it is; none if the store does not answer.
    pub waiting: Option<u64>,
    /// Dead letters; likewise.
    pub dead_letters: Option<u64>,
    /// Runs that were found cut off: their host fell, or renewed no more.
    pub reaped: u64,
    /// Runs that were taken down because their lease had been taken away.
    pub leases_lost: u64,
    /// Faults that were given up.
    pub faults_given_up: u64,
}

impl StatsView {
    /// The figures of a host, with what its store says of them if it answered.
    #[must_use]
    pub fn new(stats: &HostStats, totals: Option<Totals>) -> Self {
        Self {
            running: stats.running,
            paused: stats.paused,
            slots: stats.slots,
            slots_per_app: stats.slots_per_app,
            slots_taken: stats.slots_taken,
            latched: stats.latched,
            waiting_for_host: stats.waiting_for_host,
            waiting_for_app: stats.waiting_for_app,
            waiting_for_registration: stats.waiting_for_registration,
            apps: stats.apps,
            app_instances: stats.app_instances,
            apps_suspended: stats.apps_suspended,
            apps_max: stats.apps_max,
            registrations: stats.registrations,
            quarantined: stats.quarantined,
            waiting: totals.map(|totals| totals.waiting),
            dead_letters: totals.map(|totals| totals.dead_letters),
            reaped: stats.reaped,
            leases_lost: stats.leases_lost,
            faults_given_up: stats.faults_given_up,
        }
    }
}
