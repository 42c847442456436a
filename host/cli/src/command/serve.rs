//! `dormouse serve`: the installed apps, in the foreground.

use std::sync::Arc;

use anstream::ColorChoice;
use dormouse::Host;
use dormouse::core::event::EventKind;

use crate::cli::ServeArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::foreground::{self, Foreground, Stop, given_up};
use crate::host::{self, start_failed};
use crate::output::Control;
use crate::state::{self, State};

pub(crate) fn serve(args: &ServeArgs, color: ColorChoice) -> Result<Exit> {
    foreground::start_logs(args.output.verbose, Some("warn"), color);
    let state = State::open(Some(&state::home(&args.home)?))?;
    let runtime = host::runtime()?;
    let (printer, thread, control) = foreground::printer(&args.output, color)?;
    let ended = runtime.block_on(async {
        let mut foreground = Foreground::new(printer, control)?;
        let ended = run(&mut foreground, &state).await;
        foreground.close(thread, ended).await
    });
    // What did not end when it was told to must not keep the program.
    runtime.shutdown_background();
    ended
}

async fn run(foreground: &mut Foreground, state: &State) -> Result<Exit> {
    let observer = Arc::new(foreground.printer.clone());
    let builder = host::with_machine(host::builder(state, Some(observer))?, &host::machine()?);
    // Packages that are not in the cache are compiled: somebody may not want to wait for that.
    let host = tokio::select! {
        host = builder.start() => host.map_err(|e| start_failed(&e))?,
        exit = foreground.signals.next() => return Ok(exit),
    };
    let (apps, registrations) = (host.packages().len(), host.registrations().len());
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    foreground.printer.note(format!(
        "serving {registrations} registration{} of {apps} app{}",
        plural(registrations),
        plural(apps)
    ));
    let stop = until_stop(foreground, &host).await?;
    stop.tell(&foreground.printer);
    foreground.stop(&host).await;
    match stop {
        Stop::Reached => Ok(Exit::Success),
        Stop::Asked(exit) => Ok(exit),
        Stop::Failed(failure) => Err(failure),
    }
}

/// Until a signal comes, or nothing can be done any more. The host is there for as long as this waits.
async fn until_stop(foreground: &mut Foreground, _host: &Host) -> Result<Stop> {
    loop {
        tokio::select! {
            biased;
            exit = foreground.signals.next() => return Ok(Stop::Asked(exit)),
            control = foreground.control.recv() => match control {
                Some(Control::Event(event)) => {
                    if let EventKind::Fault { message, given_up: true } = &event.kind {
                        return Err(given_up(message));
                    }
                }
                Some(Control::Failed(error)) => return Ok(Stop::unwritten(&error)),
                None => return Err(Failure::internal("the printer has ended")),
            },
        }
    }
}
