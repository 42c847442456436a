//! Flags that several commands have.

use std::path::PathBuf;

use clap::Args;

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

/// For whom to print.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct JsonArgs {
    /// Print JSON, one object a line, for programs
    #[arg(long)]
    pub(crate) json: bool,
}
