//! The flags of `dormouse run-command`.

use std::path::{Path, PathBuf};

use clap::Args;
use dormouse::Class;
use dormouse::core::HostPort;

use crate::exit;
use crate::parse::{EnvArg, LimitArg, PreopenArg};

const LONG_ABOUT: &str = "\
Run a program of WASI once, in the sandbox of a task.

FILE is a component with `wasi:cli/run`, of WASI 0.2 or 0.3, or a core module for WASI's first preview. It has the \
arguments that follow it, this command's standard streams, and what --dir, --net and --env grant; nothing else, and \
nothing is registered or kept. What it may use is limited as a task is; its own exit code is passed on.

What it writes is passed on as it is, but to a terminal: there, whatever a terminal would obey is shown instead. A \
program is told that its streams are no terminals.

Ctrl-C cancels it and gives it its grace to end, of which a program cannot be told; a second Ctrl-C takes it down at once. \
SIGTERM and SIGHUP do the same.";

const EXAMPLES: &str = "\
Examples:
  dormouse run-command hello.wasm
  dormouse run-command --dir ./texts::/texts:ro wc.wasm -l /texts/report.txt
  sort < names | dormouse run-command --limit cpu=2s --limit memory=32MiB uniq.wasm
  dormouse run-command --net api.example.org:443 --env TOKEN --json=receipt.json fetch.wasm";

/// `dormouse run-command`.
#[derive(Debug, Args)]
#[command(long_about = LONG_ABOUT, after_help = EXAMPLES, after_long_help = long_after())]
pub(crate) struct RunCommandArgs {
    /// The program, a component or a core module, and its arguments; flags behind it are the program's
    #[arg(value_name = "FILE [ARGS]", required = true, trailing_var_arg = true)]
    command: Vec<String>,

    /// Its own name, the first of its arguments [default: that of FILE]
    #[arg(long, value_name = "NAME")]
    pub(crate) argv0: Option<String>,

    /// Let it read and write a directory, or only read it with :ro; GUEST is the same path unless it is given. May be
    /// repeated
    #[arg(long, value_name = "HOST[::GUEST][:ro]", help_heading = "Grants")]
    pub(crate) dir: Vec<PreopenArg>,

    /// Let it connect to a host. May be repeated
    #[arg(long, visible_alias = "allow-net", value_name = "HOST:PORT", help_heading = "Grants")]
    pub(crate) net: Vec<HostPort>,

    /// Set a variable in its environment; without a value, to the one that it has here. May be repeated
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = "Grants")]
    pub(crate) env: Vec<EnvArg>,

    /// What limits are taken from where --limit says none [default: long]
    #[arg(long, value_name = "CLASS", help_heading = "Limits")]
    pub(crate) class: Option<Class>,

    /// Set a limit, like cpu=2s, wall=1m or memory=32MiB. May be repeated
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Limits")]
    pub(crate) limit: Vec<LimitArg>,

    /// Write how it ended and what it used as a JSON object: to standard error, or to a file
    #[arg(
        long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-",
        help_heading = "Output"
    )]
    pub(crate) json: Option<PathBuf>,

    /// Write how it ended and what it used to standard error, and logs
    #[arg(long, short, conflicts_with = "json", help_heading = "Output")]
    pub(crate) verbose: bool,
}

impl RunCommandArgs {
    /// The program.
    pub(crate) fn file(&self) -> &Path {
        Path::new(self.command.first().map_or("", String::as_str))
    }

    /// Its arguments, without its name.
    pub(crate) fn args(&self) -> impl Iterator<Item = &String> {
        self.command.iter().skip(1)
    }
}

fn long_after() -> String {
    format!("{EXAMPLES}\n\n{}", exit::HELP)
}
