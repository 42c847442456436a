//! Telemetry that cannot be had, and none at all.

use std::time::Duration;

use super::{Rig, prepare};
use crate::config::{Otlp, Sources};
use crate::error::TelemetryError;
use crate::otlp::endpoint;

#[tokio::test]
async fn what_was_not_asked_for_costs_a_host_nothing() {
    let (_, prepared) = prepare(|config| config.prometheus = None).await.unwrap();
    assert!(prepared.observer().is_none());
    let telemetry = prepared.start(Sources::new(|_| None)).unwrap();
    assert!(telemetry.observer().is_none());
    assert_eq!(telemetry.scraped_at(), None);
    telemetry.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let rig = Rig::new(|_| {}).await;
    let taken = rig.telemetry.scraped_at().unwrap();
    let refused = prepare(|config| config.prometheus = Some(taken)).await.err().unwrap();
    assert!(matches!(refused, TelemetryError::Listen { address, .. } if address == taken));
    assert!(refused.to_string().starts_with(&format!("cannot listen on {taken} ")), "{refused}");
}

#[tokio::test]
async fn an_endpoint_that_is_none_is_named() {
    let refused = prepare(|config| config.traces = Some(Otlp::new("collector"))).await.err().unwrap();
    assert!(refused.to_string().starts_with("`collector` is no endpoint for traces: "), "{refused}");
    let refused = prepare(|config| config.metrics = Some(Otlp::new("grpc://here:4317"))).await.err().unwrap();
    assert!(refused.to_string().starts_with("`grpc://here:4317` is no endpoint for metrics: "), "{refused}");
}

#[test]
fn an_endpoint_is_a_base_url() {
    for base in ["http://here:4318", "http://here:4318/"] {
        assert_eq!(endpoint(base, "traces").unwrap(), "http://here:4318/v1/traces");
    }
    assert_eq!(
        endpoint("https://there/in/a/path/", "metrics").unwrap(),
        "https://there/in/a/path/v1/metrics"
    );
    for bad in ["", "here:4318", "/v1/traces", "ftp://here", "http://", "http://here/?a=b", "http://here/#a"]
    {
        assert!(matches!(endpoint(bad, "traces"), Err(TelemetryError::Endpoint { .. })), "{bad}");
    }
}

#[test]
fn a_secret_in_an_endpoint_is_refused_and_not_said_back() {
    let refused = endpoint("http://me:hunter2@here:4318", "traces").unwrap_err().to_string();
    assert!(refused.contains("OTEL_EXPORTER_OTLP_HEADERS") && !refused.contains("hunter2"), "{refused}");
}

#[tokio::test]
async fn a_period_has_a_least() {
    let mut otlp = Otlp::new("http://127.0.0.1:4318");
    otlp.period = Some(Duration::from_millis(1));
    let refused = prepare(|config| config.metrics = Some(otlp)).await.err().unwrap();
    assert!(matches!(refused, TelemetryError::Period { signal: "metrics", .. }), "{refused}");
}

#[tokio::test]
async fn telemetry_ends_with_its_last_scrape() {
    let rig = Rig::new(|_| {}).await;
    let address = rig.telemetry.scraped_at().unwrap();
    rig.telemetry.shutdown().await.unwrap();
    super::until(async || tokio::net::TcpStream::connect(address).await.is_err()).await;
}
