//! A collector that keeps what it is given.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config::Otlp;

/// What the collector does with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Takes,
    /// With this status.
    Refuses(u16),
    /// It reads the request, and answers nothing.
    IsSilent,
}

#[derive(Default)]
struct Taken {
    requests: usize,
    spans: Vec<Span>,
    metrics: Vec<Metric>,
    /// The attributes of each resource.
    resources: Vec<Vec<String>>,
}

pub(super) struct Collector {
    taken: Arc<Mutex<Taken>>,
    url: String,
    _server: JoinSet<()>,
}

impl Collector {
    pub(super) async fn new(mood: Mood) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/base/", listener.local_addr().unwrap());
        let taken = Arc::new(Mutex::new(Taken::default()));
        let mut server = JoinSet::new();
        server.spawn(serve(listener, Arc::clone(&taken), mood));
        Self { taken, url, _server: server }
    }

    pub(super) fn otlp(&self) -> Otlp {
        Otlp::new(&self.url)
    }

    /// The spans so far, in the order in which they ended.
    pub(super) fn spans(&self) -> Vec<Span> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).spans.clone()
    }

    /// The metrics of the newest export.
    pub(super) fn metrics(&self) -> Vec<Metric> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).metrics.clone()
    }

    /// The attributes of each resource that something was of, in the order of exports.
    pub(super) fn resources(&self) -> Vec<Vec<String>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).resources.clone()
    }

    /// How often it was asked to take something.
    pub(super) fn requests(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).requests
    }
}

async fn serve(listener: TcpListener, taken: Arc<Mutex<Taken>>, mood: Mood) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let taken = Arc::clone(&taken);
        let service = service_fn(move |request| take(Arc::clone(&taken), mood, request));
        connections.spawn(async move {
            let served =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // Whoever sends may go away.
            let _ = served.await;
        });
    }
}

async fn take(
    taken: Arc<Mutex<Taken>>,
    mood: Mood,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    {
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.requests += 1;
        if mood == Mood::Takes {
            match &*path {
                "/base/v1/traces" => {
                    let request = ExportTraceServiceRequest::decode(body).unwrap();
                    let resources = request.resource_spans.iter().filter_map(|of| of.resource.as_ref());
                    taken.resources.extend(resources.map(|resource| written(&resource.attributes)));
                    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
                    taken.spans.extend(scopes.flat_map(|scope| scope.spans));
                }
                "/base/v1/metrics" => {
                    let request = ExportMetricsServiceRequest::decode(body).unwrap();
                    let resources = request.resource_metrics.iter().filter_map(|of| of.resource.as_ref());
                    taken.resources.extend(resources.map(|resource| written(&resource.attributes)));
                    let scopes =
                        request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
                    taken.metrics = scopes.flat_map(|scope| scope.metrics).collect();
                }
                other => panic!("{other}"),
            }
        }
    }
    let mut response = Response::new(Full::default());
    match mood {
        Mood::Takes => {}
        Mood::Refuses(status) => *response.status_mut() = status.try_into().unwrap(),
        Mood::IsSilent => std::future::pending().await,
    }
    Ok(response)
}

/// `name=value` for each of `attributes`, in the order of names.
pub(super) fn written(attributes: &[KeyValue]) -> Vec<String> {
    let mut written: Vec<String> = attributes
        .iter()
        .map(|one| {
            let value = one.value.as_ref().and_then(|value| value.value.as_ref());
            let value = match value {
                Some(Value::StringValue(text)) => text.clone(),
                Some(Value::BoolValue(value)) => value.to_string(),
                Some(Value::IntValue(value)) => value.to_string(),
                Some(Value::DoubleValue(value)) => value.to_string(),
                other => panic!("{other:?}"),
            };
            format!("{}={value}", one.key)
        })
        .collect();
    written.sort();
    written
}

/// The lower-case hexadecimal digits of `id`.
pub(super) fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
