//! What can be chosen.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dormouse_core::{AppId, Clock, RegistrationId};

use crate::metrics::observed::Observed;

/// How closely metrics tell whose they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// All are the host's: no label names an app or a registration.
    Host,
    /// The label `app`.
    #[default]
    App,
    /// The labels `app` and `registration`. Each registration is a series of every metric that it touches.
    Registration,
}

/// A collector that takes OTLP over HTTP with protobuf.
///
/// Headers, and with them what authenticates, come from `OTEL_EXPORTER_OTLP_HEADERS` in the environment, so that no
/// secret is on a command line; `OTEL_EXPORTER_OTLP_METRICS_HEADERS` and `.._TRACES_HEADERS` go before it.
#[derive(Clone, Debug)]
pub struct Otlp {
    /// The collector's base URL, like `http://127.0.0.1:4318`; `/v1/metrics` or `/v1/traces` is appended.
    pub endpoint: String,
    /// How long after the end of one export the next begins: for spans 5 s and sooner when many wait, for metrics 60 s
    /// when none is chosen. At least [`Otlp::PERIOD_MIN`].
    pub period: Option<Duration>,
    /// How long one export may take, with all its attempts. By default 10 s.
    pub timeout: Duration,
}

impl Otlp {
    /// The shortest [`Otlp::period`].
    pub const PERIOD_MIN: Duration = Duration::from_millis(100);

    /// The collector at `endpoint`, all else by default.
    #[must_use]
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into(), period: None, timeout: Duration::from_secs(10) }
    }
}

/// What is exported, and where to. As made by [`Config::new`]: nothing.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where `GET /metrics` is answered, in the text format of Prometheus.
    pub prometheus: Option<SocketAddr>,
    /// Where metrics are pushed to.
    pub metrics: Option<Otlp>,
    /// Where traces are pushed to.
    pub traces: Option<Otlp>,
    /// How closely metrics tell whose they are. By default [`Detail::App`].
    pub detail: Detail,
    /// How many apps, and how many registrations, are told apart in labels; those that come later share the label
    /// value `other`. By default 200.
    pub label_values_max: usize,
    /// How many events may wait between the host and the telemetry; further ones are dropped and counted. By default
    /// 16,384.
    pub events_max: usize,
    /// How many activations that are not complete are remembered for their traces; the oldest is forgotten and
    /// counted. By default 10,000.
    pub activations_max: usize,
    /// How many connections of scrapers may be open; further ones are closed at once. By default 16.
    pub connections_max: usize,
    /// Within this a scraper must have sent the head of its request, and take each piece of the answer. By default
    /// 10 s.
    pub scrape_timeout: Duration,
    /// How long [`Telemetry::flush`](crate::Telemetry::flush) and [`Telemetry::shutdown`](crate::Telemetry::shutdown)
    /// wait for the collector. By default 5 s.
    pub flush_timeout: Duration,
    /// What tells this host from others, as `service.instance.id`.
    pub instance: Option<String>,
}

impl Config {
    /// Exports nothing, and takes time from `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            prometheus: None,
            metrics: None,
            traces: None,
            detail: Detail::default(),
            label_values_max: 200,
            events_max: 16_384,
            activations_max: 10_000,
            connections_max: 16,
            scrape_timeout: Duration::from_secs(10),
            flush_timeout: Duration::from_secs(5),
            instance: None,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("prometheus", &self.prometheus)
            .field("metrics", &self.metrics)
            .field("traces", &self.traces)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

/// Whose a registration is; none if nobody knows.
pub(crate) type Apps = Arc<dyn Fn(RegistrationId) -> Option<AppId> + Send + Sync>;

/// Whom the telemetry asks.
pub struct Sources {
    pub(crate) apps: Apps,
    /// Numbers that are read at each scrape and each export.
    pub observed: Vec<Observed>,
}

impl Sources {
    /// `apps` says whose a registration is; none if nobody knows any more. It is asked once for each registration that
    /// it knows, in a task of the telemetry and never while the host tells an event, so it may ask the host. It must
    /// not wait.
    pub fn new(apps: impl Fn(RegistrationId) -> Option<AppId> + Send + Sync + 'static) -> Self {
        Self { apps: Arc::new(apps), observed: Vec::new() }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("observed", &self.observed).finish_non_exhaustive()
    }
}
