//! Metrics, pushed from time to time.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::Clock;
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::reader::MetricReader;
use tokio::sync::{mpsc, oneshot};

use super::provider::SharedReader;
use crate::complaint::Complaint;
use crate::otlp::LastError;
use crate::stats::Stats;

/// Collects and exports metrics.
pub(crate) struct Push {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reader: SharedReader,
    pub(crate) exporter: MetricExporter,
    pub(crate) error: LastError,
    pub(crate) period: Duration,
    pub(crate) stats: Arc<Stats>,
    /// Each wants an export at once, and is answered when it was tried.
    pub(crate) flushes: mpsc::Receiver<oneshot::Sender<()>>,
}

impl Push {
    /// Goes on until nobody can ask for a flush any more.
    pub(crate) async fn run(mut self) {
        let mut complaint = Complaint::new(&self.clock, "metrics were not exported, and are tried again");
        loop {
            let due = self.clock.sleep_until(self.clock.now() + self.period);
            let asked = tokio::select! {
                () = due => None,
                asked = self.flushes.recv() => match asked {
                    Some(asked) => Some(asked),
                    None => return,
                },
            };
            if let Err(why) = self.export().await {
                self.stats.metric_exports_failed.add(1);
                complaint.wrong(why);
            }
            if let Some(asked) = asked {
                // Whoever asked may have stopped waiting.
                let _ = asked.send(());
            }
        }
    }

    async fn export(&self) -> Result<(), String> {
        let reader = self.reader.clone();
        // Observed values are asked for, and whoever knows them may have to take a lock.
        let collected = tokio::task::spawn_blocking(move || {
            let mut metrics = ResourceMetrics::default();
            reader.collect(&mut metrics).map(|()| metrics)
        });
        let metrics = match collected.await {
            Ok(collected) => collected.map_err(|error| error.to_string())?,
            Err(error) => return Err(format!("an observed value could not be read: {error}")),
        };
        self.exporter.export(&metrics).await.map_err(|error| self.error.explain(&error))
    }
}
