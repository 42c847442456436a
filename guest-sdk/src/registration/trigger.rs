//! What wakes a task.

use std::time::Duration;

use crate::bindings::dormouse::background::registration as wit;
use crate::millis;

/// What wakes a task. Exactly one for each registration (UWP-001).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// The app's own request (UWP-043).
    Application,
    /// The passing of time.
    Time(TimeTrigger),
    /// The calendar.
    Cron(CronTrigger),
    /// The passing of time, on external power only (UWP-040).
    Maintenance(TimeTrigger),
    /// Something that happens to the machine.
    System(SystemTrigger),
    /// Changes in a directory.
    Filesystem(FilesystemTrigger),
    /// What arrives on a socket that the host owns (UWP-053).
    Socket(SocketTrigger),
    /// A signal on a topic; the newest counts.
    Signal(SignalTrigger),
    /// A message on a topic, which is this; each counts.
    Message(String),
}

impl Trigger {
    /// Every `period`, counted from the registration.
    #[must_use]
    pub fn every(period: Duration) -> Self {
        Self::Time(TimeTrigger::periodic(period))
    }

    /// Once, `after` the registration.
    #[must_use]
    pub fn once(after: Duration) -> Self {
        Self::Time(TimeTrigger::once(after))
    }

    /// At the times of a cron expression, in UTC.
    #[must_use]
    pub fn cron(expression: impl Into<String>) -> Self {
        Self::Cron(CronTrigger::new(expression))
    }

    /// Every `period`, on external power only.
    #[must_use]
    pub fn maintenance(period: Duration) -> Self {
        Self::Maintenance(TimeTrigger::periodic(period))
    }

    /// Whenever something happens to the machine.
    #[must_use]
    pub fn system(event: SystemEvent) -> Self {
        Self::System(SystemTrigger { event, one_shot: false })
    }

    /// Whenever there is a signal on `topic`.
    #[must_use]
    pub fn signal(topic: impl Into<String>) -> Self {
        Self::Signal(SignalTrigger::new(topic))
    }

    /// On each message of `topic`.
    #[must_use]
    pub fn message(topic: impl Into<String>) -> Self {
        Self::Message(topic.into())
    }
}

/// Every so often, counted from the registration; or once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeTrigger {
    /// The period, in whole seconds, rounded up. The host's profile bounds it.
    pub every: Duration,
    /// Fire once only (UWP-033).
    pub one_shot: bool,
    /// What becomes of occurrences that could not fire when they were due.
    pub misfire: Misfire,
    /// Put each occurrence off by up to this, in whole seconds: always the same for one registration.
    pub jitter: Duration,
}

impl TimeTrigger {
    /// Every `every`.
    #[must_use]
    pub const fn periodic(every: Duration) -> Self {
        Self { every, one_shot: false, misfire: Misfire::Coalesce, jitter: Duration::ZERO }
    }

    /// Once, `after` the registration.
    #[must_use]
    pub const fn once(after: Duration) -> Self {
        Self { one_shot: true, ..Self::periodic(after) }
    }
}

/// A [time](Trigger::Time) trigger; for maintenance, name [`Trigger::Maintenance`].
impl From<TimeTrigger> for Trigger {
    fn from(time: TimeTrigger) -> Self {
        Self::Time(time)
    }
}

/// At the times of a cron expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CronTrigger {
    /// Minute, hour, day of month, month, day of week.
    pub expression: String,
    /// An IANA name: `Europe/Berlin`.
    pub time_zone: String,
    /// What becomes of occurrences that could not fire when they were due.
    pub misfire: Misfire,
    /// See [`TimeTrigger::jitter`].
    pub jitter: Duration,
}

impl CronTrigger {
    /// At the times of `expression`, in UTC.
    #[must_use]
    pub fn new(expression: impl Into<String>) -> Self {
        let time_zone = "UTC".to_owned();
        Self { expression: expression.into(), time_zone, misfire: Misfire::Coalesce, jitter: Duration::ZERO }
    }

    /// The same times, in another time zone.
    #[must_use]
    pub fn in_time_zone(mut self, name: impl Into<String>) -> Self {
        self.time_zone = name.into();
        self
    }
}

impl From<CronTrigger> for Trigger {
    fn from(cron: CronTrigger) -> Self {
        Self::Cron(cron)
    }
}

/// When something happens to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SystemTrigger {
    /// What.
    pub event: SystemEvent,
    /// Fire once only.
    pub one_shot: bool,
}

