//! Telemetry, from the first port to the last span.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dormouse_core::{Clock, Observer};
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use prometheus::Registry;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::config::{Config, Otlp, Sources};
use crate::error::TelemetryError;
use crate::metrics::{self, Owners, Provider, Push, Readers, Recorder, Scrape, SharedReader};
use crate::observer::{Flush, QueueingObserver, Told};
use crate::otlp::{self, LastError};
use crate::stats::Stats;
use crate::traces::Assembler;
use crate::wait::within;
use crate::worker::{Spans, Worker};

/// After one export of metrics, the next.
const METRICS_PERIOD: Duration = Duration::from_secs(60);

/// The longest that a span waits for others.
const SPANS_PERIOD: Duration = Duration::from_secs(5);

/// Telemetry that has all it needs of the machine, and waits for a host to tell of.
///
/// Its observer can be given to a host already: events wait until [`Prepared::start`].
pub struct Prepared {
    config: Config,
    resource: Resource,
    stats: Arc<Stats>,
    queue: (mpsc::Sender<Told>, mpsc::Receiver<Told>),
    listener: Option<(TcpListener, SocketAddr)>,
    metrics: Option<(MetricExporter, LastError, Duration)>,
    traces: Option<((SpanExporter, LastError), Duration)>,
}

/// Telemetry at work. Dropped, it stops at once, and what was not exported is lost.
pub struct Telemetry {
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn Observer>>,
    queue: mpsc::Sender<Told>,
    push: Option<mpsc::Sender<oneshot::Sender<()>>>,
    scraped_at: Option<SocketAddr>,
    flush_timeout: Duration,
    /// Dropped with this, and they end.
    _tasks: JoinSet<()>,
}

impl Telemetry {
    /// Binds ports and judges endpoints, so that a host is not started in vain. Nothing is sent anywhere yet.
    ///
    /// # Errors
    ///
    /// The first thing that was asked for and cannot be had.
    pub async fn prepare(config: Config) -> Result<Prepared, TelemetryError> {
        let resource = otlp::resource(config.instance.clone());
        let metrics = match &config.metrics {
            Some(otlp) => {
                let period = period(otlp, "metrics", METRICS_PERIOD)?;
                let (exporter, error) = otlp::metric_exporter(otlp)?;
                Some((exporter, error, period))
            }
            None => None,
        };
        let traces = match &config.traces {
            Some(otlp) => {
                let period = period(otlp, "traces", SPANS_PERIOD)?;
                Some((otlp::span_exporter(otlp, &resource)?, period))
            }
            None => None,
        };
        let listener = match config.prometheus {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let queue = mpsc::channel(config.events_max.max(1));
        Ok(Prepared { config, resource, stats: Arc::default(), queue, listener, metrics, traces })
    }

    /// What the host is to tell; none if nothing was asked for, so that it costs a host nothing.
    #[must_use]
    pub fn observer(&self) -> Option<Arc<dyn Observer>> {
        self.observer.clone()
    }

    /// Where `GET /metrics` is answered.
    #[must_use]
    pub const fn scraped_at(&self) -> Option<SocketAddr> {
        self.scraped_at
    }

    /// Waits until what was told before is in the metrics, and until collectors were given all of it.
    ///
    /// # Errors
    ///
    /// [`TelemetryError::FlushTimedOut`] if that takes longer than [`Config::flush_timeout`]. That a collector refuses
    /// is not an error here: it is counted, and in the log.
    pub async fn flush(&self) -> Result<(), TelemetryError> {
        let flushed = within(&self.clock, self.flush_timeout, async {
            let (recorded, is_recorded) = oneshot::channel();
            let (exported, is_exported) = oneshot::channel();
            // A task that has ended answers nothing, and with it has ended all that could be flushed.
            let _ = self.queue.send(Told::Flush(Flush { recorded, exported })).await;
            let _ = is_recorded.await;
            // Neither collector waits for the other.
            let _ = tokio::join!(is_exported, async {
                if let Some(push) = &self.push {
                    let (pushed, is_pushed) = oneshot::channel();
                    let _ = push.send(pushed).await;
                    let _ = is_pushed.await;
                }
            });
        });
        flushed.await.ok_or(TelemetryError::FlushTimedOut(self.flush_timeout))
    }

    /// Flushes and ends. What the host tells afterwards is told to nobody.
    ///
    /// # Errors
    ///
    /// As [`Telemetry::flush`]; it has ended all the same.
    pub async fn shutdown(self) -> Result<(), TelemetryError> {
        self.flush().await
    }
}

impl Prepared {
    /// What the host is to tell; none if nothing was asked for, so that it costs a host nothing.
    #[must_use]
    pub fn observer(&self) -> Option<Arc<dyn Observer>> {
        if self.listener.is_none() && self.metrics.is_none() && self.traces.is_none() {
            return None;
        }
        Some(Arc::new(QueueingObserver::new(self.queue.0.clone(), Arc::clone(&self.stats))))
    }

