//! The flags of `dormouse run`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dormouse::core::HostPort;
use dormouse::{Condition, HostBuilder, LimitsRequest, QuotaPolicy, SystemEvent};

use super::ProfileArgs;
use crate::exit;
use crate::parse::{
    AppLimitArg, DirArg, EnvArg, LimitArg, LimitMaxArg, WatchArg, bytes, duration, quota, wasm_stack,
};

const LONG_ABOUT: &str = "\
Run a task: now, on a schedule, or when something happens.

PATH is a component (`.wasm`), or a directory with a Cargo.toml: that package is built first, for wasm32-wasip2 in \
release mode. Without --every, --cron, --watch or --on the task is run once, now.

What the task writes to its standard output goes to standard output, each line with the run's short id; events, \
receipts and the task's standard error go to standard error. The task can touch nothing outside its sandbox except \
what --dir, --watch, --allow-net and --env grant, and its own folders /local and /temp.

Ctrl-C cancels what runs and gives it its grace to end; a second Ctrl-C takes it down at once. SIGTERM and SIGHUP \
do the same.";

const EXAMPLES: &str = "\
Examples:
  dormouse run thumbnails.wasm --arg holiday.jpg --dir ./photos::/photos:rw
  dormouse run . --every 5m --allow-net api.example.org:443 --cpu 2s
  dormouse run feeds.wasm --cron '*/15 7-22 * * *' --tz Europe/Berlin --state ./state
  dormouse run sort.wasm --watch ./inbox --json
  dormouse run sync.wasm --on internet-available --condition free-network-available";

/// `dormouse run`.
#[derive(Debug, Args)]
#[command(long_about = LONG_ABOUT, after_help = EXAMPLES, after_long_help = long_after())]
pub(crate) struct RunArgs {
    /// A component, or a directory with a Cargo.toml that is built into one
    pub(crate) path: PathBuf,

    #[command(flatten)]
    pub(crate) build: BuildArgs,
    #[command(flatten)]
    pub(crate) trigger: TriggerArgs,
    #[command(flatten)]
    pub(crate) grants: GrantArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) host_limits: HostLimitArgs,

    /// CPU time of all runs together per window, like 2s/15m; when it is spent they are paused until the next
    #[arg(long, value_name = "CPU/WINDOW", value_parser = quota, help_heading = "Limits")]
    pub(crate) quota: Option<QuotaPolicy>,

    #[command(flatten)]
    pub(crate) profile: ProfileArgs,

    #[command(flatten)]
    pub(crate) state: StateArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

fn long_after() -> String {
    format!("{EXAMPLES}\n\n{}", exit::HELP)
}

/// Which part of a package is the task.
#[derive(Debug, Args)]
#[command(next_help_heading = "Build")]
pub(crate) struct BuildArgs {
    /// The package to build, if PATH is a workspace with several
    #[arg(long, short, value_name = "NAME")]
    pub(crate) package: Option<String>,

    /// The binary to build, if the package has several
    #[arg(long, value_name = "NAME")]
    pub(crate) bin: Option<String>,
}

/// What wakes the task.
#[derive(Debug, Args)]
#[command(next_help_heading = "Trigger")]
pub(crate) struct TriggerArgs {
    /// Arguments for the task, as text
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["arg_file", "scheduled"], allow_hyphen_values = true)]
    pub(crate) arg: Option<String>,

    /// Arguments for the task, as the bytes of a file; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "scheduled")]
    pub(crate) arg_file: Option<PathBuf>,

    /// Run every so often, for the first time after one period
    ///
    /// From 1s to 366 days, or from 15m to less than 30 days with --profile uwp, like 30s, 5m or 1h30m. What a stop of this command made it miss is run once, when the
    /// same --state is used again.
    #[arg(long, value_name = "TIME", value_parser = duration, group = "scheduled")]
    pub(crate) every: Option<Duration>,

    /// Run at the times of a cron expression: minute, hour, day of month, month, day of week
    #[arg(long, value_name = "EXPRESSION", group = "scheduled")]
    pub(crate) cron: Option<String>,

    /// The time zone of --cron: an IANA name, like Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE", requires = "cron", conflicts_with_all = ["every", "watch", "on"])]
    pub(crate) tz: Option<String>,

    /// Run when something changes in a directory
    ///
    /// The task sees the directory at GUEST (by default /watch) and may read it. To let it write there too, name it
    /// again with --dir and :rw.
    #[arg(long, value_name = "DIR[::GUEST]", group = "scheduled")]
    pub(crate) watch: Option<WatchArg>,

    /// Watch the directories below it as well
    #[arg(long, requires = "watch", conflicts_with_all = ["every", "cron", "on"])]
    pub(crate) recursive: bool,

    /// Run when something happens to the machine, like internet-available. See `dormouse triggers`
    #[arg(long, value_name = "EVENT", group = "scheduled")]
    pub(crate) on: Option<SystemEvent>,

    /// Start only while this holds; all must. May be repeated. See `dormouse conditions`
    #[arg(long, value_name = "CONDITION")]
    pub(crate) condition: Vec<Condition>,

    /// Stop after so many activations ended
    ///
    /// By default 1 without a trigger (with N, the task is requested N times and the requests run one after the
    /// other), and unlimited with --every, --cron, --watch and --on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) count: Option<u32>,
}