impl From<SystemTrigger> for Trigger {
    fn from(system: SystemTrigger) -> Self {
        Self::System(system)
    }
}

/// When something changes in a granted directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FilesystemTrigger {
    /// Its path, as the task sees it.
    pub directory: String,
    /// The directories below it as well.
    pub recursive: bool,
    /// How long it must be quiet before the firing, in whole milliseconds.
    pub settle: Duration,
}

impl FilesystemTrigger {
    /// Watches `directory`, without the directories below it.
    #[must_use]
    pub fn new(directory: impl Into<String>) -> Self {
        Self { directory: directory.into(), recursive: false, settle: Duration::from_millis(200) }
    }
}

impl From<FilesystemTrigger> for Trigger {
    fn from(filesystem: FilesystemTrigger) -> Self {
        Self::Filesystem(filesystem)
    }
}

/// When something arrives on a socket that the host owns. See [`sockets`](crate::sockets).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SocketTrigger {
    /// A granted address with its port: `127.0.0.1:8080`.
    pub listen: String,
    /// The silence on a connection that is told as well, in whole milliseconds.
    pub keep_alive: Option<Duration>,
}

impl SocketTrigger {
    /// Listens for TCP connections at `listen`.
    #[must_use]
    pub fn tcp(listen: impl Into<String>) -> Self {
        Self { listen: listen.into(), keep_alive: None }
    }
}

impl From<SocketTrigger> for Trigger {
    fn from(socket: SocketTrigger) -> Self {
        Self::Socket(socket)
    }
}

/// When there is a signal on a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignalTrigger {
    /// The topic, compared as it stands.
    pub topic: String,
    /// Fire once only, ever.
    pub one_shot: bool,
    /// How often it fires within one life of the host (UWP-052).
    pub recurrence: Recurrence,
}

impl SignalTrigger {
    /// Whenever there is a signal on `topic`.
    #[must_use]
    pub fn new(topic: impl Into<String>) -> Self {
        Self { topic: topic.into(), one_shot: false, recurrence: Recurrence::Always }
    }
}

impl From<SignalTrigger> for Trigger {
    fn from(signal: SignalTrigger) -> Self {
        Self::Signal(signal)
    }
}

/// Binds an enum of the contract and ours to each other, in both directions.
macro_rules! same {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $case:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$of])* $case,)* }

        impl From<wit::$name> for $name {
            fn from(value: wit::$name) -> Self {
                match value { $(wit::$name::$case => Self::$case,)* }
            }
        }

        impl From<$name> for wit::$name {
            fn from(value: $name) -> Self {
                match value { $($name::$case => Self::$case,)* }
            }
        }
    };
}

same! {
    /// Something that happens to the machine or its session.
    SystemEvent {
        /// The internet can be reached, and could not before.
        InternetAvailable,
        /// Connectivity or its cost changed.
        NetworkStateChange,
        /// Somebody came to the machine.
        UserPresent,
        /// Whoever was at the machine is gone.
        UserAway,
        /// A session was connected.
        SessionConnected,
        /// Local time shifted (UWP-048).
        TimeZoneChange,
        /// The state of the battery changed.
        PowerStateChange,
        /// What background work costs changed.
        BackgroundWorkCostChange,
        /// The app was updated (UWP-050).
        ServicingComplete,
    }
}

same! {
    /// What becomes of occurrences that could not fire when they were due.
    Misfire {
        /// The newest fires once and stands for all.
        Coalesce,
        /// The newest fires if it is not late by more than a minute; the others are forgotten.
        Skip,
        /// Each fires.
        All,
    }
}

same! {
    /// How often a signal fires within one life of the host.
    Recurrence {
        /// The first time only.
        Once,
        /// Every time.
        Always,
    }
}

/// Whole seconds, rounded up: a wait is never shorter than asked.
fn seconds(span: Duration) -> u32 {
    u32::try_from(millis::round_up(span).div_ceil(1_000)).unwrap_or(u32::MAX)
}

fn of_seconds(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds))
}

fn of_millis(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}

impl From<TimeTrigger> for wit::TimeTrigger {
    fn from(time: TimeTrigger) -> Self {
        Self {
            every_s: seconds(time.every),
            one_shot: time.one_shot,
            misfire: time.misfire.into(),
            jitter_s: seconds(time.jitter),
        }
    }
}

