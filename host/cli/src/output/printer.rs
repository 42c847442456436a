//! The thread that prints.
//!
//! Events come from the threads that run guests, which must not wait for a terminal or a pipe. They put them
//! into a channel; this thread takes them out and writes. Only guests' output can pile up there, and only so
//! much of it is kept.

use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use anstream::{AutoStream, ColorChoice};
use dormouse::Observer;
use dormouse::core::event::{Event, EventKind};
use dormouse::core::{AppEvent, AppEventKind};
use dormouse_control::api::{AppEventView, EventKindView, EventView};
use jiff::tz::TimeZone;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::human::{Detail, Human, Sinks};
use super::progress::Bars;

/// Bytes of guests' output that wait to be printed; what comes while there are more is skipped and counted.
const BACKLOG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Human(Detail),
    /// For programs.
    Json,
}

/// How to print.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) format: Format,
    pub(crate) color: ColorChoice,
    /// Notes of the program's own are left out.
    pub(crate) quiet: bool,
}

/// What the session is told while it runs.
#[derive(Debug)]
pub(crate) enum Control {
    /// Something happened to an activation or its registration; never output or progress.
    Event(Event),
    /// Standard output cannot be written any more.
    Failed(io::Error),
}

/// What happened on a host: to a registration, or to an app.
#[derive(serde::Serialize)]
#[serde(untagged)]
pub(crate) enum Happened {
    Task(EventView),
    App(AppEventView),
}

impl Happened {
    /// How much a guest wrote, if that is it.
    const fn output_len(&self) -> Option<usize> {
        match self {
            Self::Task(EventView { kind: EventKindView::Other(EventKind::Output { text, .. }), .. })
            | Self::App(AppEventView { kind: AppEventKind::Output { text, .. }, .. }) => Some(text.len()),
            _ => None,
        }
    }
}

impl From<EventView> for Happened {
    fn from(event: EventView) -> Self {
        Self::Task(event)
    }
}

impl From<AppEventView> for Happened {
    fn from(event: AppEventView) -> Self {
        Self::App(event)
    }
}

enum Message {
    Event(Happened),
    Note(String),
    Line(String),
    /// What takes a while, none when it is done; and who waits until that is shown.
    Working(Option<String>, Sender<()>),
    Close,
}

/// Prints events, as an [`Observer`] of a host, and notes.
#[derive(Clone)]
pub(crate) struct Printer {
    messages: Sender<Message>,
    control: UnboundedSender<Control>,
    backlog: Arc<Backlog>,
}

/// The thread, to wait for its end.
pub(crate) struct Thread(JoinHandle<()>);

#[derive(Default)]
struct Backlog {
    waiting: AtomicUsize,
    skipped: AtomicUsize,
}

impl Printer {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The operating system has no thread.
    pub(crate) fn start(options: Options) -> io::Result<(Self, Thread, UnboundedReceiver<Control>)> {
        let (messages, inbox) = channel();
        let (control, session) = unbounded_channel();
        let printer = Self { messages, control: control.clone(), backlog: Arc::default() };
        let writer = Writer::new(options, printer.backlog.clone(), control);
        let thread =
            std::thread::Builder::new().name("printer".to_owned()).spawn(move || writer.run(&inbox))?;
        Ok((printer, Thread(thread), session))
    }

    /// Prints an event of a host that this process asks.
    pub(crate) fn event(&self, event: impl Into<Happened>) {
        let event = event.into();
        if event.output_len().is_some_and(|len| !self.backlog.takes(len)) {
            return;
        }
        let _ = self.messages.send(Message::Event(event));
    }

    /// Tells people something, on standard error.
    pub(crate) fn note(&self, text: impl Into<String>) {
        // An error is that the thread has ended, and nobody looks any more.
        let _ = self.messages.send(Message::Note(text.into()));
    }

    /// Writes a line of the command's own to standard output.
    pub(crate) fn line(&self, text: impl Into<String>) {
        let _ = self.messages.send(Message::Line(text.into()));
    }

    /// Says on a terminal what takes a while, until it is said that nothing does. Returns when it is shown: the caller
    /// may write to the terminal next.
    pub(crate) fn working(&self, at: Option<String>) {
        let (done, shown) = channel();
        let _ = self.messages.send(Message::Working(at, done));
        let _ = shown.recv();
    }

    /// Ends the thread once everything before this is printed.
    pub(crate) fn close(&self) {
        let _ = self.messages.send(Message::Close);
    }
}

impl Thread {
    /// Waits for the end of the thread; blocks.
    pub(crate) fn join(self) {
        // A panic in it has been reported by the panic hook.
        let _ = self.0.join();
    }
}

