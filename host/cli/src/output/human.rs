//! Events as lines for people.

mod app;

use std::collections::HashMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use dormouse::core::event::{EventKind, Stream};
use dormouse::{AppId, RunId};
use dormouse_control::api::{EventKindView, EventView, Moment, OutcomeView, ReceiptView};
use jiff::tz::TimeZone;

use super::escape::escape;
use super::lines::Lines;
use super::receipt;

pub(crate) use app::extension;

const DIM: Style = Style::new().dimmed();
const RUN: Style = AnsiColor::Cyan.on_default();
const PLAIN: Style = Style::new();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Which events are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Faults, and the receipts of what did not succeed.
    Quiet,
    /// What happens to runs.
    Normal,
    /// Everything.
    Verbose,
}

/// Writes events, with styles; whoever takes what is written strips them where they are not wanted.
pub(crate) struct Human {
    detail: Detail,
    zone: TimeZone,
    begun: HashMap<(RunId, Stream), Lines>,
    begun_of_apps: HashMap<(AppId, Stream), Lines>,
}

/// Where an event is written: guests' standard output to the first, all else to the second.
pub(crate) struct Sinks<'a> {
    pub(crate) out: &'a mut dyn Write,
    pub(crate) err: &'a mut dyn Write,
}

/// What is told of an event: of which run, one word, its style, and the rest of the line.
struct Told {
    run: Option<RunId>,
    word: &'static str,
    style: Style,
    text: String,
}

impl Human {
    pub(crate) fn new(detail: Detail, zone: TimeZone) -> Self {
        Self { detail, zone, begun: HashMap::new(), begun_of_apps: HashMap::new() }
    }

    /// Writes what there is to say of `event`.
    ///
    /// # Errors
    ///
    /// Those of the sinks.
    pub(crate) fn event(&mut self, event: &EventView, to: &mut Sinks<'_>) -> io::Result<()> {
        match &event.kind {
            EventKindView::Other(EventKind::Output { run, stream, text }) => {
                self.output(*run, *stream, text, to)
            }
            EventKindView::Ended { run, outcome, receipt, .. } => {
                for stream in [Stream::Stdout, Stream::Stderr] {
                    if let Some(lines) = self.begun.remove(&(*run, stream)) {
                        let mut written = Ok(());
                        lines.finish(|line| written = guest_line(&run.short(), stream, line, to));
                        written?;
                    }
                }
                if self.detail == Detail::Quiet && matches!(outcome, OutcomeView::Succeeded) {
                    return Ok(());
                }
                self.ended(event.time, *run, outcome, receipt, to.err)
            }
            kind => match self.told(kind) {
                Some(told) => self.line(event.time, &told, to.err),
                None => Ok(()),
            },
        }
    }

    fn output(&mut self, run: RunId, stream: Stream, text: &str, to: &mut Sinks<'_>) -> io::Result<()> {
        let mut written = Ok(());
        self.begun.entry((run, stream)).or_default().push(text, |line| {
            if written.is_ok() {
                written = guest_line(&run.short(), stream, line, to);
            }
        });
        written
    }

    fn line(&self, at: Moment, told: &Told, err: &mut dyn Write) -> io::Result<()> {
        let Told { run, word, style, text } = told;
        let run = run.map(|run| run.short()).unwrap_or_default();
        let time = self.time(at);
        writeln!(err, "{DIM}{time}{DIM:#} {RUN}{run:8}{RUN:#} {style}{word:<9}{style:#} {}", escape(text))
    }

    fn ended(
        &self,
        at: Moment,
        run: RunId,
        outcome: &OutcomeView,
        receipt: &ReceiptView,
        err: &mut dyn Write,
    ) -> io::Result<()> {
        let style = style_of(outcome);
        let told = Told { run: Some(run), word: "ended", style, text: outcome.as_str().to_owned() };
        self.line(at, &told, err)?;
        for (label, text) in receipt::rows(outcome, receipt) {
            for (label, line) in receipt::lines(label, &text) {
                writeln!(err, "  {DIM}{label:<12}{DIM:#} {}", escape(line))?;
            }
        }
        Ok(())
    }

    fn time(&self, at: Moment) -> String {
        jiff::Timestamp::from_microsecond(at.0.as_micros()).map_or_else(
            |_| at.to_string(),
            |t| t.to_zoned(self.zone.clone()).strftime("%H:%M:%S%.3f").to_string(),
        )
    }

    fn told(&self, kind: &EventKindView) -> Option<Told> {
        let (least, told) = told(kind)?;
        self.shows(least).then_some(told)
    }

    /// Whether what begins to be told at `least` is told.
    fn shows(&self, least: Detail) -> bool {
        match self.detail {
            Detail::Quiet => least == Detail::Quiet,
            Detail::Normal => least != Detail::Verbose,
            Detail::Verbose => true,
        }
    }
}

