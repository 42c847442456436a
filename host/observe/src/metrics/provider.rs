//! The instruments, and who reads them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    Instrument, InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Stream, Temporality,
};
use prometheus::Registry;

use super::catalogue::Instruments;
use super::observed::READINGS_MAX;

/// The name under which everything of this crate is exported.
pub(crate) const SCOPE: &str = "dormouse";

/// A reader for two: the provider, and whoever collects.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedReader(Arc<ManualReader>);

impl MetricReader for SharedReader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, into: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(into)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}

/// What is recorded into, and read from.
pub(crate) struct Provider {
    _provider: SdkMeterProvider,
    meter: Meter,
}

/// Where metrics can be read.
#[derive(Default)]
pub(crate) struct Readers {
    /// For scrapes.
    pub(crate) registry: Option<Registry>,
    /// For exports.
    pub(crate) pushed: Option<SharedReader>,
}

impl Provider {
    /// Metrics of `resource` for `readers`, whose owners can be said in `owners` ways.
    pub(crate) fn new(resource: Resource, readers: &Readers, owners: usize) -> Result<Self, String> {
        let bounded = move |instrument: &Instrument| {
            let metric = Instruments::ALL.iter().find(|metric| metric.name == instrument.name());
            let series = metric.map_or(READINGS_MAX, |metric| metric.series(owners));
            Stream::builder().with_cardinality_limit(series).build().ok()
        };
        let mut builder = SdkMeterProvider::builder().with_resource(resource).with_view(bounded);
        if let Some(registry) = &readers.registry {
            // Everything is of one scope: a label that says so on each series says nothing.
            let exporter = opentelemetry_prometheus::exporter()
                .with_registry(registry.clone())
                .scope_info_enabled(false);
            builder = builder.with_reader(exporter.build().map_err(|error| error.to_string())?);
        }
        if let Some(reader) = &readers.pushed {
            builder = builder.with_reader(reader.clone());
        }
        let provider = builder.build();
        let meter = provider.meter(SCOPE);
        Ok(Self { _provider: provider, meter })
    }

    pub(crate) const fn meter(&self) -> &Meter {
        &self.meter
    }
}