impl Backlog {
    /// Whether so many bytes more may wait to be printed. If not, they are counted as skipped.
    fn takes(&self, len: usize) -> bool {
        let before = self.waiting.fetch_add(len, Ordering::Relaxed);
        let taken = before <= BACKLOG_BYTES_MAX;
        if !taken {
            self.waiting.fetch_sub(len, Ordering::Relaxed);
            self.skipped.fetch_add(len, Ordering::Relaxed);
        }
        taken
    }
}

impl Observer for Printer {
    fn observe(&self, event: &Event) {
        if !matches!(event.kind, EventKind::Output { .. } | EventKind::Progress { .. }) {
            let _ = self.control.send(Control::Event(event.clone()));
        }
        self.event(EventView::from(event));
    }

    fn observe_app(&self, event: &AppEvent) {
        self.event(AppEventView::from(event));
    }
}

struct Writer {
    format: Format,
    quiet: bool,
    human: Human,
    bars: Bars,
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
    backlog: Arc<Backlog>,
    control: UnboundedSender<Control>,
    failed: bool,
}

impl Writer {
    fn new(options: Options, backlog: Arc<Backlog>, control: UnboundedSender<Control>) -> Self {
        let detail = match options.format {
            Format::Human(detail) => detail,
            Format::Json => Detail::Normal,
        };
        let bars = options.format == Format::Human(Detail::Normal) && io::stderr().is_terminal();
        Self {
            format: options.format,
            quiet: options.quiet,
            human: Human::new(detail, TimeZone::system()),
            bars: Bars::new(bars),
            out: AutoStream::new(io::stdout(), options.color),
            err: AutoStream::new(io::stderr(), options.color),
            backlog,
            control,
            failed: false,
        }
    }

    fn run(mut self, inbox: &Receiver<Message>) {
        while let Ok(message) = inbox.recv() {
            match message {
                Message::Event(event) => self.event(&event),
                Message::Note(text) => {
                    let mut err = Vec::new();
                    if !self.quiet {
                        for line in text.lines() {
                            err.extend_from_slice(format!("dormouse: {line}\n").as_bytes());
                        }
                    }
                    self.write(&[], &err);
                }
                Message::Line(text) => {
                    let mut out = text.into_bytes();
                    out.push(b'\n');
                    self.write(&out, &[]);
                }
                Message::Working(at, done) => {
                    self.bars.working(at);
                    let _ = done.send(());
                }
                Message::Close => break,
            }
        }
        self.bars.clear();
    }

    fn event(&mut self, event: &Happened) {
        if let Some(len) = event.output_len() {
            self.backlog.waiting.fetch_sub(len, Ordering::Relaxed);
        }
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let skipped = self.backlog.skipped.swap(0, Ordering::Relaxed);
        match self.format {
            Format::Human(_) => {
                if skipped > 0 {
                    let text = format!(
                        "dormouse: {skipped} bytes of output were skipped: they came faster than they were read\n"
                    );
                    err.extend_from_slice(text.as_bytes());
                }
                // Vectors take everything.
                let mut sinks = Sinks { out: &mut out, err: &mut err };
                let _ = match event {
                    Happened::Task(event) => self.human.event(event, &mut sinks),
                    Happened::App(event) => self.human.app_event(event, &mut sinks),
                };
            }
            Format::Json => {
                if skipped > 0 {
                    let line = serde_json::json!({ "event": "output-skipped", "bytes": skipped });
                    out.extend_from_slice(format!("{line}\n").as_bytes());
                }
                match serde_json::to_string(event) {
                    Ok(line) => {
                        out.extend_from_slice(line.as_bytes());
                        out.push(b'\n');
                    }
                    Err(error) => self.fail(io::Error::other(error)),
                }
            }
        }
        if let Happened::Task(event) = event {
            match &event.kind {
                EventKindView::Other(EventKind::Progress { run, value }) => self.bars.set(*run, *value),
                EventKindView::Ended { run, .. } => self.bars.remove(*run),
                _ => {}
            }
        }
        self.write(&out, &err);
    }

    fn write(&mut self, out: &[u8], err: &[u8]) {
        if out.is_empty() && err.is_empty() {
            return;
        }
        let Self { bars, out: stdout, err: stderr, failed, .. } = self;
        let written = bars.suspend(|| {
            // Who does not read standard error misses something, and that is all.
            let _ = stderr.write_all(err).and_then(|()| stderr.flush());
            if *failed { Ok(()) } else { stdout.write_all(out).and_then(|()| stdout.flush()) }
        });
        if let Err(error) = written {
            self.fail(error);
        }
    }

    fn fail(&mut self, error: io::Error) {
        if !std::mem::replace(&mut self.failed, true) {
            let _ = self.control.send(Control::Failed(error));
        }
    }
}
