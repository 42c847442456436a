//! Why a host did not start.

use std::io;

use dormouse_core::limits::LimitsError;
use dormouse_core::{AppLimitsError, StoreError};

use crate::engine::EngineError;
use crate::host::HostError;
use crate::packages::InstallError;

/// Why a host did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It was started outside a tokio runtime.
    #[error(
        "a host runs its timers and stores on the tokio runtime that it is started on; start it inside one"
    )]
    NoRuntime,
    /// The engine could not be made.
    #[error("the engine could not be made")]
    Engine(#[source] EngineError),
    /// The threads for guests could not be made.
    #[error("the threads for guests could not be started")]
    Threads(#[source] io::Error),
    /// The store did not answer.
    #[error("the store could not be read")]
    Store(#[source] StoreError),
    /// A registration in the store is not understood.
    #[error("a stored registration is not understood")]
    Registration(#[source] Box<HostError>),
    /// A signal source did not start.
    #[error("a signal source did not start: {0}")]
    Source(String),
    /// What apps may keep by default is more than any may.
    #[error("what apps may keep by default is not within the host's own maximum")]
    AppLimits(#[source] AppLimitsError),
    /// More runs at once than the engine's pools hold: an exhausted pool would be an error in the middle of a
    /// run, a taken slot is only a wait.
    #[error(
        "`slots` is {slots}, and the engine's pools hold {pool}; make the engine with more, or ask for fewer"
    )]
    PoolTooSmall {
        /// What was asked for.
        slots: u32,
        /// What there is.
        pool: u32,
    },
    /// More runs and instances of apps at once than the engine's pools hold.
    #[error(
        "`slots` is {slots} and `apps_max` is {apps}, and the engine's pools hold {pool}; make the engine with more, or ask for fewer"
    )]
    PoolTooSmallForApps {
        /// Runs that were asked for.
        slots: u32,
        /// Apps that were asked for.
        apps: u32,
        /// What there is.
        pool: u32,
    },
    /// The packages could not be read.
    #[error("the installed packages could not be read")]
    Packages(#[source] Box<InstallError>),
    /// The host's default of a limit is above its maximum.
    #[error("the default limits are not within the host's maximum")]
    Limits(#[source] LimitsError),
    /// The configuration makes no sense.
    #[error("`{field}` must be at least {min}")]
    TooSmall {
        /// Which.
        field: &'static str,
        /// The least that it may be.
        min: &'static str,
    },
}
