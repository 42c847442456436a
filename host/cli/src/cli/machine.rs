//! The flags of the commands about the machine and the host on it.

use clap::Args;
use dormouse::Condition;

use super::{HomeArgs, JsonArgs, OutputArgs};

const TRIGGERS_ABOUT: &str = "\
List UWP's triggers and what each is here.

`built` ones are written in a manifest as shown. `supplied` ones are raised by a program that embeds a host, on a topic. \
`refused` ones are not here, and the last column says why and what to use instead.";

const CONDITIONS_ABOUT: &str = "\
List the conditions that a registration may have, and whether each holds on this machine now.

Without arguments, every way in which a condition is written; with arguments, those conditions.";

const SERVE_ABOUT: &str = "\
Run the installed apps in the foreground: their triggers fire, and their tasks run.

What an earlier host left unfinished in the state directory is run first. Events, receipts and the tasks' output are \
printed as `dormouse run` prints them.

Ctrl-C cancels what runs and gives it its grace to end; a second Ctrl-C takes it down at once. SIGTERM and SIGHUP \
do the same. What was cut off runs again when it is started again.";

/// `dormouse triggers`.
#[derive(Debug, Args)]
#[command(long_about = TRIGGERS_ABOUT)]
pub(crate) struct TriggersArgs {
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse conditions`.
#[derive(Debug, Args)]
#[command(
    long_about = CONDITIONS_ABOUT,
    after_help = "Examples:\n  dormouse conditions\n  dormouse conditions battery-above:30 time-window:22:00-06:00@Europe/Berlin"
)]
pub(crate) struct ConditionsArgs {
    /// These only
    #[arg(value_name = "CONDITION")]
    pub(crate) conditions: Vec<Condition>,

    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) home: HomeArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse serve`.
#[derive(Debug, Args)]
#[command(long_about = SERVE_ABOUT, after_help = "Examples:\n  dormouse serve\n  dormouse serve --state /var/lib/dormouse --json")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) home: HomeArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
