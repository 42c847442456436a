//! How a collector is reached.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use opentelemetry::KeyValue;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::trace::SpanExporter as _;
use reqwest::Url;

use crate::config::Otlp;
use crate::error::TelemetryError;
use crate::metrics::observed::cut;

/// How much of an endpoint that is none is said back, in bytes.
const EXCERPT_BYTES: usize = 128;

const METRICS: &str = "metrics";
const TRACES: &str = "traces";

/// What an export failed of: the exporter itself says only that the network did not work.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastError(Arc<Mutex<Option<String>>>);

impl LastError {
    /// `error`, with what the network said.
    pub(crate) fn explain(&self, error: &dyn Error) -> String {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(why) => format!("{error}: {why}"),
            None => error.to_string(),
        }
    }

    fn keep(&self, error: HttpError) -> HttpError {
        // The outermost text may hold the URL, and is told by the exporter in other words.
        let mut why = Vec::new();
        let mut source = error.source();
        while let Some(error) = source {
            why.push(error.to_string());
            source = error.source();
        }
        let why = (!why.is_empty()).then(|| why.join(": "));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = why;
        error
    }
}

#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    error: LastError,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.http.send_bytes(request).await.map_err(|error| self.error.keep(error))
    }
}

/// What exports metrics to `otlp`, with what says why it could not.
pub(crate) fn metric_exporter(otlp: &Otlp) -> Result<(MetricExporter, LastError), TelemetryError> {
    let (endpoint, client) = (endpoint(&otlp.endpoint, METRICS)?, client(otlp, METRICS)?);
    let error = client.error.clone();
    let exporter = MetricExporter::builder()
        .with_temporality(Temporality::Cumulative)
        .with_http()
        .with_http_client(client)
        .with_endpoint(endpoint)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(otlp.timeout);
    Ok((exporter.build().map_err(|error| refused(METRICS, &error))?, error))
}

/// What exports spans of `resource` to `otlp`, with what says why it could not.
pub(crate) fn span_exporter(
    otlp: &Otlp,
    resource: &Resource,
) -> Result<(SpanExporter, LastError), TelemetryError> {
    let (endpoint, client) = (endpoint(&otlp.endpoint, TRACES)?, client(otlp, TRACES)?);
    let error = client.error.clone();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(endpoint)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(otlp.timeout);
    let mut exporter = exporter.build().map_err(|error| refused(TRACES, &error))?;
    exporter.set_resource(resource);
    Ok((exporter, error))
}

/// Who exports. `OTEL_RESOURCE_ATTRIBUTES` of the environment is added.
pub(crate) fn resource(instance: Option<String>) -> Resource {
    let instance = instance.map(|instance| KeyValue::new("service.instance.id", instance));
    Resource::builder()
        .with_service_name("dormouse")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attributes(instance)
        .build()
}

fn refused(signal: &'static str, error: &dyn fmt::Display) -> TelemetryError {
    TelemetryError::Exporter { signal, why: error.to_string() }
}

fn client(otlp: &Otlp, signal: &'static str) -> Result<Client, TelemetryError> {
    // The client would panic.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(TelemetryError::NoTlsProvider);
    }
    // A collector that redirects is not the one that was named, and headers may hold a secret.
    let http = reqwest::Client::builder().timeout(otlp.timeout).redirect(reqwest::redirect::Policy::none());
    let http = http.build().map_err(|error| refused(signal, &error))?;
    Ok(Client { http, error: LastError::default() })
}

/// Where `signal` goes at the collector whose base URL is `base`.
pub(crate) fn endpoint(base: &str, signal: &'static str) -> Result<String, TelemetryError> {
    let refused = |why: String| {
        // What may be a secret is not said back.
        let shown = base.rsplit_once('@').map_or(base, |(_, behind)| behind);
        Err(TelemetryError::Endpoint { endpoint: cut(shown, EXCERPT_BYTES).to_owned(), signal, why })
    };
    let url = match Url::parse(base) {
        Ok(url) => url,
        Err(error) => return refused(error.to_string()),
    };
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return refused("it is neither http nor https".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("it holds a name or password; set OTEL_EXPORTER_OTLP_HEADERS instead".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refused("it has a `?` or `#`".to_owned());
    }
    Ok(format!("{}/v1/{signal}", url.as_str().trim_end_matches('/')))
}
