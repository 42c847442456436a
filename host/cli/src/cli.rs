//! The command line.

mod run;

use clap::{Parser, Subcommand};

pub(crate) use run::{BuildArgs, GrantArgs, LimitArgs, OutputArgs, RunArgs, TriggerArgs};

/// Runs background tasks: WebAssembly components, each run in a fresh sandbox with a budget.
#[derive(Debug, Parser)]
#[command(name = "dormouse", version, about, max_term_width = 110, after_long_help = crate::exit::HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to colour what is printed. `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) color: clap::ColorChoice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a task: now, on a schedule, or when a directory changes
    Run(Box<RunArgs>),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        for args in [
            "run x --arg a --arg-file b",
            "run x --every 5s --cron *",
            "run x --every 5s --watch d",
            "run x --every 5s --arg a",
            "run x --tz UTC",
            "run x --recursive",
            "run x --resume",
            "run x --resume --state d --every 5s",
            "run x --resume --state d --cpu 5s",
            "run x --resume --state d --count 5",
            "run x --json --quiet",
            "run x --quiet --verbose",
            "run x --count 0",
            "run x --cpu 0s",
            "run x --memory 0",
            "run x --retry 0",
            "run x --allow-net nowhere",
            "run",
        ] {
            let all = ["dormouse"].into_iter().chain(args.split(' '));
            assert!(Cli::try_parse_from(all).is_err(), "{args}");
        }
    }
}
