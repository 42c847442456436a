//! A program without a provider of cryptography; a process of its own, because a provider is the process's.

use std::sync::Arc;

use dormouse_core::SimClock;
use dormouse_observe::{Config, Otlp, Telemetry, TelemetryError};

#[tokio::test]
async fn without_a_provider_of_cryptography_there_is_an_error_and_no_panic() {
    let mut config = Config::new(Arc::new(SimClock::new()));
    config.traces = Some(Otlp::new("http://127.0.0.1:4318"));
    assert!(matches!(Telemetry::prepare(config).await, Err(TelemetryError::NoTlsProvider)));
}
