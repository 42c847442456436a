//! What is done with events, away from the host.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use dormouse_core::clock::BoxSleep;
use dormouse_core::event::Event;
use dormouse_core::{AppId, Clock, RegistrationId};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::{mpsc, oneshot};

use crate::complaint::Complaint;
use crate::config::Apps;
use crate::metrics::Recorder;
use crate::observer::{Flush, Told};
use crate::otlp::LastError;
use crate::stats::Stats;
use crate::traces::Assembler;

/// As many events are looked at in one go.
const BATCH: usize = 256;

/// As many spans are exported at once, and do not wait for more.
const SPANS_AT_ONCE: usize = 512;

/// The most spans that wait for the collector. Further ones are dropped and counted.
pub(crate) const SPANS_WAITING_MAX: usize = 4_096;

/// The most registrations of which it is remembered whose they are.
const REGISTRATIONS_REMEMBERED: usize = 131_072;

type Export = Pin<Box<dyn Future<Output = OTelSdkResult> + Send>>;

/// Sends spans away, one batch at a time.
pub(crate) struct Spans {
    assembler: Assembler,
    exporter: Arc<SpanExporter>,
    error: LastError,
    period: Duration,
    /// The batch that is under way, and how many spans it has.
    under_way: Option<(Export, usize)>,
    /// When the next batch is due, however small; none while nothing waits.
    due: Option<BoxSleep>,
    /// The last batch was not taken: the next waits until it is due, however large.
    refused: bool,
    complaint: Complaint,
}

impl Spans {
    pub(crate) fn new(
        clock: &Arc<dyn Clock>,
        assembler: Assembler,
        (exporter, error): (SpanExporter, LastError),
        period: Duration,
    ) -> Self {
        Self {
            assembler,
            exporter: Arc::new(exporter),
            error,
            period,
            under_way: None,
            due: None,
            refused: false,
            complaint: Complaint::new(clock, "spans were not exported, and are lost"),
        }
    }

    fn waiting(&self) -> usize {
        self.assembler.ended.len()
    }

    fn see(&mut self, event: &Event, app: Option<&AppId>, stats: &Stats) {
        self.assembler.see(event, app);
        let beyond = self.waiting().saturating_sub(SPANS_WAITING_MAX);
        self.assembler.ended.truncate(SPANS_WAITING_MAX);
        stats.spans_without_room.add(beyond as u64);
    }

    /// Begins what is to be exported now: all that waits if `at_once`.
    fn begin(&mut self, clock: &Arc<dyn Clock>, at_once: bool) {
        if self.under_way.is_some() || self.waiting() == 0 {
            return;
        }
        if at_once || (!self.refused && self.waiting() >= SPANS_AT_ONCE) {
            self.due = None;
            let batch: Vec<_> = self.assembler.ended.drain(..self.waiting().min(SPANS_AT_ONCE)).collect();
            let (exporter, spans) = (Arc::clone(&self.exporter), batch.len());
            self.under_way = Some((Box::pin(async move { exporter.export(batch).await }), spans));
        } else if self.due.is_none() {
            self.due = Some(clock.sleep_until(clock.now() + self.period));
        }
    }

    fn done(&mut self, result: OTelSdkResult, stats: &Stats) {
        let spans = self.under_way.take().map_or(0, |(_, spans)| spans as u64);
        self.refused = result.is_err();
        match result {
            Ok(()) => stats.spans_exported.add(spans),
            Err(error) => {
                stats.trace_exports_failed.add(1);
                stats.spans_not_taken.add(spans);
                self.complaint.wrong(self.error.explain(&error));
            }
        }
    }
}

/// What of the spans is next.
enum Next {
    Exported(OTelSdkResult),
    Due,
}

async fn next(spans: &mut Option<Spans>) -> Next {
    let Some(Spans { under_way, due, .. }) = spans else { return std::future::pending().await };
    match (under_way, due) {
        (Some((export, _)), _) => Next::Exported(export.await),
        (None, Some(due)) => {
            due.await;
            Next::Due
        }
        (None, None) => std::future::pending().await,
    }
}

/// Takes events from the queue, and makes of them what is exported.
pub(crate) struct Worker {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: mpsc::Receiver<Told>,
    pub(crate) apps: Apps,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) spans: Option<Spans>,
    pub(crate) stats: Arc<Stats>,
}

impl Worker {
    /// Goes on until nobody can tell anything any more.
    pub(crate) async fn run(mut self) {
        let mut told = Vec::with_capacity(BATCH);
        let mut owners = HashMap::new();
        let mut flushes: Vec<oneshot::Sender<()>> = Vec::new();
        loop {
            let mut due = false;
            tokio::select! {
                received = self.queue.recv_many(&mut told, BATCH) => if received == 0 { return },
                next = next(&mut self.spans) => if let Some(spans) = &mut self.spans {
                    match next {
                        Next::Exported(result) => spans.done(result, &self.stats),
                        Next::Due => {
                            spans.due = None;
                            due = true;
                        }
                    }
                },
            }
            for told in told.drain(..) {
                match told {
                    Told::Event(event) => {
                        let app = owner(&mut owners, &self.apps, event.registration);
                        if let Some(recorder) = &mut self.recorder {
                            recorder.record(&event, app.as_ref());
                        }
                        if let Some(spans) = &mut self.spans {
                            spans.see(&event, app.as_ref(), &self.stats);
                        }
                    }
                    Told::App(event) => {
                        if let Some(recorder) = &mut self.recorder {
                            recorder.record_app(&event);
                        }
                    }
                    // Whoever asked may have stopped waiting.
                    Told::Flush(Flush { recorded, exported }) => {
                        let _ = recorded.send(());
                        flushes.push(exported);
                    }
                }
            }
            flushes.retain(|done| !done.is_closed());
            if let Some(spans) = &mut self.spans {
                spans.begin(&self.clock, due || !flushes.is_empty());
            }
            if self.spans.as_ref().is_none_or(|spans| spans.under_way.is_none() && spans.waiting() == 0) {
                for done in flushes.drain(..) {
                    let _ = done.send(());
                }
            }
        }
    }
}

/// Whose `registration` is. That nobody knows may change, and is not remembered.
fn owner(
    known: &mut HashMap<RegistrationId, AppId>,
    apps: &Apps,
    registration: RegistrationId,
) -> Option<AppId> {
    if let Some(app) = known.get(&registration) {
        return Some(app.clone());
    }
    let app = apps(registration)?;
    if known.len() >= REGISTRATIONS_REMEMBERED {
        known.clear();
    }
    known.insert(registration, app.clone());
    Some(app)
}
