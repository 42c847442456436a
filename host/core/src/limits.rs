//! What one run may use, and the table of classes that the figures come from.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::trigger::TriggerKind;

const MIB: u64 = 1024 * 1024;

/// Everything that one run may use. Each field is enforced by the runtime, metered into the
/// [`Receipt`](crate::Receipt) or an event, and tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Wall-clock time until the run is cancelled with `execution-time-exceeded`, policy `wall` (UWP-087,
    /// UWP-099). Paused time does not count.
    pub wall: Duration,
    /// CPU time until the run is cancelled with `execution-time-exceeded`, policy `cpu`.
    pub cpu: Duration,
    /// Wall-clock time between a cancellation and the loss of the sandbox (UWP-082, UWP-083).
    pub grace: Duration,
    /// CPU time that a run may use after its cancellation.
    pub grace_cpu: Duration,
    /// Bytes, summed over all linear memories and tables of the run (a table element counts as a pointer).
    pub memory_bytes: u64,
    /// Linear memories, tables and core instances: each at most this many.
    pub instances: u32,
    /// Deferrals open at once.
    pub deferrals: u32,
    /// Bytes of standard output and of standard error that are kept, each as a head and a tail.
    pub output_bytes: u64,
    /// Bytes that one call between guest and host may lift or lower.
    pub hostcall_bytes: u64,
    /// Bytes of randomness that one call may ask for.
    pub random_bytes: u64,
    /// Handles (files, sockets, streams, our own resources) held at once.
    pub handles: u32,
    /// The shortest time between two progress events; between them the last value is kept.
    pub progress_every: Duration,
}

/// What a run is for, which decides its limits (the figures are UWP's where it names any).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// 25 s and 5 s grace (UWP-099).
    Default,
    /// 10 min: application triggers (UWP-100).
    Long,
    /// 30 min: maintenance (UWP-101).
    Maintenance,
}

impl Class {
    /// The class that a trigger kind picks when the registration does not.
    #[must_use]
    pub const fn for_trigger(kind: TriggerKind) -> Self {
        match kind {
            TriggerKind::Application => Self::Long,
            TriggerKind::Maintenance => Self::Maintenance,
            TriggerKind::Time
            | TriggerKind::Cron
            | TriggerKind::System
            | TriggerKind::Filesystem
            | TriggerKind::Socket
            | TriggerKind::Signal
            | TriggerKind::Message => Self::Default,
        }
    }

    /// Its name in manifests, logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Long => "long",
            Self::Maintenance => "maintenance",
        }
    }

    /// Its limits.
    #[must_use]
    pub const fn limits(self) -> Limits {
        let base = Limits {
            wall: Duration::from_secs(25),
            cpu: Duration::from_secs(10),
            grace: Duration::from_secs(5),
            grace_cpu: Duration::from_secs(1),
            memory_bytes: 64 * MIB,
            instances: 32,
            deferrals: 64,
            output_bytes: MIB,
            hostcall_bytes: 16 * MIB,
            random_bytes: 64 * 1024,
            handles: 1024,
            progress_every: Duration::from_millis(100),
        };
        match self {
            Self::Default => base,
            Self::Long => {
                Limits { wall: Duration::from_secs(10 * 60), cpu: Duration::from_secs(5 * 60), ..base }
            }
            Self::Maintenance => {
                Limits { wall: Duration::from_secs(30 * 60), cpu: Duration::from_secs(10 * 60), ..base }
            }
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a registration asks for beside its class. What it leaves open is the class's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsRequest {
    /// The class; by default the one that the trigger kind picks.
    pub class: Option<Class>,
    /// See [`Limits::wall`].
    pub wall: Option<Duration>,
    /// See [`Limits::cpu`].
    pub cpu: Option<Duration>,
    /// See [`Limits::grace`].
    pub grace: Option<Duration>,
    /// See [`Limits::memory_bytes`].
    pub memory_bytes: Option<u64>,
    /// See [`Limits::output_bytes`].
    pub output_bytes: Option<u64>,
    /// See [`Limits::deferrals`].
    pub deferrals: Option<u32>,
}

/// A limit that cannot be granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// Zero would let nothing run.
    #[error("limit `{field}` is zero; give it a positive value or leave it out for the class's own")]
    Zero {
        /// Which.
        field: &'static str,
    },
    /// The host allows less.
    #[error("limit `{field}` asks for {asked}, above the host's maximum of {max}")]
    AboveHost {
        /// Which.
        field: &'static str,
        /// What the registration asks for.
        asked: String,
        /// What the host allows.
        max: String,
    },
}

