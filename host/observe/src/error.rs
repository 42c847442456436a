//! Why there is no telemetry.

use std::io;
use std::net::SocketAddr;

/// Why metrics or traces cannot be had as they were asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// The address to be scraped at is taken, or not this machine's.
    #[error("cannot listen on {address} for scrapes of metrics: {source}; name another address, or port 0")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the machine says.
        source: io::Error,
    },
    /// The endpoint of a collector is none.
    #[error(
        "`{endpoint}` is no endpoint for {signal}: {why}; write the collector's base URL, like http://127.0.0.1:4318"
    )]
    Endpoint {
        /// What was written, shortened.
        endpoint: String,
        /// `metrics` or `traces`.
        signal: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The program has installed no provider of cryptography for TLS.
    #[error(
        "no provider of cryptography for TLS is installed; the program has to install one before it starts telemetry"
    )]
    NoTlsProvider,
    /// The exporter refuses its settings, of which some come from `OTEL_EXPORTER_OTLP_*` in the environment.
    #[error("cannot export {signal}: {why}; look at the OTEL_EXPORTER_OTLP_* variables of the environment")]
    Exporter {
        /// `metrics` or `traces`.
        signal: &'static str,
        /// What it says.
        why: String,
    },
    /// A period at which something is to be exported is too short.
    #[error("cannot export {signal} every {period:?}: the shortest period is {min:?}")]
    Period {
        /// `metrics` or `traces`.
        signal: &'static str,
        /// What was asked for.
        period: std::time::Duration,
        /// The shortest.
        min: std::time::Duration,
    },
    /// An observed value cannot be exported under its name.
    #[error("the metric `{name}` cannot be observed: {why}")]
    Observed {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The collector did not take in time what was left.
    #[error("the collector did not take everything that was left within {0:?}")]
    FlushTimedOut(std::time::Duration),
}
