//! `dormouse logs`.

use std::future::pending;
use std::io::{self, Write as _};

use anstream::{AutoStream, ColorChoice};
use dormouse::RunId;
use dormouse::core::EventKind;
use dormouse::core::event;
use dormouse_control::api::{EventKindView, EventView, OutputView, RunOrRunning};
use dormouse_control::client::{ClientError, EventsQuery, HostEvent, RunsQuery};
use futures::Stream;
use serde::Serialize;
use tokio::sync::oneshot;

use super::follow::{Followed, follow};
use super::which::{self, Thing};
use crate::cli::{LogsArgs, OutputArgs};
use crate::control::{self, Connection, Need, found, pages};
use crate::error::Result;
use crate::exit::Exit;
use crate::foreground::{self, Foreground};
use crate::output::{Page, Sinks, guest_line, note, output_failed};

/// What one run wrote.
#[derive(Serialize)]
struct Written {
    run: RunId,
    #[serde(flatten)]
    output: OutputView,
}

impl Written {
    const fn is_empty(&self) -> bool {
        self.output.stdout.is_empty() && self.output.stderr.is_empty()
    }
}

pub(crate) fn logs(args: &LogsArgs, color: ColorChoice) -> Result<Exit> {
    let need = if args.follow { Need::Daemon } else { Need::Look };
    control::with(&args.host, need, async |host| {
        let thing = which::thing(host, &args.which, args.of.app.as_ref()).await?;
        // Listening begins before what was written is read: nothing falls between.
        let events = if args.follow { Some(host.events(&query(&thing)).await?) } else { None };
        let runs = runs(host, &thing, args.runs).await?;
        let exit = if args.raw {
            raw(host, &runs).await?
        } else {
            let written = written(host, &runs).await?;
            if !args.json.json && written.iter().all(Written::is_empty) {
                note(nothing(is_in_its_app(host, &thing).await?, runs.len()));
            }
            print(&written, args.json.json, color)?
        };
        let Some(events) = events.filter(|_| exit == Exit::Success) else { return Ok(exit) };
        let one = match thing {
            Thing::Run(run) => match found(host.run(id_of(&run)).await)? {
                Some(RunOrRunning::Running(run)) => Some(run.run),
                // Nothing comes any more.
                Some(RunOrRunning::Ended(_)) | None => return Ok(exit),
            },
            Thing::Registration(_) | Thing::Activation(_) => None,
        };
        // Quiet: beside what is written, only what went wrong.
        let output = OutputArgs { json: args.json.json, quiet: !args.json.json, verbose: false };
        let (printer, thread, control) = foreground::printer(&output, color)?;
        let mut foreground = Foreground::new(printer, control)?;
        foreground.printer.note("following; press Ctrl-C to end");
        let ended = on(&mut foreground, events, one, args.json.json).await;
        foreground.close(thread, ended).await
    })
}

/// Prints what is written from now on: until `one` run has ended, or for ever.
async fn on(
    foreground: &mut Foreground,
    events: impl Stream<Item = Result<HostEvent, ClientError>>,
    one: Option<RunId>,
    json: bool,
) -> Result<Exit> {
    let (over, ended) = oneshot::channel();
    let mut over = Some(over);
    let shown = |event: &EventView| {
        match event.kind {
            EventKindView::Other(EventKind::Output { .. }) => true,
            EventKindView::Ended { run, .. } => {
                if one == Some(run) {
                    // An error is that nobody waits any more.
                    let _ = over.take().map(|over| over.send(()));
                }
                // For people it ends the last line, if the task did not.
                !json
            }
            _ => false,
        }
    };
    let done = async {
        match ended.await {
            Ok(()) => Ok(()),
            Err(_) => pending().await,
        }
    };
    Ok(match follow(foreground, events, shown, done).await? {
        Followed::Stopped(exit) => exit,
        Followed::Done(()) => Exit::Success,
    })
}

const fn id_of(run: &RunOrRunning) -> RunId {
    match run {
        RunOrRunning::Ended(run) => run.run,
        RunOrRunning::Running(run) => run.run,
    }
}

fn query(thing: &Thing) -> EventsQuery {
    let all = EventsQuery::default();
    match thing {
        Thing::Registration(known) => EventsQuery { registration: Some(known.id), ..all },
        Thing::Run(run) => EventsQuery { run: Some(id_of(run)), ..all },
        Thing::Activation(known) => EventsQuery { registration: Some(known.registration), ..all },
    }
}

/// The newest runs that ended, the oldest first, and then those that go on.
async fn runs(host: &Connection, thing: &Thing, runs: u32) -> Result<Vec<RunId>> {
    let mut ids: Vec<RunId> = match thing {
        Thing::Run(run) => vec![id_of(run)],
        Thing::Activation(known) => known.runs.iter().rev().map(|run| run.run).chain(known.run).collect(),
        Thing::Registration(known) => {
            let most = usize::try_from(runs).unwrap_or(usize::MAX);
            let ended = pages(most, async |limit, before| {
                let (registration, limit) = (Some(known.id), Some(limit));
                host.runs(&RunsQuery { registration, limit, before, ..RunsQuery::default() }).await
            });
            let mut ids: Vec<RunId> = ended.await?.iter().rev().map(|run| run.run).collect();
            let running = host.running().await?.items;
            ids.extend(running.iter().filter(|run| run.registration == known.id).map(|run| run.run));
            ids
        }
    };
    ids.dedup();
    Ok(ids)
}

