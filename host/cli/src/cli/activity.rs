//! The flags of the commands about what runs and what ran.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dormouse::core::OutcomeKind;
use dormouse::{AppId, QuotaPolicy};

use super::{HostArgs, JsonArgs, ListArgs, OfAppArgs, OutputArgs, WhichArgs};
use crate::parse::{Moment, app, duration, quota};

const FIRE_ABOUT: &str = "\
Fire a registration now, whatever its trigger.

The answer says what became of it: an activation, one that waited already and stands for this firing too, or one that an \
earlier firing with the same --key made. With --wait or --follow, the exit code is that of the run, as of `dormouse run`; \
without, it is 0 if the firing was taken in. Ctrl-C stops the waiting, not the run.";

const FIRE_EXAMPLES: &str = "\
Examples:
  dormouse fire org.example.feeds/hourly
  dormouse fire thumbnails --arg holiday.jpg --wait=5m
  dormouse fire import --arg-file batch.json --key batch-2026-03-01 --follow";

const CANCEL_ABOUT: &str = "\
Cancel a run, or all runs of a registration that go on.

The task is told and has its grace to end. With --kill its sandbox is taken away at once.";

const WATCH_ABOUT: &str = "\
Print what happens while it happens, as `dormouse run` prints it: events, receipts, and what tasks write.

What happened before is not told, nor what happens while the host is down: `dormouse runs` and `dormouse logs` know of it.";

const LOGS_ABOUT: &str = "\
Print what runs wrote: of one run, or the newest runs of a registration, the oldest first.

Standard output of the task goes to standard output, standard error to standard error. On a terminal, what it would obey \
instead of show is escaped; --raw gives the bytes as the task wrote them.

A task without an entry point runs in its app, and what it writes is the app's: `dormouse app output`.";

/// `dormouse fire`.
#[derive(Debug, Args)]
#[command(long_about = FIRE_ABOUT, after_help = FIRE_EXAMPLES)]
pub(crate) struct FireArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,

    /// Arguments for the task, as text
    #[arg(long, value_name = "TEXT", conflicts_with = "arg_file", allow_hyphen_values = true)]
    pub(crate) arg: Option<String>,

    /// Arguments for the task, as the bytes of a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) arg_file: Option<PathBuf>,

    /// A name for this firing: with the same one, it is taken in only once
    #[arg(long)]
    pub(crate) key: Option<String>,

    /// Wait for the end, for so long at most [default: as long as it takes]
    #[arg(long, value_name = "TIME", value_parser = duration, num_args = 0..=1, require_equals = true)]
    pub(crate) wait: Option<Option<Duration>>,

    /// Wait for the end, and print meanwhile what the run does and writes
    #[arg(long)]
    pub(crate) follow: bool,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `dormouse cancel`.
#[derive(Debug, Args)]
#[command(
    long_about = CANCEL_ABOUT,
    after_help = "Examples:\n  dormouse cancel org.example.feeds/hourly\n  dormouse cancel 1a2b3c4d --kill"
)]
pub(crate) struct CancelArgs {
    /// A run by its id or the end of it, or a registration
    #[arg(value_name = "NAME|RUN")]
    pub(crate) which: String,

    #[command(flatten)]
    pub(crate) of: OfAppArgs,

    /// Take its sandbox away at once
    #[arg(long)]
    pub(crate) kill: bool,

    /// Why, for its receipt
    #[arg(long, value_name = "TEXT")]
    pub(crate) detail: Option<String>,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse watch`.
#[derive(Debug, Args)]
#[command(
    long_about = WATCH_ABOUT,
    after_help = "Examples:\n  dormouse watch\n  dormouse watch --app org.example.feeds\n  dormouse watch hourly --json"
)]
pub(crate) struct WatchArgs {
    /// Of this registration only
    #[arg(value_name = "NAME")]
    pub(crate) which: Option<String>,

    #[command(flatten)]
    pub(crate) of: OfAppArgs,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `dormouse logs`.
#[derive(Debug, Args)]
#[command(
    long_about = LOGS_ABOUT,
    after_help = "Examples:\n  dormouse logs org.example.feeds/hourly\n  dormouse logs hourly -n 10 -f\n  dormouse logs 1a2b3c4d --raw > out"
)]
pub(crate) struct LogsArgs {
    /// A run by its id or the end of it, or a registration
    #[arg(value_name = "NAME|RUN")]
    pub(crate) which: String,

    #[command(flatten)]
    pub(crate) of: OfAppArgs,

    /// Of how many runs that ended
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(crate) runs: u32,

    /// Go on with what is written from now on
    #[arg(long, short)]
    pub(crate) follow: bool,

    /// The bytes as the task wrote them, and nothing else
    #[arg(long, conflicts_with_all = ["follow", "json"])]
    pub(crate) raw: bool,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse runs`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dormouse runs\n  dormouse runs hourly --since 1h --outcome failed\n  dormouse runs --app org.example.feeds --watch"
)]
pub(crate) struct RunsArgs {
    /// Of this registration only
    #[arg(value_name = "NAME")]
    pub(crate) which: Option<String>,

    #[command(flatten)]
    pub(crate) of: OfAppArgs,

    /// Ended then or later: a moment, or how long ago it was, like 1h
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<Moment>,

    /// Ended before then
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<Moment>,

    /// With this outcome only: succeeded, failed, canceled, trapped, deferral-abandoned or interrupted
    #[arg(long)]
    pub(crate) outcome: Option<OutcomeKind>,

    /// How many that ended, the newest
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// `dormouse quota`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dormouse quota\n  dormouse quota org.example.feeds --set 2s/15m\n  dormouse quota org.example.feeds --off"
)]
pub(crate) struct QuotaArgs {
    /// Of this app only
    #[arg(value_parser = app)]
    pub(crate) app: Option<AppId>,

    #[command(flatten)]
    pub(crate) decide: QuotaDecideArgs,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// What to decide about an app's quota.
#[derive(Debug, Args)]
#[command(next_help_heading = "Decide")]
#[group(multiple = false)]
pub(crate) struct QuotaDecideArgs {
    /// Give it so much CPU time per window, of all its runs together: 2s/15m. It holds at once, also for what runs
    #[arg(long, value_name = "CPU/WINDOW", value_parser = quota, requires = "app", conflicts_with = "watch")]
    pub(crate) set: Option<QuotaPolicy>,

    /// Let it have none, whatever it or the host says
    #[arg(long, requires = "app", conflicts_with = "watch")]
    pub(crate) off: bool,

    /// Take back what was decided: it has its own again, or the host's
    #[arg(long, requires = "app", conflicts_with = "watch")]
    pub(crate) unset: bool,
}
