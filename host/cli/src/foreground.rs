//! What a command that runs until it is told to stop does around its host: printing, signals, the end.

use std::io;

use anstream::ColorChoice;
use dormouse::Host;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cli::OutputArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::{Control, Detail, Format, Options, Printer, SIGPIPE, Thread, output_failed};
use crate::signals::Signals;

/// The printer and the signals of one command.
pub(crate) struct Foreground {
    pub(crate) printer: Printer,
    pub(crate) control: UnboundedReceiver<Control>,
    pub(crate) signals: Signals,
    /// What standard output did not take, told after the goal was reached.
    pub(crate) unwritten: Option<io::Error>,
}

/// Why the host is stopped.
pub(crate) enum Stop {
    /// All is done.
    Reached,
    /// Somebody asked, or nobody reads any more.
    Asked(Exit),
    /// Standard output cannot be written.
    Failed(Failure),
}

impl Stop {
    /// What follows from standard output not being written.
    pub(crate) fn unwritten(error: &io::Error) -> Self {
        match output_failed(error) {
            Ok(exit) => Self::Asked(exit),
            Err(failure) => Self::Failed(failure),
        }
    }

    /// Says that what runs has its grace, if somebody asked who can still read it.
    pub(crate) fn tell(&self, printer: &Printer) {
        if matches!(self, Self::Asked(exit) if *exit != SIGPIPE) {
            printer.note("stopping: what runs is told and has its grace; press Ctrl-C again to kill it");
        }
    }
}

impl Foreground {
    /// From here on, no signal ends the process by itself.
    pub(crate) fn new(printer: Printer, control: UnboundedReceiver<Control>) -> Result<Self> {
        let signals =
            Signals::listen().map_err(|e| Failure::internal("signals cannot be listened to").because(&e))?;
        Ok(Self { printer, control, signals, unwritten: None })
    }

    /// Stops the host: politely, by force at the second signal, and at the third not at all.
    pub(crate) async fn stop(&mut self, host: &Host) {
        tokio::select! {
            () = host.shutdown(false) => return,
            _ = self.signals.next() => {}
        }
        self.printer.note("killing what runs; press Ctrl-C again to leave at once");
        tokio::select! {
            () = host.shutdown(true) => {}
            _ = self.signals.next() => self.printer.note("leaving at once"),
        }
    }

    /// Waits until everything is printed; a signal ends the wait. Answers `ended`, unless that went well and
    /// standard output did not take what there was to write: the last lines are written here.
    pub(crate) async fn close(mut self, thread: Thread, ended: Result<Exit>) -> Result<Exit> {
        self.printer.close();
        let printed = tokio::task::spawn_blocking(move || thread.join());
        tokio::select! {
            _ = printed => {}
            _ = self.signals.next() => {}
        }
        while let Ok(control) = self.control.try_recv() {
            if let Control::Failed(error) = control {
                self.unwritten = Some(error);
            }
        }
        match (ended, &self.unwritten) {
            // Who interrupted it knows why it ended.
            (Ok(Exit::Signal(number)), _) => Ok(Exit::Signal(number)),
            (Ok(_), Some(error)) => output_failed(error),
            (ended, _) => ended,
        }
    }
}

/// The store cannot be used any more: nothing that is waited for would come.
pub(crate) fn given_up(message: &str) -> Failure {
    Failure::new(Exit::State, message.to_owned())
        .help("what was accepted is in the state directory: keep a copy of it, mend it or use another one with --state")
}

/// Starts the thread that prints.
pub(crate) fn printer(
    args: &OutputArgs,
    color: ColorChoice,
) -> Result<(Printer, Thread, UnboundedReceiver<Control>)> {
    Printer::start(options(args, color))
        .map_err(|error| Failure::internal("a thread cannot be started").because(&error))
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

/// Logs are for those who look for a fault: with `verbose` or `RUST_LOG`, and else only from `least` on; none
/// if there is none.
pub(crate) fn start_logs(verbose: bool, least: Option<&str>, color: ColorChoice) {
    use tracing_subscriber::EnvFilter;
    let filter = match (std::env::var("RUST_LOG"), least) {
        (Ok(directives), _) => EnvFilter::new(directives),
        (Err(_), _) if verbose => EnvFilter::new("warn,dormouse=info,dormouse_store_sqlite=info"),
        (Err(_), Some(least)) => EnvFilter::new(least),
        (Err(_), None) => return,
    };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(ansi(color)).init();
}

/// Whether standard error gets colours.
pub(crate) fn ansi(color: ColorChoice) -> bool {
    match color {
        ColorChoice::Always | ColorChoice::AlwaysAnsi => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => anstream::AutoStream::choice(&io::stderr()) != ColorChoice::Never,
    }
}