async fn written(host: &Connection, runs: &[RunId]) -> Result<Vec<Written>> {
    let mut written = Vec::new();
    for run in runs {
        if let Some(output) = kept(host, *run).await? {
            written.push(Written { run: *run, output });
        }
    }
    Ok(written)
}

/// What a run wrote, as far as it is kept; none if it is not there any more.
pub(super) async fn kept(host: &Connection, run: RunId) -> Result<Option<OutputView>> {
    found(both(async |stream| host.output_bytes(run, stream).await).await)
}

/// Both streams as text. Each is asked for on its own: both together, as JSON, may be more than is read of one answer.
pub(super) async fn both<B: AsRef<[u8]>>(
    ask: impl AsyncFn(event::Stream) -> Result<B, ClientError>,
) -> Result<OutputView, ClientError> {
    let text = async |stream| -> Result<String, ClientError> {
        Ok(String::from_utf8_lossy(ask(stream).await?.as_ref()).into_owned())
    };
    Ok(OutputView { stdout: text(event::Stream::Stdout).await?, stderr: text(event::Stream::Stderr).await? })
}

/// Whether it runs in the instance of its app, as far as that is still known.
async fn is_in_its_app(host: &Connection, thing: &Thing) -> Result<bool> {
    let registration = match thing {
        Thing::Registration(known) => return Ok(known.entry_point.is_none()),
        Thing::Run(RunOrRunning::Ended(run)) => run.registration,
        Thing::Run(RunOrRunning::Running(run)) => run.registration,
        Thing::Activation(known) => known.registration,
    };
    Ok(found(host.registration(registration).await)?.is_some_and(|known| known.entry_point.is_none()))
}

/// Why nothing is printed of so many runs.
const fn nothing(in_its_app: bool, runs: usize) -> &'static str {
    match (in_its_app, runs) {
        (_, 0) => "no run is there to print the output of",
        (true, _) => "it runs in its app, and what it writes is the app's: `dormouse app output` prints that",
        (_, 1) => "the run wrote nothing, or nothing of it was kept",
        _ => "the runs wrote nothing, or nothing of it was kept",
    }
}

/// As the tasks wrote it, byte for byte, and nothing else.
async fn raw(host: &Connection, runs: &[RunId]) -> Result<Exit> {
    for run in runs {
        // None if nothing of it was kept.
        let err = found(host.output_bytes(*run, event::Stream::Stderr).await)?.unwrap_or_default();
        let out = found(host.output_bytes(*run, event::Stream::Stdout).await)?.unwrap_or_default();
        // Who does not read standard error misses something, and that is all.
        let _ = io::stderr().lock().write_all(&err);
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout.write_all(&out).and_then(|()| stdout.flush()) {
            return output_failed(&error);
        }
    }
    Ok(Exit::Success)
}

/// Each line with its run, as `dormouse run` prints it, or an object for each run.
fn print(written: &[Written], json: bool, color: ColorChoice) -> Result<Exit> {
    if json {
        let mut page = Page::new();
        written.iter().try_for_each(|one| page.json(one))?;
        return page.print(color, Exit::Success);
    }
    print_lines(written.iter().map(|one| (one.run.short(), &one.output)), color)
}

/// Each line, with who wrote it.
pub(super) fn print_lines<'a, W: AsRef<str>>(
    written: impl IntoIterator<Item = (W, &'a OutputView)>,
    color: ColorChoice,
) -> Result<Exit> {
    let (mut out, mut err) = (AutoStream::new(io::stdout(), color), AutoStream::new(io::stderr(), color));
    for (who, output) in written {
        let mut sinks = Sinks { out: &mut out, err: &mut err };
        let streams = [(event::Stream::Stderr, &output.stderr), (event::Stream::Stdout, &output.stdout)];
        for (stream, text) in streams {
            for line in text.lines() {
                match guest_line(who.as_ref(), stream, line, &mut sinks) {
                    Err(error) if stream == event::Stream::Stdout => return output_failed(&error),
                    _ => {}
                }
            }
        }
    }
    match out.flush() {
        Ok(()) => Ok(Exit::Success),
        Err(error) => output_failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::net::TcpListener;

    use super::*;
    use crate::cli::{HomeArgs, HostArgs};

    /// Answers each request for one stream with its name, and any other with nothing that is understood.
    fn answer(listener: &TcpListener) {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let asked = lines.next().unwrap_or_default();
            // To the end of the head.
            let _ = lines.find(String::is_empty);
            let body =
                ["stdout", "stderr"].into_iter().find(|name| asked.contains(&format!("stream={name}")));
            let body = body.unwrap_or("both at once");
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\nconnection: close";
            let _ = write!(&stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        }
    }

    #[tokio::test]
    async fn each_stream_is_asked_for_on_its_own() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let at = listener.local_addr().expect("it has an address");
        std::thread::spawn(move || answer(&listener));
        let args =
            HostArgs { home: HomeArgs { state: None }, host: Some(format!("http://{at}")), token_file: None };
        let host = control::connect(&args, Need::Look).await.expect("it is a host's address");
        let run = "0192d2b0-7c1e-7e4a-8a53-5f0b1a2b3c4d".parse().expect("an id");
        let kept = kept(&host, run).await.expect("it is answered");
        let both = OutputView { stdout: "stdout".to_owned(), stderr: "stderr".to_owned() };
        assert_eq!(kept, Some(both));
    }
}