impl LimitsRequest {
    /// The limits that apply to a run started by a trigger of `kind`, on a host that allows `max`.
    ///
    /// A class may be above what the host allows and is then cut to it; an explicit figure above it is an
    /// error, so that nobody believes to have what was not given.
    ///
    /// # Errors
    ///
    /// [`LimitsError`] names the field.
    pub fn resolve(&self, kind: TriggerKind, max: &Limits) -> Result<Limits, LimitsError> {
        let class = self.class.unwrap_or(Class::for_trigger(kind)).limits();
        let span = |field, asked: Option<Duration>, class: Duration, max: Duration| match asked {
            None => Ok(class.min(max)),
            Some(Duration::ZERO) => Err(LimitsError::Zero { field }),
            Some(d) if d > max => {
                Err(LimitsError::AboveHost { field, asked: format!("{d:?}"), max: format!("{max:?}") })
            }
            Some(d) => Ok(d),
        };
        let count = |field, asked: Option<u64>, class: u64, max: u64| match asked {
            None => Ok(class.min(max)),
            Some(0) => Err(LimitsError::Zero { field }),
            Some(n) if n > max => {
                Err(LimitsError::AboveHost { field, asked: n.to_string(), max: max.to_string() })
            }
            Some(n) => Ok(n),
        };
        let deferrals =
            count("deferrals", self.deferrals.map(u64::from), class.deferrals.into(), max.deferrals.into())?;
        Ok(Limits {
            wall: span("wall", self.wall, class.wall, max.wall)?,
            cpu: span("cpu", self.cpu, class.cpu, max.cpu)?,
            grace: span("grace", self.grace, class.grace, max.grace)?,
            grace_cpu: class.grace_cpu.min(max.grace_cpu),
            memory_bytes: count("memory", self.memory_bytes, class.memory_bytes, max.memory_bytes)?,
            instances: class.instances.min(max.instances),
            deferrals: u32::try_from(deferrals).unwrap_or(max.deferrals),
            output_bytes: count("output", self.output_bytes, class.output_bytes, max.output_bytes)?,
            hostcall_bytes: class.hostcall_bytes.min(max.hostcall_bytes),
            random_bytes: class.random_bytes.min(max.random_bytes),
            handles: class.handles.min(max.handles),
            progress_every: class.progress_every.max(max.progress_every),
        })
    }
}

impl Limits {
    /// What a host allows unless told otherwise: the longest class, a day of wall-clock time when asked
    /// for, and memory up to what one slot of the pool holds.
    #[must_use]
    pub const fn host_max() -> Self {
        Self {
            wall: Duration::from_secs(24 * 60 * 60),
            cpu: Duration::from_secs(60 * 60),
            grace: Duration::from_secs(60),
            memory_bytes: 512 * MIB,
            output_bytes: 16 * MIB,
            deferrals: 1024,
            ..Class::Maintenance.limits()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trigger_kind_picks_the_class_and_the_registration_may_change_it() {
        let max = Limits::host_max();
        let of = |request: LimitsRequest, kind| request.resolve(kind, &max).map(|l| l.wall.as_secs());
        assert_eq!(of(LimitsRequest::default(), TriggerKind::Time), Ok(25));
        assert_eq!(of(LimitsRequest::default(), TriggerKind::Application), Ok(600));
        let long = LimitsRequest { class: Some(Class::Long), ..Default::default() };
        assert_eq!(of(long, TriggerKind::Time), Ok(600));
        let own = LimitsRequest { wall: Some(Duration::from_secs(3)), ..Default::default() };
        assert_eq!(of(own, TriggerKind::Time), Ok(3));
    }

    #[test]
    fn a_figure_above_the_hosts_is_refused_by_name_and_a_class_above_it_is_cut() {
        let max = Limits { wall: Duration::from_secs(10), ..Limits::host_max() };
        let cut = LimitsRequest::default().resolve(TriggerKind::Time, &max).map(|l| l.wall);
        assert_eq!(cut, Ok(Duration::from_secs(10)));
        let asked = LimitsRequest { wall: Some(Duration::from_secs(11)), ..Default::default() };
        let error = asked.resolve(TriggerKind::Time, &max).unwrap_err();
        assert_eq!(error.to_string(), "limit `wall` asks for 11s, above the host's maximum of 10s");
    }

    #[test]
    fn zero_is_refused_by_name() {
        for (request, field) in [
            (LimitsRequest { wall: Some(Duration::ZERO), ..Default::default() }, "wall"),
            (LimitsRequest { cpu: Some(Duration::ZERO), ..Default::default() }, "cpu"),
            (LimitsRequest { grace: Some(Duration::ZERO), ..Default::default() }, "grace"),
            (LimitsRequest { memory_bytes: Some(0), ..Default::default() }, "memory"),
            (LimitsRequest { output_bytes: Some(0), ..Default::default() }, "output"),
            (LimitsRequest { deferrals: Some(0), ..Default::default() }, "deferrals"),
        ] {
            assert_eq!(
                request.resolve(TriggerKind::Time, &Limits::host_max()),
                Err(LimitsError::Zero { field })
            );
        }
    }
}
