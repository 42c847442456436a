//! `dormouse run`: one component, one registration, in the foreground.

mod component;
mod plan;
mod session;
mod state;
mod tally;

use std::io;

use anstream::ColorChoice;
use dormouse::App;

use self::plan::{ENTRY_POINT, Plan};
use self::session::Session;
use self::state::State;
use crate::cli::{OutputArgs, RunArgs};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::{Detail, Format, Options, Printer};
use crate::signals::Signals;

pub(crate) fn run(args: RunArgs, color: ColorChoice) -> Result<Exit> {
    start_logs(&args.output, color);
    let plan = Plan::new(&args)?;
    let file = component::file(&args)?;
    let engine = component::engine()?;
    let component = component::load(&engine, &file)?;
    let app = plan.app.clone().unwrap_or_else(|| plan::app_of(&file));
    let mut install = App::new(app.clone()).entry_point(ENTRY_POINT, component).grants(plan.grants.clone());
    if let Some(quota) = plan.quota {
        install = install.quota(quota);
    }
    let state = State::open(args.state.state.as_deref())?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::internal("the threads of the host cannot be started").because(&e))?;
    let (printer, thread, control) =
        Printer::start(options(&args.output, color)).map_err(|e| no_thread(&e))?;
    let ended = runtime.block_on(async {
        let signals =
            Signals::listen().map_err(|e| Failure::internal("signals cannot be listened to").because(&e))?;
        let mut session = Session::new(plan, app, state, printer, control, signals);
        let ended = session.run(engine, install).await;
        session.close(thread, ended).await
    });
    // What did not end when it was told to must not keep the program.
    runtime.shutdown_background();
    ended
}

fn no_thread(error: &io::Error) -> Failure {
    Failure::internal("a thread cannot be started").because(error)
}

fn options(args: &OutputArgs, color: ColorChoice) -> Options {
    let format = match args {
        OutputArgs { json: true, .. } => Format::Json,
        OutputArgs { quiet: true, .. } => Format::Human(Detail::Quiet),
        OutputArgs { verbose: true, .. } => Format::Human(Detail::Verbose),
        _ => Format::Human(Detail::Normal),
    };
    Options { format, color, quiet: args.quiet }
}

/// Logs are for those who look for a fault in Dormouse: only with `--verbose` or `RUST_LOG`.
fn start_logs(args: &OutputArgs, color: ColorChoice) {
    use tracing_subscriber::EnvFilter;
    let filter = match std::env::var("RUST_LOG") {
        Ok(directives) => EnvFilter::new(directives),
        Err(_) if args.verbose => EnvFilter::new("warn,dormouse=info,dormouse_store_sqlite=info"),
        Err(_) => return,
    };
    let ansi = match color {
        ColorChoice::Always | ColorChoice::AlwaysAnsi => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => anstream::AutoStream::choice(&io::stderr()) != ColorChoice::Never,
    };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(ansi).init();
}