impl From<wit::TimeTrigger> for TimeTrigger {
    fn from(time: wit::TimeTrigger) -> Self {
        Self {
            every: of_seconds(time.every_s),
            one_shot: time.one_shot,
            misfire: time.misfire.into(),
            jitter: of_seconds(time.jitter_s),
        }
    }
}

impl From<Trigger> for wit::Trigger {
    fn from(trigger: Trigger) -> Self {
        match trigger {
            Trigger::Application => Self::Application,
            Trigger::Time(time) => Self::Time(time.into()),
            Trigger::Cron(cron) => Self::Cron(wit::CronTrigger {
                expression: cron.expression,
                time_zone: cron.time_zone,
                misfire: cron.misfire.into(),
                jitter_s: seconds(cron.jitter),
            }),
            Trigger::Maintenance(time) => Self::Maintenance(time.into()),
            Trigger::System(system) => {
                Self::System(wit::SystemTrigger { event: system.event.into(), one_shot: system.one_shot })
            }
            Trigger::Filesystem(filesystem) => Self::Filesystem(wit::FilesystemTrigger {
                directory: filesystem.directory,
                recursive: filesystem.recursive,
                settle_ms: millis::to_wire(filesystem.settle),
            }),
            Trigger::Socket(socket) => Self::Socket(wit::SocketTrigger {
                listen: socket.listen,
                keep_alive_ms: socket.keep_alive.map(millis::to_wire),
            }),
            Trigger::Signal(signal) => Self::Signal(wit::SignalTrigger {
                topic: signal.topic,
                one_shot: signal.one_shot,
                recurrence: signal.recurrence.into(),
            }),
            Trigger::Message(topic) => Self::Message(topic),
        }
    }
}

impl From<wit::Trigger> for Trigger {
    fn from(trigger: wit::Trigger) -> Self {
        match trigger {
            wit::Trigger::Application => Self::Application,
            wit::Trigger::Time(time) => Self::Time(time.into()),
            wit::Trigger::Cron(cron) => Self::Cron(CronTrigger {
                expression: cron.expression,
                time_zone: cron.time_zone,
                misfire: cron.misfire.into(),
                jitter: of_seconds(cron.jitter_s),
            }),
            wit::Trigger::Maintenance(time) => Self::Maintenance(time.into()),
            wit::Trigger::System(system) => {
                Self::System(SystemTrigger { event: system.event.into(), one_shot: system.one_shot })
            }
            wit::Trigger::Filesystem(filesystem) => Self::Filesystem(FilesystemTrigger {
                directory: filesystem.directory,
                recursive: filesystem.recursive,
                settle: of_millis(filesystem.settle_ms),
            }),
            wit::Trigger::Socket(socket) => Self::Socket(SocketTrigger {
                listen: socket.listen,
                keep_alive: socket.keep_alive_ms.map(of_millis),
            }),
            wit::Trigger::Signal(signal) => Self::Signal(SignalTrigger {
                topic: signal.topic,
                one_shot: signal.one_shot,
                recurrence: signal.recurrence.into(),
            }),
            wit::Trigger::Message(topic) => Self::Message(topic),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_never_shorter_than_asked_and_does_not_wrap() {
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_secs(90)), 90);
        assert_eq!(seconds(Duration::MAX), u32::MAX);
    }

    #[test]
    fn every_trigger_crosses_the_boundary_and_comes_back_as_it_was() {
        let minute = Duration::from_secs(60);
        let signal = SignalTrigger { recurrence: Recurrence::Once, ..SignalTrigger::new("t") };
        let socket = SocketTrigger { keep_alive: Some(minute), ..SocketTrigger::tcp("127.0.0.1:80") };
        let triggers: [Trigger; 9] = [
            Trigger::Application,
            Trigger::once(minute),
            CronTrigger::new("0 * * * *").in_time_zone("Europe/Berlin").into(),
            Trigger::Maintenance(TimeTrigger {
                misfire: Misfire::Skip,
                jitter: minute,
                ..TimeTrigger::periodic(minute)
            }),
            SystemTrigger { event: SystemEvent::UserAway, one_shot: true }.into(),
            FilesystemTrigger { recursive: true, ..FilesystemTrigger::new("/data") }.into(),
            socket.into(),
            signal.into(),
            Trigger::message("t"),
        ];
        for trigger in triggers {
            assert_eq!(Trigger::from(wit::Trigger::from(trigger.clone())), trigger);
        }
    }
}