    /// Where `GET /metrics` will be answered.
    #[must_use]
    pub fn scraped_at(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|(_, address)| *address)
    }

    /// Begins, in the runtime that this is called in, with what waits in the queue.
    ///
    /// # Errors
    ///
    /// [`TelemetryError::Observed`] if an observed value cannot be exported.
    ///
    /// # Panics
    ///
    /// Outside a runtime of tokio.
    pub fn start(self, sources: Sources) -> Result<Telemetry, TelemetryError> {
        let (observer, scraped_at) = (self.observer(), self.scraped_at());
        let Self { config, resource, stats, queue: (queue, told), listener, metrics, traces } = self;
        let Config { clock, flush_timeout, .. } = &config;
        let mut tasks = JoinSet::new();

        let readers = Readers {
            registry: listener.is_some().then(Registry::new),
            pushed: metrics.is_some().then(SharedReader::default),
        };
        let recorder = recorder(&config, &stats, resource, &readers, sources.observed)?;

        if let (Some((listener, _)), Some(registry)) = (listener, readers.registry) {
            let scrape = Scrape {
                clock: Arc::clone(clock),
                listener,
                registry,
                stats: Arc::clone(&stats),
                connections_max: config.connections_max,
                timeout: config.scrape_timeout,
            };
            tasks.spawn(scrape.run());
        }
        let push = if let (Some((exporter, error, period)), Some(reader)) = (metrics, readers.pushed) {
            let (push, flushes) = mpsc::channel(1);
            let (clock, stats) = (Arc::clone(clock), Arc::clone(&stats));
            tasks.spawn(Push { clock, reader, exporter, error, period, stats, flushes }.run());
            Some(push)
        } else {
            None
        };
        let spans = traces.map(|(exporter, period)| {
            Spans::new(clock, Assembler::new(config.activations_max, Arc::clone(&stats)), exporter, period)
        });
        let worker =
            Worker { clock: Arc::clone(clock), queue: told, apps: sources.apps, recorder, spans, stats };
        tasks.spawn(worker.run());

        let (clock, flush_timeout) = (Arc::clone(clock), *flush_timeout);
        Ok(Telemetry { clock, observer, queue, push, scraped_at, flush_timeout, _tasks: tasks })
    }
}

fn recorder(
    config: &Config,
    stats: &Arc<Stats>,
    resource: Resource,
    readers: &Readers,
    observed: Vec<metrics::observed::Observed>,
) -> Result<Option<Recorder>, TelemetryError> {
    let mut all = stats.observed();
    all.extend(observed);
    metrics::observed::check(&all)?;
    if readers.registry.is_none() && readers.pushed.is_none() {
        return Ok(None);
    }
    let ways = Owners::ways(config.detail, config.label_values_max);
    let provider = Provider::new(resource, readers, ways)
        .map_err(|why| TelemetryError::Exporter { signal: "metrics", why })?;
    for one in all {
        one.register(provider.meter(), stats);
    }
    Ok(Some(Recorder::new(provider, Owners::new(config.detail, config.label_values_max))))
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), TelemetryError> {
    let refused = |source| TelemetryError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}

fn period(otlp: &Otlp, signal: &'static str, default: Duration) -> Result<Duration, TelemetryError> {
    let (period, min) = (otlp.period.unwrap_or(default), Otlp::PERIOD_MIN);
    if period < min { Err(TelemetryError::Period { signal, period, min }) } else { Ok(period) }
}
