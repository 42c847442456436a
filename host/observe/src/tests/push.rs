//! Exports, and collectors that do not take them.

use std::time::Duration;

use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point::Value};
use opentelemetry_sdk::trace::SpanExporter;

use super::collector::{Collector, Mood, written};
use super::story::{completed, whole_life};
use super::{Rig, event, lines, prepare, until};
use crate::error::TelemetryError;
use crate::metrics::Observed;
use crate::otlp::{resource, span_exporter};

fn metric<'a>(metrics: &'a [Metric], name: &str) -> &'a Metric {
    metrics.iter().find(|metric| metric.name == name).unwrap()
}

/// `labels value` for each series of a counter.
fn series(metric: &Metric) -> Vec<String> {
    let Some(Data::Sum(sum)) = &metric.data else { panic!("{metric:?}") };
    assert!(sum.is_monotonic);
    let one = |point: &opentelemetry_proto::tonic::metrics::v1::NumberDataPoint| {
        let Some(Value::AsInt(value)) = point.value else { panic!("{point:?}") };
        format!("{} {value}", written(&point.attributes).join(" "))
    };
    let mut series: Vec<String> = sum.data_points.iter().map(one).collect();
    series.sort();
    series
}

#[tokio::test]
async fn metrics_are_pushed_from_time_to_time() {
    let collector = Collector::new(Mood::Takes).await;
    let otlp = collector.otlp();
    let rig = Rig::new(|config| {
        config.prometheus = None;
        config.metrics = Some(otlp);
    })
    .await;
    rig.tell(whole_life());
    for exports in 1..=2 {
        until(async || rig.clock.next_deadline().is_some()).await;
        assert_eq!(collector.requests(), exports - 1);
        rig.clock.advance(Duration::from_secs(60));
        until(async || collector.requests() == exports).await;
    }
}

#[tokio::test]
async fn what_is_pushed_is_what_is_scraped() {
    let collector = Collector::new(Mood::Takes).await;
    let otlp = collector.otlp();
    let slots = Observed::gauge("dormouse.host.slots", "{run}", "Slots.", |now| now.put(8, &[]));
    let rig = Rig::observing(vec![slots], |config| config.metrics = Some(otlp)).await;
    rig.tell(whole_life());
    let text = rig.scrape().await;
    let metrics = collector.metrics();
    assert_eq!(
        series(metric(&metrics, "dormouse.runs.ended")),
        ["app=app1 outcome=canceled 1", "app=app1 outcome=succeeded 1"]
    );
    let cpu = metric(&metrics, "dormouse.run.cpu");
    let Some(Data::Histogram(histogram)) = &cpu.data else { panic!("{cpu:?}") };
    let [point] = &histogram.data_points[..] else { panic!("{histogram:?}") };
    assert_eq!((cpu.unit.as_str(), point.count, point.sum), ("s", 2, Some(0.5)));
    assert!(metrics.iter().any(|metric| metric.name == "dormouse.host.slots"));
    assert_eq!(lines(&text, &["dormouse_host_slots"]), ["dormouse_host_slots 8"]);
}

#[tokio::test]
async fn spans_do_not_wait_for_more_than_their_period() {
    let (rig, collector) = Rig::traced(Mood::Takes, |_| {}).await;
    rig.tell([event(0, 1, completed(1, true))]);
    until(async || rig.clock.next_deadline().is_some()).await;
    rig.clock.advance(Duration::from_secs(5));
    until(async || collector.spans().len() == 1).await;
}

#[tokio::test]
async fn metrics_and_spans_say_whose_they_are() {
    let (rig, collector) = Rig::collected(Mood::Takes).await;
    rig.tell([event(0, 1, completed(1, true))]);
    rig.telemetry.flush().await.unwrap();
    let resources = collector.resources();
    assert_eq!(resources.len(), 2);
    for resource in resources {
        assert!(resource.contains(&"service.name=dormouse".to_owned()), "{resource:?}");
    }
}

#[tokio::test]
async fn a_busy_collector_is_asked_again() {
    let (rig, collector) = Rig::traced(Mood::Refuses(503), |_| {}).await;
    rig.tell([event(0, 1, completed(1, true))]);
    rig.telemetry.flush().await.unwrap();
    assert!(collector.requests() > 1);
}

#[tokio::test]
async fn what_a_collector_refuses_is_counted_and_no_error() {
    let (rig, _collector) = Rig::collected(Mood::Refuses(400)).await;
    rig.tell([event(0, 1, completed(1, true)), event(0, 1, completed(2, true))]);
    let text = rig.scrape().await;
    assert_eq!(
        lines(&text, &["dormouse_telemetry_exports", "dormouse_telemetry_spans"]),
        [
            r#"dormouse_telemetry_exports_failed_total{signal="metrics"} 1"#,
            r#"dormouse_telemetry_exports_failed_total{signal="traces"} 1"#,
            r#"dormouse_telemetry_spans_dropped_total{reason="no-room"} 0"#,
            r#"dormouse_telemetry_spans_dropped_total{reason="not-taken"} 2"#,
            "dormouse_telemetry_spans_exported_total 0",
        ]
    );
}

#[tokio::test]
async fn a_silent_collector_holds_up_no_end() {
    let (rig, collector) = Rig::collected(Mood::IsSilent).await;
    rig.tell([event(0, 1, completed(1, true))]);
    let clock = rig.clock.clone();
    let observer = rig.observer;
    let mut shutdown = Box::pin(rig.telemetry.shutdown());
    // Each of its endpoints is asked, whatever the other does, and says nothing.
    until(async || {
        let over = ready_now(&mut shutdown).await;
        assert!(over.is_none(), "it ended by itself");
        collector.requests() == 2
    })
    .await;
    clock.advance(Duration::from_secs(5));
    let ended = shutdown.await;
    assert!(matches!(ended, Err(TelemetryError::FlushTimedOut(after)) if after == Duration::from_secs(5)));
    // What the host tells now is told to nobody, and takes no time.
    observer.observe(&event(0, 1, completed(2, true)));
}

#[tokio::test]
async fn why_a_collector_is_not_reached_is_told() {
    // Whoever had the port is gone.
    let otlp = Collector::new(Mood::Takes).await.otlp();
    let (_, prepared) = prepare(|_| {}).await.unwrap();
    drop(prepared);
    let (exporter, error) = span_exporter(&otlp, &resource(None)).unwrap();
    let refused = exporter.export(Vec::new()).await.unwrap_err();
    let why = error.explain(&refused);
    assert!(why.contains("network error: ") && why.contains("refused"), "{why}");
}

/// What `future` answers if it is ready.
async fn ready_now<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    tokio::select! {
        biased;
        answer = future => Some(answer),
        () = std::future::ready(()) => None,
    }
}
