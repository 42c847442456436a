//! The flags of the commands about registrations.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use dormouse::core::explain::HISTORY_LISTED_MAX;
use dormouse::{AccessStatus, AppId, Class, Condition, Overlap, SystemEvent};

use super::{HostArgs, JsonArgs, LimitArgs, ListArgs, OfAppArgs};
use crate::parse::{EnvArg, app, bytes, duration, overlap};

const REGISTER_ABOUT: &str = "\
Register a task of an installed app: where it runs, and exactly one trigger.

A registration of the same app, group and name is replaced if it says something else; --if-exists says otherwise. \
What is registered is kept until it is unregistered, and fires while `dormouse serve` runs. --misfire, --jitter, \
--one-shot, --settle and --keep-alive say more of the triggers that they fit.";

const REGISTER_EXAMPLES: &str = "\
Examples:
  dormouse register org.example.feeds --name hourly --entry-point refresh --cron '0 * * * *' --tz Europe/Berlin
  dormouse register org.example.feeds --name online --entry-point refresh --system internet-available \\
      --condition free-network-available
  dormouse register org.example.feeds --name new --entry-point refresh --watch /pictures --overlap queue:10
  dormouse register org.example.feeds --name ask --entry-point refresh --application --class long --retry 3";

const SHOW_EXAMPLES: &str = "\
Examples:
  dormouse show org.example.feeds
  dormouse show org.example.feeds/hourly
  dormouse show 1a2b3c4d";

/// `dormouse register`.
#[derive(Debug, Args)]
#[command(
    long_about = REGISTER_ABOUT,
    after_help = REGISTER_EXAMPLES,
    group = ArgGroup::new("trigger").required(true).multiple(false)
)]
pub(crate) struct RegisterArgs {
    /// The app
    #[arg(value_parser = app)]
    pub(crate) app: AppId,

    /// The name of the registration
    #[arg(long)]
    pub(crate) name: String,

    /// The entry point that runs, as the package's manifest names it. Without one, it runs in the instance of its app, if
    /// the package has an [app]
    #[arg(long, short)]
    pub(crate) entry_point: Option<String>,

    #[command(flatten)]
    pub(crate) wake: WakeArgs,
    #[command(flatten)]
    pub(crate) finer: FinerArgs,

    /// Start only while this holds; all must. May be repeated. See `dormouse conditions`
    #[arg(long, value_name = "CONDITION")]
    pub(crate) condition: Vec<Condition>,

    /// Cancel a run when a condition stops to hold
    #[arg(long, requires = "condition")]
    pub(crate) cancel_on_condition_loss: bool,

    /// What a firing becomes while it waits or runs: coalesce, keep-latest, refuse, queue:N or parallel:N
    #[arg(long, value_name = "POLICY", value_parser = overlap)]
    pub(crate) overlap: Option<Overlap>,

    /// The group to put it into
    #[arg(long)]
    pub(crate) group: Option<String>,

    /// A variable of the task's environment; without a value, the one that it has here. May be repeated
    ///
    /// Its name alone is shown afterwards. Its value is kept in the state directory in the clear.
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<EnvArg>,

    /// An argument of the task, which every run gets. May be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) arg: Vec<String>,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) more: MoreLimitArgs,

    /// What to do if there is one of this name
    #[arg(long, value_name = "WHAT", default_value = "replace")]
    pub(crate) if_exists: Existing,

    /// Only say whether it could be registered
    #[arg(long)]
    pub(crate) validate: bool,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// What wakes it: one of these.
#[derive(Debug, Args)]
#[command(next_help_heading = "Trigger")]
pub(crate) struct WakeArgs {
    /// Every so often, for the first time after one period
    #[arg(long, value_name = "TIME", value_parser = duration, group = "trigger")]
    pub(crate) every: Option<Duration>,

    /// At the times of a cron expression: minute, hour, day of month, month, day of week
    #[arg(long, value_name = "EXPRESSION", group = "trigger")]
    pub(crate) cron: Option<String>,

    /// The time zone of --cron: an IANA name, like Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE", requires = "cron", conflicts_with_all = [
        "every", "once", "maintenance", "system", "watch", "listen", "signal", "message", "application",
    ])]
    pub(crate) tz: Option<String>,

    /// Once, after so long
    #[arg(long, value_name = "TIME", value_parser = duration, group = "trigger")]
    pub(crate) once: Option<Duration>,

    /// Every so often, on external power
    #[arg(long, value_name = "TIME", value_parser = duration, group = "trigger")]
    pub(crate) maintenance: Option<Duration>,

    /// When something happens to the machine. See `dormouse triggers`
    #[arg(long, value_name = "EVENT", group = "trigger")]
    pub(crate) system: Option<SystemEvent>,

    /// When something changes in a directory that the app was granted, by the path that the task sees
    #[arg(long, value_name = "GUEST", group = "trigger")]
    pub(crate) watch: Option<String>,

    /// Watch the directories below it as well
    #[arg(long, requires = "watch", conflicts_with_all = [
        "every", "cron", "once", "maintenance", "system", "listen", "signal", "message", "application",
    ])]
    pub(crate) recursive: bool,

    /// On what arrives at an address that the app was granted
    #[arg(long, value_name = "ADDRESS", group = "trigger")]
    pub(crate) listen: Option<SocketAddr>,

    /// On a fact on this topic; the newest counts
    #[arg(long, value_name = "TOPIC", group = "trigger")]
    pub(crate) signal: Option<String>,

    /// On a message on this topic; each counts
    #[arg(long, value_name = "TOPIC", group = "trigger")]
    pub(crate) message: Option<String>,

    /// When it is asked for
    #[arg(long, group = "trigger")]
    pub(crate) application: bool,
}

