//! The flags of the commands about apps that have a life of their own.

use std::ffi::OsString;

use clap::{ArgGroup, Args, Subcommand};
use dormouse::AppId;

use super::{HostArgs, JsonArgs};
use crate::parse::{NamedFileArg, app};

const APP_ABOUT: &str = "\
Launch an app that has a life of its own, and lead it through that.

An app that is in sight is in the foreground. Hidden it is in the background, where it is suspended after a while: it keeps \
its memory and gets no CPU time. A suspended app is ended when its memory is needed. Its package says that it is one, by an \
`[app]` in its manifest.

An app lives in a host: start one with `dormouse serve`. `dormouse watch --app APP` prints what happens to it.";

const APP_EXAMPLES: &str = "\
Examples:
  dormouse app launch org.example.notes
  dormouse app launch org.example.notes --file /notes/todo.txt
  dormouse app hide org.example.notes
  dormouse app state org.example.notes
  dormouse app close org.example.notes";

const LAUNCH_ABOUT: &str = "\
Launch an app, or activate it for something else, and bring it to the front.

It answers when the app has dealt with that and is in sight, where it stays until it is hidden or closed. Without flags, an \
app that is there is only brought to the front. The app's package declares which activations it takes, beside a launch.";

const LAUNCH_EXAMPLES: &str = "\
Examples:
  dormouse app launch org.example.notes
  dormouse app launch org.example.notes --arguments new
  dormouse app launch org.example.notes --file /notes/todo.txt --file /notes/done.txt
  dormouse app launch org.example.notes --share cat.jpg=pictures/cat.jpg
  dormouse app launch org.example.notes --message inbox=letter.txt --hidden
  dormouse app launch org.example.notes --command-line -- --find tomorrow
  dormouse app launch org.example.notes --prelaunch";

/// `dormouse app`.
#[derive(Debug, Args)]
#[command(long_about = APP_ABOUT, after_help = APP_EXAMPLES)]
pub(crate) struct AppArgs {
    #[command(subcommand)]
    pub(crate) command: AppCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// Launch it, or activate it for something else
    Launch(Box<AppLaunchArgs>),
    /// Bring it to the front; it has to be there
    #[command(after_help = "Example:\n  dormouse app show org.example.notes")]
    Show(AppOneArgs),
    /// Take it out of sight: it goes on in the background, and is suspended after a while
    #[command(after_help = "Example:\n  dormouse app hide org.example.notes")]
    Hide(AppOneArgs),
    /// Suspend it without delay, whoever sees it, as a locked screen does
    ///
    /// Its background tasks and an extended execution are waited for. It stays suspended until it is resumed, shown or
    /// activated.
    #[command(after_help = "Example:\n  dormouse app suspend org.example.notes")]
    Suspend(AppOneArgs),
    /// Resume it; hidden, it is suspended again after a while
    #[command(after_help = "Example:\n  dormouse app resume org.example.notes")]
    Resume(AppOneArgs),
    /// Close it as its user would: it saves what it has, and ends
    #[command(after_help = "Example:\n  dormouse app close org.example.notes")]
    Close(AppOneArgs),
    /// Take its memory away at once, as a machine does that needs it
    #[command(after_help = "Example:\n  dormouse app terminate org.example.notes")]
    Terminate(AppOneArgs),
    /// Say where in its life it is, and what it is told when it is launched next
    ///
    /// Without a host that runs, what was kept of the app is looked up.
    #[command(
        after_help = "Examples:\n  dormouse app state org.example.notes\n  dormouse app state org.example.notes --json"
    )]
    State(AppOneArgs),
    /// Print what it has written since it was begun; of one that is not there, what it wrote before it ended
    ///
    /// The beginning and the end of it, with a mark where something is missing; of one that ended, as much as `dormouse serve
    /// --keep-output` says, and only while the host runs that saw it. Background tasks that run in the app write there too.
    #[command(after_help = "Example:\n  dormouse app output org.example.notes")]
    Output(AppOneArgs),
}

/// One app.
#[derive(Debug, Args)]
pub(crate) struct AppOneArgs {
    /// The app
    #[arg(value_parser = app)]
    pub(crate) app: AppId,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse app launch`.
#[derive(Debug, Args)]
#[command(long_about = LAUNCH_ABOUT, after_help = LAUNCH_EXAMPLES)]
pub(crate) struct AppLaunchArgs {
    #[command(flatten)]
    pub(crate) one: AppOneArgs,

    #[command(flatten)]
    pub(crate) activation: ActivationArgs,

    /// Nobody wants to see it: it answers when the app has dealt with the activation
    #[arg(long)]
    pub(crate) hidden: bool,
}

/// What it is activated for: one of these, or a launch.
#[derive(Debug, Args)]
#[command(next_help_heading = "Activation", group = ArgGroup::new("activation").multiple(false))]
pub(crate) struct ActivationArgs {
    /// Pass this along with the launch
    #[arg(long, value_name = "TEXT", group = "activation", allow_hyphen_values = true)]
    pub(crate) arguments: Option<String>,

    /// A file to open, by the path that the app sees. May be repeated
    #[arg(long, value_name = "PATH", group = "activation")]
    pub(crate) file: Vec<String>,

    /// A link to follow
    #[arg(long, value_name = "URI", group = "activation")]
    pub(crate) protocol: Option<String>,

    /// Something to share with it, with the bytes of a file; `-` is standard input. May be repeated
    #[arg(long, value_name = "NAME=FILE", group = "activation")]
    pub(crate) share: Vec<NamedFileArg>,

    /// A message with the bytes of a file; `-` is standard input
    #[arg(long, value_name = "TOPIC=FILE", group = "activation")]
    pub(crate) message: Option<NamedFileArg>,

    /// A moment that came
    #[arg(long, value_name = "NAME", group = "activation")]
    pub(crate) timer: Option<String>,

    /// What you and the app agreed upon, with the bytes of a file; `-` is standard input
    #[arg(long, value_name = "NAME=FILE", group = "activation")]
    pub(crate) custom: Option<NamedFileArg>,

    /// Arguments of a command line, which follow after `--`
    #[arg(long, group = "activation")]
    pub(crate) command_line: bool,

    /// Launch it ahead of its user, if it agreed to that: it is suspended as soon as it has dealt with that
    #[arg(long, group = "activation", conflicts_with = "hidden")]
    pub(crate) prelaunch: bool,

    /// The arguments of --command-line
    #[arg(last = true, value_name = "ARGS", requires = "command_line")]
    pub(crate) args: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::Cli;

    #[test]
    fn an_app_is_activated_for_one_thing() {
        for (args, is) in [
            ("state a", true),
            ("output a --json", true),
            ("launch a", true),
            ("launch a --arguments --new --hidden", true),
            ("launch a --file /x --file /y", true),
            ("launch a --share x=- --share y=f", true),
            ("launch a --message t=-", true),
            ("launch a --command-line -- --find x", true),
            ("launch a --command-line", true),
            ("launch a --prelaunch", true),
            ("", false),
            ("launch", false),
            ("launch a --file /x --timer t", false),
            ("launch a --arguments x --prelaunch", false),
            ("launch a --prelaunch --hidden", false),
            ("launch a --message t", false),
            ("launch a --share f", false),
            ("launch a --share x=f --custom y=f", false),
            ("launch a --custom =f", false),
            ("launch a -- --find x", false),
            ("show a b", false),
            ("close A/B", false),
        ] {
            let all = ["dormouse", "app"].into_iter().chain(args.split_whitespace());
            assert_eq!(Cli::try_parse_from(all).is_ok(), is, "{args}");
        }
    }
}
