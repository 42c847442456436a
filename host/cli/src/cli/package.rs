//! The flags of the commands about packages.

use std::path::PathBuf;

use clap::Args;
use dormouse::AppId;
use dormouse_package::Digest;

use super::{HostArgs, JsonArgs, ListArgs, OutputArgs};
use crate::parse::{AppLimitArg, EnvArg, GuestDirArg, app};

const INSTALL_ABOUT: &str = "\
Install a package: a directory with a dormouse.toml, or a .tar.gz file of one.

What the package asks for is shown, and nothing is installed before you agree: on a terminal you are asked, elsewhere \
--consent says so. Directories and variables that it asks for are granted where --dir and --env give them a value.

A `.sha256` file beside the archive is held against it, as `sha256sum` writes them.";

const INSTALL_EXAMPLES: &str = "\
Examples:
  dormouse install ./feeds
  dormouse install feeds-1.4.0.tar.gz --consent --dir /pictures=./photos --env API_TOKEN
  dormouse install feeds-1.4.0.tar.gz --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const APP_LIMITS_ABOUT: &str = "\
Show or decide how much an app may keep, all its runs together.

folder-bytes and folder-entries are of its folders /local and /temp together, settings, settings-bytes and setting-bytes \
of its settings and of each. What is decided here comes before what the package asks for, and that before what the host \
gives every app; none is above the host's maximum. It holds at once. What is kept already stays, and does not grow while \
it is more. `dormouse show APP` says how much it keeps.";

const APP_LIMITS_EXAMPLES: &str = "\
Examples:
  dormouse app-limits org.example.feeds
  dormouse app-limits org.example.feeds --set folder-bytes=1GiB,settings=500
  dormouse app-limits org.example.feeds --unset";

const UPDATE_ABOUT: &str = "\
Replace an installed package by another version of it.

What the new version newly asks for is shown, and nothing changes before you agree. What its app can newly be activated \
for is shown with it, and needs nobody to agree. Directories and variables that were granted stay, unless --dir and --env say otherwise. What runs of the old version is told and has its grace. If \
the package has an update task, its run is waited for, and the exit code is that of the run.";

const UPDATE_EXAMPLES: &str = "\
Examples:
  dormouse update ./feeds
  dormouse update feeds-1.5.0.tar.gz --consent
  dormouse update feeds-1.3.0.tar.gz --allow-downgrade";

/// `dormouse install`.
#[derive(Debug, Args)]
#[command(long_about = INSTALL_ABOUT, after_help = INSTALL_EXAMPLES)]
pub(crate) struct InstallArgs {
    #[command(flatten)]
    pub(crate) package: PackageArgs,
}

/// `dormouse update`.
#[derive(Debug, Args)]
#[command(long_about = UPDATE_ABOUT, after_help = UPDATE_EXAMPLES)]
pub(crate) struct UpdateArgs {
    #[command(flatten)]
    pub(crate) package: PackageArgs,

    /// Replace a version by an older one
    #[arg(long)]
    pub(crate) allow_downgrade: bool,
}

/// A package, and what it is given.
#[derive(Debug, Args)]
pub(crate) struct PackageArgs {
    /// The package: a directory, or a .tar.gz file
    pub(crate) path: PathBuf,

    /// The SHA-256 that the archive must have
    #[arg(long, value_name = "HEX")]
    pub(crate) sha256: Option<Digest>,

    /// Agree to everything that the package asks for
    #[arg(long, help_heading = "Grants")]
    pub(crate) consent: bool,

    /// Where a directory is that it asks for, by the path that the task sees. May be repeated
    #[arg(long, value_name = "GUEST=PATH", help_heading = "Grants")]
    pub(crate) dir: Vec<GuestDirArg>,

    /// The value of a variable that it asks for; without a value, the one that it has here. May be repeated
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = "Grants")]
    pub(crate) env: Vec<EnvArg>,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `dormouse uninstall`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dormouse uninstall org.example.feeds --yes")]
pub(crate) struct UninstallArgs {
    /// The package
    #[arg(value_parser = app)]
    pub(crate) name: AppId,

    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse apps`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dormouse apps\n  dormouse apps --json")]
pub(crate) struct AppsArgs {
    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// `dormouse app-limits`.
#[derive(Debug, Args)]
#[command(long_about = APP_LIMITS_ABOUT, after_help = APP_LIMITS_EXAMPLES)]
pub(crate) struct AppLimitsArgs {
    /// The app, installed or not
    #[arg(value_parser = app)]
    pub(crate) app: AppId,

    /// Let it keep so much, like folder-bytes=1GiB, in the place of all that was decided before. May be repeated
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',', help_heading = "Decide")]
    pub(crate) set: Vec<AppLimitArg>,

    /// Take back what was decided: it may keep what it asks for, or what the host gives
    #[arg(long, conflicts_with = "set", help_heading = "Decide")]
    pub(crate) unset: bool,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse pack`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dormouse pack ./feeds\n  dormouse pack ./feeds -o out/feeds.tar.gz")]
pub(crate) struct PackArgs {
    /// The directory with the dormouse.toml
    pub(crate) dir: PathBuf,

    /// The archive to write [default: NAME-VERSION.tar.gz here]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) json: JsonArgs,
}
