//! Flags that several commands have.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dormouse::{AppId, Profile};

use crate::parse::{app, seconds};

/// Where the state is.
#[derive(Debug, Args)]
#[command(next_help_heading = "State")]
pub(crate) struct HomeArgs {
    /// The state directory: the database, packages, and what apps keep
    ///
    /// By default `$XDG_STATE_HOME/dormouse`, or ~/.local/state/dormouse. It is made if it does not exist, and one
    /// process at a time can use it.
    #[arg(long, value_name = "DIR", env = "DORMOUSE_STATE")]
    pub(crate) state: Option<PathBuf>,
}

/// Whose rules hold.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Running")]
pub(crate) struct ProfileArgs {
    /// Whose rules hold where nothing else is said, for timers, quotas and access: default, uwp or uwp8
    ///
    /// uwp is Windows 10's: timers from 15 minutes on ticks of 15 minutes, and nothing of an app runs before its access
    /// to the background was decided. uwp8 is Windows 8's, which gives each app 2 s of CPU time in 15 minutes as well, and
    /// each run of a socket or message trigger 1 s beside that.
    #[arg(long, value_name = "NAME", env = "DORMOUSE_PROFILE", default_value = "default")]
    pub(crate) profile: Profile,
}

/// Which host to ask: the one on a state directory, or one that is reached otherwise.
#[derive(Debug, Args)]
#[command(next_help_heading = "Host")]
pub(crate) struct HostArgs {
    #[command(flatten)]
    pub(crate) home: HomeArgs,

    /// The host to ask, wherever its state is: unix:///path/to/socket or http://address:port
    #[arg(long, value_name = "URL", env = "DORMOUSE_HOST")]
    pub(crate) host: Option<String>,

    /// The file with the token for --host http://; without it, DORMOUSE_TOKEN holds the token itself
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// A narrower choice.
#[derive(Debug, Args)]
pub(crate) struct OfAppArgs {
    /// Of this app only
    #[arg(long, value_name = "APP", value_parser = app)]
    pub(crate) app: Option<AppId>,
}

/// For whom to print.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct JsonArgs {
    /// Print JSON, one object a line, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ListArgs {
    /// Print JSON, one object a line, for programs
    #[arg(long)]
    pub(crate) json: bool,

    /// Print it again whenever something happens, and at the latest after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds, num_args = 0..=1, require_equals = true,
        default_missing_value = "5", conflicts_with = "json")]
    pub(crate) watch: Option<Duration>,
}
