//! Metrics and traces, if they were asked for.

use std::sync::Arc;

use dormouse::{Clock, Host};
use dormouse_control::server::{EventFeed, Server};
use dormouse_observe::{Config, Otlp, Prepared, Sources, Telemetry, TelemetryError};
use dormouse_store_sqlite::SqliteStore;

use super::figures::Figures;
use crate::cli::ServeArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;

/// Binds the port for scrapes and judges the collector's address.
pub(super) async fn prepare(args: &ServeArgs, clock: Arc<dyn Clock>) -> Result<Prepared> {
    let mut config = Config::new(clock);
    config.prometheus = args.telemetry.metrics;
    // Set to nothing, a variable of OpenTelemetry's is as good as not set.
    if let Some(endpoint) = args.telemetry.otlp.as_deref().filter(|endpoint| !endpoint.is_empty()) {
        config.metrics = Some(Otlp::new(endpoint));
        config.traces = Some(Otlp::new(endpoint));
    }
    Telemetry::prepare(config).await.map_err(|error| failed(&error))
}

/// Begins to tell of `host`.
pub(super) fn start(
    prepared: Prepared,
    host: &Host,
    figures: &Arc<Figures>,
    store: Option<&Arc<SqliteStore>>,
    events: &EventFeed,
    server: &Server,
) -> Result<Telemetry> {
    let asked = host.clone();
    let mut sources = Sources::new(move |id| asked.registration(id).map(|known| known.registration.app));
    sources.observed = figures.observed(host, store, events, server);
    prepared.start(sources).map_err(|error| failed(&error))
}

fn failed(error: &TelemetryError) -> Failure {
    let exit = match error {
        TelemetryError::Listen { .. } | TelemetryError::Endpoint { .. } | TelemetryError::Exporter { .. } => {
            Exit::Usage
        }
        _ => Exit::Internal,
    };
    Failure::from_error(exit, error).help("see --metrics and --otlp in `dormouse serve --help`")
}