/// What is told of `kind`, and at which detail it begins to be.
fn told(kind: &EventKindView) -> Option<(Detail, Told)> {
    use Detail::Normal;
    let (run, word, text) = match kind {
        EventKindView::Denied { run, what, grant } => {
            let text = match grant {
                Some(flag) => format!("{what}; grant it with `{flag}`"),
                None => what.clone(),
            };
            (Some(*run), "denied", text)
        }
        EventKindView::Paused { run, until } => {
            (Some(*run), "paused", format!("its quota is spent until {until}"))
        }
        EventKindView::Retrying { activation, attempt, not_before } => {
            let text =
                format!("activation {}, attempt {attempt}, not before {not_before}", activation.short());
            (None, "retrying", text)
        }
        EventKindView::Other(kind) => return told_as_it_is(kind),
        // Written otherwise.
        EventKindView::Ended { .. } => return None,
    };
    Some((Normal, Told { run, word, style: WARN, text }))
}

fn told_as_it_is(kind: &EventKind) -> Option<(Detail, Told)> {
    use Detail::{Normal, Quiet, Verbose};
    let of = |run: &RunId| Some(*run);
    let (least, run, word, style, text) = match kind {
        EventKind::Registered { name } => (Verbose, None, "registered", PLAIN, format!("{name:?}")),
        EventKind::Unregistered { withdrawn } => {
            (Normal, None, "unregistered", PLAIN, format!("{withdrawn} activations withdrawn"))
        }
        EventKind::Spent => (Verbose, None, "spent", PLAIN, "it fires no more".to_owned()),
        EventKind::Fired { activation, coalesced: 1 } => {
            (Verbose, None, "fired", PLAIN, format!("activation {}", activation.short()))
        }
        EventKind::Fired { activation, coalesced } => {
            let text = format!("activation {}, which stands for {coalesced} firings", activation.short());
            (Normal, None, "fired", PLAIN, text)
        }
        EventKind::Duplicate { activation } => {
            (Verbose, None, "duplicate", PLAIN, format!("activation {}", activation.short()))
        }
        EventKind::Refused { reason } => (Normal, None, "refused", WARN, reason.to_string()),
        EventKind::Latched { activation, blocking } => {
            let text = format!("activation {} waits for {} conditions", activation.short(), blocking.len());
            (Normal, None, "latched", PLAIN, text)
        }
        EventKind::Waiting { activation, shortage } => (
            Verbose,
            None,
            "waiting",
            PLAIN,
            format!("activation {} waits for {shortage}", activation.short()),
        ),
        EventKind::Started { activation, run, attempt } => {
            let text = match attempt {
                1 => format!("activation {}", activation.short()),
                n => format!("activation {}, attempt {n}", activation.short()),
            };
            (Normal, of(run), "started", PLAIN, text)
        }
        EventKind::DeferralTaken { run, open } => {
            (Verbose, of(run), "deferral", PLAIN, format!("taken, {open} open"))
        }
        EventKind::DeferralCompleted { run, open } => {
            (Verbose, of(run), "deferral", PLAIN, format!("completed, {open} open"))
        }
        EventKind::Returned { run, ok, open } => {
            let least = if *open > 0 { Normal } else { Verbose };
            let answer = if *ok { "ok" } else { "an error" };
            (least, of(run), "returned", PLAIN, format!("{answer}, {open} deferrals open"))
        }
        EventKind::Progress { run, value } => (Verbose, of(run), "progress", PLAIN, value.to_string()),
        EventKind::MemoryRefused { run, wanted, limit } => {
            let text = format!(
                "growing to {} of memory, the limit being {}; raise it with `--memory`",
                receipt::size(*wanted),
                receipt::size(*limit)
            );
            (Normal, of(run), "refused", WARN, text)
        }
        EventKind::CancelRequested { run, cancellation } => {
            (Normal, of(run), "cancel", WARN, cancellation.to_string())
        }
        EventKind::Resumed { run } => (Normal, of(run), "resumed", PLAIN, String::new()),
        EventKind::Interrupted { activation, run } => {
            let text =
                format!("activation {}: its host ended before it did; it runs again", activation.short());
            (Normal, of(run), "cut off", WARN, text)
        }
        EventKind::Completed { activation, .. } => {
            (Verbose, None, "completed", PLAIN, format!("activation {}", activation.short()))
        }
        EventKind::LeaseLost { run, .. } => {
            (Quiet, of(run), "lost", BAD, "its lease was taken away: nothing of it was kept".to_owned())
        }
        EventKind::Fault { message, .. } => (Quiet, None, "fault", BAD, message.clone()),
        // Written otherwise; and what later versions add.
        _ => return None,
    };
    Some((least, Told { run, word, style, text }))
}

/// One line of a guest's: `1a2b3c4d | text`, of a run or of an app.
pub(crate) fn guest_line(who: &str, stream: Stream, line: &str, to: &mut Sinks<'_>) -> io::Result<()> {
    let (sink, mark) = match stream {
        Stream::Stdout => (&mut *to.out, "|"),
        Stream::Stderr => (&mut *to.err, "stderr |"),
    };
    writeln!(sink, "{RUN}{who}{RUN:#} {DIM}{mark}{DIM:#} {}", escape(line))
}

const fn style_of(outcome: &OutcomeView) -> Style {
    match outcome {
        OutcomeView::Succeeded => GOOD,
        OutcomeView::Canceled { .. } | OutcomeView::Interrupted => WARN,
        OutcomeView::Failed { .. } | OutcomeView::Trapped { .. } | OutcomeView::DeferralAbandoned { .. } => {
            BAD
        }
    }
}

#[cfg(test)]
mod tests;
