//! The flags of `dormouse serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use dormouse::{AccessStatus, QuotaPolicy};
use dormouse_store_sqlite::Synchronous;

use super::{HomeArgs, HostLimitArgs, OutputArgs, ProfileArgs};
use crate::parse::{age, bytes_or_none, duration, lease, quota};

const ABOUT: &str = "\
Run the installed apps: their triggers fire, and their tasks run.

What an earlier host left unfinished in the state directory is run first. The control API, which the other commands use, \
is at the Unix socket `dormouse.sock` in the state directory, and with --listen also at a TCP address.

On a terminal, events, receipts and the tasks' output are printed as `dormouse run` prints them. Where standard error is \
no terminal, or with --log-format, what happens is logged to it instead, without the tasks' output.

Ctrl-C cancels what runs and gives it its grace to end, --grace-stop at most; a second Ctrl-C takes it down at once. \
SIGTERM and SIGHUP do the same. What was cut off runs again when it is started again.

Each of these flags can be given in the environment, under the name that is shown.";

const EXAMPLES: &str = "\
Examples:
  dormouse serve
  dormouse serve --state /var/lib/dormouse --log-format json
  dormouse serve --listen 127.0.0.1:7700 --metrics 127.0.0.1:9700";

/// `dormouse serve`.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) home: HomeArgs,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
    #[command(flatten)]
    pub(crate) telemetry: TelemetryArgs,
    #[command(flatten)]
    pub(crate) running: RunningArgs,
    #[command(flatten)]
    pub(crate) limits: HostLimitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Log what happens to standard error, for people or for programs [default: text; json with --json]
    #[arg(long, value_name = "FORMAT", env = "DORMOUSE_LOG_FORMAT", help_heading = "Output")]
    pub(crate) log_format: Option<LogFormat>,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line each.
    Text,
    /// A JSON object a line.
    Json,
}

/// How long what is over is kept, and how safely.
#[derive(Debug, Args)]
#[command(next_help_heading = "State")]
pub(crate) struct KeepArgs {
    /// How long runs are kept after their end, with their completions and output
    #[arg(long, value_name = "TIME", env = "DORMOUSE_RETENTION_AGE", default_value = "30d", value_parser = age)]
    pub(crate) retention_age: Duration,

    /// How many runs are kept, the newest
    #[arg(
        long,
        value_name = "N",
        env = "DORMOUSE_RETENTION_RUNS",
        default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub(crate) retention_runs: u64,

    /// Between two looks at what is to go
    #[arg(long, value_name = "TIME", env = "DORMOUSE_RETENTION_EVERY", default_value = "1h", value_parser = age)]
    pub(crate) retention_every: Duration,

    /// How much is kept of what a run wrote, of each stream, head and tail, up to 8MiB; 0: nothing
    #[arg(long, value_name = "SIZE", env = "DORMOUSE_KEEP_OUTPUT", default_value = "64KiB", value_parser = bytes_or_none)]
    pub(crate) keep_output: usize,

    /// What survives a power failure: all that was answered, or, some times faster, all but the last moments. Neither
    /// loses anything when only the process dies
    #[arg(long, value_name = "HOW", env = "DORMOUSE_SYNCHRONOUS", default_value = "full")]
    pub(crate) synchronous: SynchronousArg,
}

/// When a commit is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SynchronousArg {
    /// Before it is answered.
    Full,
    /// Soon after.
    Normal,
}

impl From<SynchronousArg> for Synchronous {
    fn from(asked: SynchronousArg) -> Self {
        match asked {
            SynchronousArg::Full => Self::Full,
            SynchronousArg::Normal => Self::Normal,
        }
    }
}

/// Where the control API is, beyond the Unix socket.
#[derive(Debug, Args)]
#[command(next_help_heading = "Control API")]
pub(crate) struct ListenArgs {
    /// Answer the control API at a TCP address as well, to those who have the token
    #[arg(long, value_name = "ADDR:PORT", env = "DORMOUSE_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,

    /// Let --listen and --metrics name addresses that other machines can reach
    ///
    /// There is no TLS here: put a proxy in front that has it.
    #[arg(long, env = "DORMOUSE_LISTEN_ANYWHERE")]
    pub(crate) listen_anywhere: bool,

    /// The file with the token for --listen [default: `token` in the state directory, made if it does not exist]
    #[arg(long, value_name = "FILE", env = "DORMOUSE_TOKEN_FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// What is measured, and who is told.
#[derive(Debug, Args)]
#[command(next_help_heading = "Telemetry")]
pub(crate) struct TelemetryArgs {
    /// Answer Prometheus at a TCP address, path /metrics
    #[arg(long, value_name = "ADDR:PORT", env = "DORMOUSE_METRICS")]
    pub(crate) metrics: Option<SocketAddr>,

