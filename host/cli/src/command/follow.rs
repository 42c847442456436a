//! What happens on a host, printed while something else is waited for.

use std::pin::pin;
use std::time::Duration;

use dormouse::{Clock as _, TokioClock};
use dormouse_control::api::{EventView, LaggedView};
use dormouse_control::client::{ClientError, HostEvent};
use futures::{Stream, StreamExt as _};
use tokio::runtime::Handle;

use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::foreground::Foreground;
use crate::output::{Control, Printer, output_failed};

/// After the end of what was waited for, its last events come within this, or not at all.
const QUIET: Duration = Duration::from_millis(200);

/// How the waiting ended.
pub(super) enum Followed<T> {
    /// What was waited for is here.
    Done(T),
    /// Somebody asked to stop, or nobody reads any more.
    Stopped(Exit),
}

/// Waits until `done` is done, and prints nothing meanwhile.
pub(super) async fn wait<T>(
    foreground: &mut Foreground,
    done: impl Future<Output = Result<T>>,
) -> Result<Followed<T>> {
    tokio::select! {
        exit = foreground.signals.next() => Ok(Followed::Stopped(exit)),
        done = done => done.map(Followed::Done),
    }
}

/// Prints those of `events` that are `shown` until `done` is done.
pub(super) async fn follow<T>(
    foreground: &mut Foreground,
    events: impl Stream<Item = Result<HostEvent, ClientError>>,
    mut shown: impl FnMut(&EventView) -> bool,
    done: impl Future<Output = Result<T>>,
) -> Result<Followed<T>> {
    let (mut events, mut done) = (pin!(events), pin!(done));
    let Foreground { printer, control, signals, .. } = foreground;
    let done = loop {
        tokio::select! {
            exit = signals.next() => return Ok(Followed::Stopped(exit)),
            Some(Control::Failed(error)) = control.recv() => return output_failed(&error).map(Followed::Stopped),
            told = events.next() => print(printer, told.ok_or_else(stopped)??, &mut shown),
            done = &mut done => break done?,
        }
    };
    let clock = TokioClock::new(Handle::current());
    loop {
        let quiet = clock.sleep_until(clock.now() + QUIET);
        tokio::select! {
            told = events.next() => match told {
                Some(Ok(told)) => print(printer, told, &mut shown),
                _ => return Ok(Followed::Done(done)),
            },
            () = quiet => return Ok(Followed::Done(done)),
        }
    }
}

fn print(printer: &Printer, told: HostEvent, shown: &mut impl FnMut(&EventView) -> bool) {
    match told {
        HostEvent::Event(event) if shown(&event) => printer.event(event),
        HostEvent::Event(_) => {}
        // Who wants those of one registration only is told none of them.
        HostEvent::App(event) => printer.event(event),
        HostEvent::Lagged(LaggedView { missed }) => {
            printer.note(format!("{missed} events were not told: they came faster than they were read"));
        }
    }
}

fn stopped() -> Failure {
    Failure::new(Exit::Unreachable, "the host has stopped").help("start it again with `dormouse serve`")
}
