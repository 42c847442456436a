//! The flags of the commands about the machine and the host on it.

use clap::Args;
use clap_complete::Shell;
use dormouse::Condition;

use super::{HostArgs, JsonArgs};

const TRIGGERS_ABOUT: &str = "\
List UWP's triggers and what each is here.

`built` ones are written in a manifest as shown. `supplied` ones are raised by a program that embeds a host, on a topic. \
`refused` ones are not here, and the last column says why and what to use instead.";

const CONDITIONS_ABOUT: &str = "\
List the conditions that a registration may have, and whether each holds on this machine now.

Without arguments, every way in which a condition is written; with arguments, those conditions.";

const DOCTOR_ABOUT: &str = "\
Say what is found on this machine, and what is missing.

`ok` is as it should be, `absent` is not there and not needed, `warn` is worth a look, and with `bad` a host cannot run: \
then the exit code is 5. It really compiles something, and writes to the disk.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  dormouse completions bash > ~/.local/share/bash-completion/completions/dormouse
  dormouse completions zsh > ~/.zfunc/_dormouse
  dormouse completions fish > ~/.config/fish/completions/dormouse.fish";

/// `dormouse triggers`.
#[derive(Debug, Args)]
#[command(long_about = TRIGGERS_ABOUT, after_help = "Examples:\n  dormouse triggers\n  dormouse triggers --json")]
pub(crate) struct TriggersArgs {
    #[command(flatten)]
    pub(crate) host: HostArgs,
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
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse doctor`.
#[derive(Debug, Args)]
#[command(long_about = DOCTOR_ABOUT, after_help = "Examples:\n  dormouse doctor\n  dormouse doctor --state /var/lib/dormouse --json")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// For which shell
    pub(crate) shell: Shell,
}