/// More about what wakes it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Trigger")]
pub(crate) struct FinerArgs {
    /// What becomes of times that passed while no host ran, for --every, --cron and --maintenance [default: coalesce]
    #[arg(long, value_name = "WHAT")]
    pub(crate) misfire: Option<MisfireArg>,

    /// Put each time off by up to so long, for --every, --cron and --maintenance
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) jitter: Option<Duration>,

    /// Fire for the first time only, for --maintenance, --system and --signal
    #[arg(long)]
    pub(crate) one_shot: bool,

    /// Wait until a directory was quiet for so long, for --watch
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) settle: Option<Duration>,

    /// Also fire when a connection was silent for so long, for --listen
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) keep_alive: Option<Duration>,
}

/// What becomes of times that passed while no host ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MisfireArg {
    /// The newest fires once and stands for all
    Coalesce,
    /// The newest fires if it is not late
    Skip,
    /// Each fires
    All,
}

/// What else bounds a run, and what follows when it fails.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct MoreLimitArgs {
    /// What limits are taken from where no flag says one [default: what the trigger picks]
    ///
    /// default: 25 seconds; long: 10 minutes; maintenance: 30 minutes; device-use: 10 minutes of little CPU and much I/O;
    /// unlimited: as long as it takes, where the host grants it.
    #[arg(long)]
    pub(crate) class: Option<Class>,

    /// What is kept of each stream that a run writes, while it runs [default: 1MiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) output_bytes: Option<u64>,

    /// Deferrals of a run at once [default: 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) deferrals: Option<u32>,

    /// How long to wait before the first --retry; each wait after it is twice as long [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "retry")]
    pub(crate) retry_initial: Option<Duration>,

    /// The longest wait before a --retry [default: 15m]
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "retry")]
    pub(crate) retry_max: Option<Duration>,
}

/// What to do if there is a registration of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Existing {
    /// Replace it, if it says something else
    Replace,
    /// Leave it as it is
    Keep,
    /// Refuse
    Error,
    /// Make another one
    Duplicate,
}

/// Which registration.
#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// Its id, the end of its id, its name, or APP/NAME
    #[arg(value_name = "NAME")]
    pub(crate) which: String,

    #[command(flatten)]
    pub(crate) of: OfAppArgs,
}

/// `dormouse unregister`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dormouse unregister hourly --app org.example.feeds\n  dormouse unregister org.example.feeds/hourly --cancel"
)]
pub(crate) struct UnregisterArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,

    /// Cancel what runs of it as well
    #[arg(long)]
    pub(crate) cancel: bool,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dormouse list\n  dormouse list --app org.example.feeds --watch")]
pub(crate) struct RegistrationsArgs {
    #[command(flatten)]
    pub(crate) of: OfAppArgs,

    /// Of this group only
    #[arg(long)]
    pub(crate) group: Option<String>,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// `dormouse show`.
#[derive(Debug, Args)]
#[command(after_help = SHOW_EXAMPLES)]
pub(crate) struct ShowArgs {
    /// An app; a registration as APP/NAME, by its name or its id; or the id of a run or an activation. The end of an id
    /// will do
    #[arg(value_name = "NAME|ID")]
    pub(crate) which: String,

    /// A registration of this app only
    #[arg(long, value_name = "APP", value_parser = app)]
    pub(crate) app: Option<AppId>,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse access`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dormouse access org.example.feeds\n  dormouse access org.example.feeds denied-by-user"
)]
pub(crate) struct AccessArgs {
    /// The app
    #[arg(value_parser = app)]
    pub(crate) app: AppId,

    /// What to decide: unspecified, always-allowed, allowed-subject-to-policy, denied-by-policy or denied-by-user
    pub(crate) status: Option<AccessStatus>,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse release`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dormouse release org.example.feeds/hourly")]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse explain`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dormouse explain hourly --app org.example.feeds --history 5")]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,

    /// How many of the runs that ended to list, the newest first
    #[arg(long, value_name = "N", default_value_t = 3,
        value_parser = clap::value_parser!(u16).range(0..=HISTORY_LISTED_MAX as i64))]
    pub(crate) history: u16,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}