    /// Send metrics and traces to an OpenTelemetry collector, by OTLP over HTTP, like http://127.0.0.1:4318
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub(crate) otlp: Option<String>,
}

/// How tasks are run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Running")]
pub(crate) struct RunningArgs {
    /// How many tasks run at once [default: four for each core]
    #[arg(long, value_name = "N", env = "DORMOUSE_SLOTS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) slots: Option<u32>,

    /// How many tasks of one app run at once
    #[arg(
        long,
        value_name = "N",
        env = "DORMOUSE_SLOTS_PER_APP",
        default_value_t = 4,
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    pub(crate) slots_per_app: u32,

    /// How many apps with a life of their own are there at once, suspended ones among them [default: 64]
    ///
    /// For one more, one that is suspended is ended.
    #[arg(long, value_name = "N", env = "DORMOUSE_APPS", value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub(crate) apps: Option<u32>,

    /// After so many crashes of the host in a row while it ran, a registration is left alone until it is released;
    /// 0: never
    #[arg(long, value_name = "N", env = "DORMOUSE_QUARANTINE_AFTER", default_value_t = 5)]
    pub(crate) quarantine_after: u32,

    /// How long a claim on an activation holds without renewal: from 1s to 1h
    #[arg(long, value_name = "TIME", env = "DORMOUSE_LEASE", default_value = "30s", value_parser = lease)]
    pub(crate) lease: Duration,

    /// How long a stop waits for what runs, whatever its own grace, before it takes it down
    #[arg(long, value_name = "TIME", env = "DORMOUSE_GRACE_STOP", default_value = "30s", value_parser = duration)]
    pub(crate) grace_stop: Duration,

    /// What holds for apps whose access to the background nobody decided about
    /// [default: allowed-subject-to-policy; unspecified with --profile uwp and uwp8]
    #[arg(long, value_name = "STATUS", env = "DORMOUSE_ACCESS_DEFAULT")]
    pub(crate) access_default: Option<AccessStatus>,

    #[command(flatten)]
    pub(crate) profile: ProfileArgs,

    /// CPU time per window, like 2s/15m, of each app that has no quota of its own; when it is spent its runs are paused
    /// until the next [default: none; 2s/15m with --profile uwp8]
    #[arg(long, value_name = "CPU/WINDOW", env = "DORMOUSE_QUOTA_DEFAULT", value_parser = quota)]
    pub(crate) quota_default: Option<QuotaPolicy>,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use dormouse::Profile;
    use dormouse::core::Retention;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parsed(args: &str) -> Result<ServeArgs, clap::Error> {
        match Cli::try_parse_from(["dormouse", "serve"].into_iter().chain(args.split_whitespace()))?.command {
            Command::Serve(args) => Ok(*args),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_said_is_what_a_host_does_by_itself() {
        let args = parsed("").expect("nothing is needed");
        let Retention { age, runs, every, .. } = Retention::DEFAULT;
        assert_eq!((args.keep.retention_age, args.keep.retention_runs), (age, runs));
        assert_eq!(args.keep.retention_every, every);
        assert_eq!(args.keep.keep_output, 64 * 1024);
        assert_eq!(args.keep.synchronous, SynchronousArg::Full);
        assert_eq!(args.running.profile.profile, Profile::Default);
        assert_eq!((args.running.access_default, args.running.quota_default), (None, None), "the profile's");
        assert_eq!(args.running.quarantine_after, 5);
        assert_eq!(parsed("--keep-output 0").expect("it is valid").keep.keep_output, 0);
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        for args in [
            "--listen 7700",
            "--listen localhost",
            "--metrics :9700",
            "--retention-age 0d",
            "--retention-runs 0",
            "--keep-output much",
            "--keep-output 9MiB",
            "--synchronous off",
            "--slots 0",
            "--slots-per-app 0",
            "--apps 10001",
            "--quarantine-after -1",
            "--lease 100ms",
            "--lease 2h",
            "--grace-stop 0s",
            "--limit-default speed=1",
            "--limit-default wall",
            "--limit-max handles=many",
            "--app-limit-max settings=many",
            "--limit-max class=long",
            "--wasm-stack 1KiB",
            "--access-default maybe",
            "--profile windows",
            "--quota-default 2s",
            "--log-format xml",
            "--quiet --verbose",
        ] {
            assert!(parsed(args).is_err(), "{args}");
        }
    }
}