/// What the task may touch outside its sandbox.
#[derive(Debug, Args)]
#[command(next_help_heading = "Grants")]
pub(crate) struct GrantArgs {
    /// Let the task connect to a host. May be repeated
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) allow_net: Vec<HostPort>,

    /// Let the task read a directory, and write to it with :rw. May be repeated
    #[arg(long, value_name = "HOST::GUEST[:rw]")]
    pub(crate) dir: Vec<DirArg>,

    /// Set a variable in the task's environment; without a value, to the one that it has here. May be repeated
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<EnvArg>,
}

/// What one run may use.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// CPU time of a run until it is cancelled [default: 10s; 5m when it is requested]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) cpu: Option<Duration>,

    /// Wall-clock time of a run until it is cancelled [default: 25s; 10m when it is requested]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) wall: Option<Duration>,

    /// Time between a cancellation and the loss of the sandbox [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) grace: Option<Duration>,

    /// Memory of a run [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) memory: Option<u64>,

    /// Another limit of a run, like handles=100 or idle=1m; flags count before it. May be repeated
    ///
    /// There are class, wall, cpu, cpu-per-minute, grace, grace-cpu, idle, io-every, memory, instances, deferrals, output,
    /// hostcall-bytes, random-bytes, handles, http-fields-bytes and progress-every.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) limit: Vec<LimitArg>,

    /// Try again up to N times after a failure, with growing waits [default: not at all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=999))]
    pub(crate) retry: Option<u32>,
}

impl LimitArgs {
    /// What they ask for.
    pub(crate) fn request(&self) -> LimitsRequest {
        let named = LimitsRequest {
            wall: self.wall,
            cpu: self.cpu,
            grace: self.grace,
            memory_bytes: self.memory,
            ..LimitsRequest::default()
        };
        named.or(&LimitArg::all(&self.limit))
    }
}

/// What all runs may use.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits of the host")]
pub(crate) struct HostLimitArgs {
    /// A limit of all runs whose registration and app name none, like memory=32MiB; see --limit of `dormouse run`. May be
    /// repeated, in the environment with commas between
    #[arg(long, value_name = "KEY=VALUE", env = "DORMOUSE_LIMIT_DEFAULT", value_delimiter = ',')]
    pub(crate) limit_default: Vec<LimitArg>,

    /// The most that any run is given, whoever asks; class=unlimited grants that class. May be repeated, likewise
    #[arg(long, value_name = "KEY=VALUE", env = "DORMOUSE_LIMIT_MAX", value_delimiter = ',')]
    pub(crate) limit_max: Vec<LimitMaxArg>,

    /// A limit of what each app keeps that names none, like folder-bytes=256MiB. May be repeated, likewise
    ///
    /// There are folder-bytes and folder-entries, of its folders /local and /temp together, and settings, settings-bytes
    /// and setting-bytes, of its settings and of each.
    #[arg(long, value_name = "KEY=VALUE", env = "DORMOUSE_APP_LIMIT_DEFAULT", value_delimiter = ',')]
    pub(crate) app_limit_default: Vec<AppLimitArg>,

    /// The most that any app may keep, whoever asks. May be repeated, likewise
    #[arg(long, value_name = "KEY=VALUE", env = "DORMOUSE_APP_LIMIT_MAX", value_delimiter = ',')]
    pub(crate) app_limit_max: Vec<AppLimitArg>,

    /// The stack of every run, from 64KiB to 8MiB
    #[arg(long, value_name = "SIZE", env = "DORMOUSE_WASM_STACK", default_value = "512KiB", value_parser = wasm_stack)]
    pub(crate) wasm_stack: usize,
}

impl HostLimitArgs {
    /// Tells `builder` of them.
    pub(crate) fn limit(&self, builder: HostBuilder) -> HostBuilder {
        let (max, default) = (LimitMaxArg::all(&self.limit_max), LimitArg::all(&self.limit_default));
        let builder = builder.limits_max(max).limits_default(default).wasm_stack(self.wasm_stack);
        builder
            .app_limits_max(AppLimitArg::max(&self.app_limit_max))
            .app_limits_default(AppLimitArg::default(&self.app_limit_default))
    }
}

/// What outlives this command.
#[derive(Debug, Args)]
#[command(next_help_heading = "State")]
pub(crate) struct StateArgs {
    /// Keep the state in a directory, so that nothing that was accepted is lost, whatever ends this command
    ///
    /// It holds the database `dormouse.db` and, under `apps`, the task's /local. One process at a time can use it.
    /// What an earlier command left unfinished in it is run first, by the present component; new requests queue
    /// behind. Without --state, all is gone when this command ends.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,

    /// Only run what an earlier command left unfinished in --state, with the trigger and limits that it had
    #[arg(
        long,
        requires = "state",
        conflicts_with_all = [
            "arg", "arg_file", "every", "cron", "watch", "on", "condition", "count", "cpu", "wall", "grace", "memory",
            "limit", "retry", "name",
        ]
    )]
    pub(crate) resume: bool,

    /// The app that the task belongs to: whose /local and quota it uses [default: the component's file name]
    #[arg(long, value_name = "NAME")]
    pub(crate) app: Option<String>,

    /// The name of the registration: with the same --state, --app and --name it is the same one
    #[arg(long, value_name = "NAME", default_value = "run")]
    pub(crate) name: String,
}

/// What is printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Print every event as a JSON object on a line of standard output, and nothing else there
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,

    /// Print only what the task writes, and what goes wrong
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Print every event, and logs; RUST_LOG says which logs
    #[arg(long, short, conflicts_with_all = ["quiet", "json"])]
    pub(crate) verbose: bool,
}
