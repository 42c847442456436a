//! `dormouse`: runs background tasks from the command line.

mod cli;
mod command;
mod control;
mod error;
mod exit;
mod foreground;
mod host;
mod output;
mod parse;
mod signals;
mod state;
#[cfg(feature = "stations")]
mod stations;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::error::Failure;
use crate::exit::Exit;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let color = match cli.color {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    };
    report_panics(color);
    #[cfg(feature = "stations")]
    if let Err(failure) = stations::obey() {
        report(&failure, color);
        return failure.exit().into();
    }
    let ran = catch_unwind(AssertUnwindSafe(|| match cli.command {
        Command::Run(args) => command::run::run(*args, color).map(ExitCode::from),
        Command::Program(args) => command::run_command::run_command(&args, color).map(ExitCode::from),
        Command::Install(args) => command::install::install(&args, color).map(ExitCode::from),
        Command::Update(args) => command::install::update(&args, color).map(ExitCode::from),
        Command::Uninstall(args) => command::uninstall::uninstall(&args, color).map(ExitCode::from),
        Command::Apps(args) => command::apps::apps(&args, color).map(ExitCode::from),
        Command::App(args) => command::app::app(&args, color).map(ExitCode::from),
        Command::Pack(args) => command::pack::pack(&args, color).map(ExitCode::from),
        Command::Register(args) => command::register::register(&args, color).map(ExitCode::from),
        Command::Unregister(args) => command::unregister::unregister(&args, color).map(ExitCode::from),
        Command::List(args) => command::registrations::registrations(&args, color).map(ExitCode::from),
        Command::Show(args) => command::show::show(&args, color).map(ExitCode::from),
        Command::Fire(args) => command::fire::fire(&args, color).map(ExitCode::from),
        Command::Cancel(args) => command::cancel::cancel(&args, color).map(ExitCode::from),
        Command::Watch(args) => command::watch::watch(&args, color).map(ExitCode::from),
        Command::Logs(args) => command::logs::logs(&args, color).map(ExitCode::from),
        Command::Runs(args) => command::runs::runs(&args, color).map(ExitCode::from),
        Command::Explain(args) => command::explain::explain(&args, color).map(ExitCode::from),
        Command::Access(args) => command::access::access(&args, color).map(ExitCode::from),
        Command::Quota(args) => command::quota::quota(&args, color).map(ExitCode::from),
        Command::AppLimits(args) => command::app_limits::app_limits(&args, color).map(ExitCode::from),
        Command::Release(args) => command::release::release(&args, color).map(ExitCode::from),
        Command::Dead(args) => command::dead::dead(&args, color).map(ExitCode::from),
        Command::Subscribers(args) => command::subscribers::subscribers(&args, color).map(ExitCode::from),
        Command::Webhooks(args) => command::webhooks::webhooks(&args, color).map(ExitCode::from),
        Command::Triggers(args) => command::triggers::triggers(&args, color).map(ExitCode::from),
        Command::Conditions(args) => command::conditions::conditions(&args, color).map(ExitCode::from),
        Command::Doctor(args) => command::doctor::doctor(&args, color).map(ExitCode::from),
        Command::Completions(args) => command::completions::completions(&args, color).map(ExitCode::from),
        Command::Serve(args) => command::serve::serve(&args, color).map(ExitCode::from),
        Command::CompileWorker => Ok(dormouse::compile_worker()),
    }));
    match ran {
        Ok(Ok(code)) => code,
        Ok(Err(failure)) => {
            report(&failure, color);
            failure.exit().into()
        }
        Err(_) => Exit::Internal.into(),
    }
}

/// A bug is told like any other error, in a few lines and without a dump.
fn report_panics(color: ColorChoice) {
    std::panic::set_hook(Box::new(move |info| {
        let what = info.payload_as_str().unwrap_or("no message");
        let place = info.location().map(|at| format!(" ({at})")).unwrap_or_default();
        report(
            &Failure::internal(format!("a bug in dormouse: {what}{place}"))
                .help("please report it with the command that you ran"),
            color,
        );
    }));
}

fn report(failure: &Failure, color: ColorChoice) {
    let mut err = AutoStream::new(std::io::stderr(), color);
    // If nobody can be told, the exit code is all that is left.
    let _ = failure.write_to(&mut err);
}
