//! The command line.

mod activity;
mod app;
mod common;
mod delivery;
mod machine;
mod package;
mod registration;
mod run;
mod run_command;
mod serve;

use clap::{Parser, Subcommand};

pub(crate) use activity::{CancelArgs, FireArgs, LogsArgs, QuotaArgs, QuotaDecideArgs, RunsArgs, WatchArgs};
pub(crate) use app::{ActivationArgs, AppArgs, AppCommand, AppLaunchArgs, AppOneArgs};
pub(crate) use common::{HomeArgs, HostArgs, JsonArgs, ListArgs, OfAppArgs, ProfileArgs};
pub(crate) use delivery::{
    DeadArgs, DeadCommand, DeadFilterArgs, DeadListArgs, DeadPickArgs, NamedArgs, RedeliverArgs,
    SubscribersArgs, SubscribersCommand, SubscribersListArgs, UndeliveredArgs, WebhookAddArgs, WebhooksArgs,
    WebhooksCommand, WebhooksListArgs,
};
pub(crate) use machine::{CompletionsArgs, ConditionsArgs, DoctorArgs, TriggersArgs};
pub(crate) use package::{
    AppLimitsArgs, AppsArgs, InstallArgs, PackArgs, PackageArgs, UninstallArgs, UpdateArgs,
};
pub(crate) use registration::{
    AccessArgs, Existing, ExplainArgs, FinerArgs, MisfireArg, MoreLimitArgs, RegisterArgs, RegistrationsArgs,
    ReleaseArgs, ShowArgs, UnregisterArgs, WakeArgs, WhichArgs,
};
pub(crate) use run::{BuildArgs, GrantArgs, HostLimitArgs, LimitArgs, OutputArgs, RunArgs, TriggerArgs};
pub(crate) use run_command::RunCommandArgs;
pub(crate) use serve::{LogFormat, ServeArgs};

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
    /// Run a task: now, on a schedule, or when something happens
    Run(Box<RunArgs>),

    /// Run a program of WASI once, in the sandbox of a task
    #[command(name = "run-command")]
    Program(Box<RunCommandArgs>),

    /// Install a package
    Install(Box<InstallArgs>),

    /// Replace an installed package by another version of it
    Update(Box<UpdateArgs>),

    /// Remove a package with its registrations and its local folder
    Uninstall(UninstallArgs),

    /// List the installed packages
    Apps(AppsArgs),

    /// Launch an app that has a life of its own, and lead it through that
    App(AppArgs),

    /// Make an archive of a package, the same bytes for the same contents
    Pack(PackArgs),

    /// Register a task of an installed app
    Register(Box<RegisterArgs>),

    /// Remove a registration; what waits of it does not run
    Unregister(UnregisterArgs),

    /// List the registrations
    #[command(visible_alias = "registrations")]
    List(RegistrationsArgs),

    /// Show all that is known of an app, a registration, a run or an activation
    Show(ShowArgs),

    /// Fire a registration now
    Fire(Box<FireArgs>),

    /// Cancel a run
    Cancel(CancelArgs),

    /// Print what happens while it happens
    Watch(WatchArgs),

    /// Print what runs wrote
    Logs(LogsArgs),

    /// List the runs
    Runs(RunsArgs),

    /// Say why a registration does not run, and what became of its firings
    Explain(ExplainArgs),

    /// Show or decide whether an app may run in the background
    Access(AccessArgs),

    /// Show what is left of the apps' CPU time, or decide how much an app has
    Quota(QuotaArgs),

    /// Show or decide how much an app may keep in its folders and settings
    AppLimits(AppLimitsArgs),

    /// Let a registration run again that is in quarantine
    Release(ReleaseArgs),

    /// List what did not succeed, run it again, or let it be
    Dead(DeadArgs),

    /// List who reads completions
    Subscribers(SubscribersArgs),

    /// List who is told of completions over HTTP, and change that
    Webhooks(WebhooksArgs),

    /// List UWP's triggers and what each is here
    Triggers(TriggersArgs),

    /// List the conditions, and whether each holds on this machine now
    Conditions(ConditionsArgs),

    /// Say what is found on this machine, and what is missing
    Doctor(DoctorArgs),

    /// Write what a shell needs to complete this program's commands and flags
    Completions(CompletionsArgs),

    /// Run the installed apps, and answer the other commands
    Serve(Box<ServeArgs>),

    /// Compile one component, for a host that started this process
    #[command(hide = true)]
    CompileWorker,
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
    fn what_is_not_for_people_is_not_in_the_help() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("run") && !help.contains("compile-worker"), "{help}");
        assert!(Cli::try_parse_from(["dormouse", crate::command::compile_worker::NAME]).is_ok());
    }

    #[test]
    fn every_command_has_examples_of_its_use() {
        let mut all: Vec<clap::Command> =
            Cli::command().get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
        while let Some(command) = all.pop() {
            let help = command.clone().render_long_help().to_string();
            assert!(
                help.contains("Example") || command.get_name() == "help",
                "{}:\n{help}",
                command.get_name()
            );
            all.extend(command.get_subcommands().cloned());
        }
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
            "run x --every 5s --tz UTC",
            "run x --every 5s --recursive",
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
            "run x --on nothing",
            "run x --on user-away --every 5s",
            "run x --resume --state d --condition user-present",
            "run",
            "run-command",
            "run-command --verbose --json x",
            "run-command --limit cpu x",
            "run-command --class huge x",
            "run-command --net nowhere x",
            "run-command --dir :ro x",
            "install",
            "install x --dir /pictures",
            "install x --sha256 abc",
            "register a --name n --entry-point e",
            "register a --name n",
            "register a --name n --entry-point e --every 5s --application",
            "register a --name n --entry-point e --every 5s --tz UTC",
            "register a --name n --entry-point e --every 5s --recursive",
            "register a --name n --entry-point e --system SmsReceived",
            "register a --name n --entry-point e --application --overlap queue",
            "register a --name n --entry-point e --application --cancel-on-condition-loss",
            "register a --name n --entry-point e --application --retry-initial 1s",
            "register a --name n --entry-point e --application --class huge",
            "access a maybe",
            "app",
            "app close",
            "app-limits",
            "app-limits a --set folders=1",
            "app-limits a --set settings",
            "app-limits a --set settings=1 --unset",
            "explain x --history 21",
            "list --watch --json",
            "list --watch=0",
            "list --watch=often",
            "fire x --arg a --arg-file b",
            "fire x --wait=0s",
            "cancel",
            "logs x --raw --follow",
            "logs x -n 1001",
            "runs --since yesterday",
            "runs --outcome sad",
            "runs --limit 0",
            "dead buried",
            "dead redrive",
            "dead redrive x --all",
            "dead discard x --app a",
            "webhooks redeliver x",
            "webhooks redeliver x 1 --all",
            "webhooks redeliver x soon",
            "completions",
            "completions edlin",
        ] {
            let all = ["dormouse"].into_iter().chain(args.split(' '));
            assert!(Cli::try_parse_from(all).is_err(), "{args}");
        }
    }
}
