//! Metrics and traces of a Dormouse host, for whoever runs it.
//!
//! Everything here is off until it is asked for, and each thing by itself: metrics scraped by Prometheus, metrics
//! pushed over OTLP, traces over OTLP. A host is told of it only as an [`Observer`](dormouse_core::Observer), which
//! copies an [event](dormouse_core::event::EventKind) into a bounded queue and returns; all else happens in tasks of
//! this crate. A collector that is slow, or away, costs log lines and what it did not take, never a run.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use dormouse_core::{Clock, SimClock};
//! use dormouse_observe::{Config, Observed, Otlp, Sources, Telemetry};
//!
//! # async fn example() -> Result<(), dormouse_observe::TelemetryError> {
//! let mut config = Config::new(Arc::new(SimClock::new()));
//! config.prometheus = Some(([127, 0, 0, 1], 9464).into());
//! config.traces = Some(Otlp::new("http://127.0.0.1:4318"));
//! // Ports are bound and addresses judged before there is a host.
//! let prepared = Telemetry::prepare(config).await?;
//! let observer = prepared.observer(); // for the host's builder
//! // The host starts; what it tells waits in the queue.
//! let mut sources = Sources::new(|_registration| None);
//! sources.observed.push(Observed::gauge("dormouse.host.running", "{run}", "Runs now.", |now| now.put(0, &[])));
//! let telemetry = prepared.start(sources)?;
//! // ...
//! telemetry.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! | to learn about | read |
//! | --- | --- |
//! | every metric, with its labels and their bounds | [`metrics`] |
//! | numbers that are read and not told | [`Observed`] |
//! | spans, their ids and attributes | [`traces`] |
//! | what can be chosen | [`Config`] |

mod complaint;
mod config;
mod error;
pub mod metrics;
mod observer;
mod otlp;
mod stats;
mod telemetry;
pub mod traces;
mod wait;
mod worker;

pub use config::{Config, Detail, Otlp, Sources};
pub use error::TelemetryError;
pub use metrics::observed::{Observed, ObservedKind, Readings};
pub use telemetry::{Prepared, Telemetry};

#[cfg(test)]
mod tests;
