//! Numbers that are read when they are wanted, and told by nobody.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};

use super::catalogue::Instruments;
use crate::error::TelemetryError;
use crate::stats::Stats;

/// The most values that one metric yields at one reading; further ones are dropped and counted.
pub const READINGS_MAX: usize = 1_000;

/// The longest value of a label, in bytes. What is longer is cut.
pub const LABEL_VALUE_BYTES_MAX: usize = 128;

/// The longest name, and the longest unit, in bytes.
const NAME_BYTES_MAX: usize = 63;

/// What a number does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObservedKind {
    /// Goes up and down.
    Gauge,
    /// Only grows while the host lives.
    Counter,
}

type Read = Arc<dyn Fn(&mut Readings<'_>) + Send + Sync>;

/// A metric whose values somebody knows, and is asked for at each scrape and each export, and never else.
#[derive(Clone)]
pub struct Observed {
    pub(crate) name: Cow<'static, str>,
    pub(crate) unit: Cow<'static, str>,
    pub(crate) meaning: Cow<'static, str>,
    pub(crate) kind: ObservedKind,
    read: Read,
}

impl Observed {
    /// A number that goes up and down, as `dormouse.host.running`. `read` puts its values; it may take a lock, must
    /// not wait for more, and is called on a thread for what blocks.
    ///
    /// `unit` is UCUM: `s`, `By`, or what is counted, as `{run}`. Prometheus is told it as a suffix of the name.
    pub fn gauge(
        name: impl Into<Cow<'static, str>>,
        unit: impl Into<Cow<'static, str>>,
        meaning: impl Into<Cow<'static, str>>,
        read: impl Fn(&mut Readings<'_>) + Send + Sync + 'static,
    ) -> Self {
        let (name, unit, meaning) = (name.into(), unit.into(), meaning.into());
        Self { name, unit, meaning, kind: ObservedKind::Gauge, read: Arc::new(read) }
    }

    /// A number that only grows, otherwise as [`Observed::gauge`]. Prometheus sees `_total` behind its name.
    pub fn counter(
        name: impl Into<Cow<'static, str>>,
        unit: impl Into<Cow<'static, str>>,
        meaning: impl Into<Cow<'static, str>>,
        read: impl Fn(&mut Readings<'_>) + Send + Sync + 'static,
    ) -> Self {
        Self { kind: ObservedKind::Counter, ..Self::gauge(name, unit, meaning, read) }
    }

    /// Has its values asked for by everyone who reads `meter`.
    pub(crate) fn register(self, meter: &Meter, stats: &Arc<Stats>) {
        let (read, stats) = (self.read, Arc::clone(stats));
        let callback = move |instrument: &dyn AsyncInstrument<f64>| {
            let mut readings = Readings { instrument, left: READINGS_MAX, dropped: 0 };
            read(&mut readings);
            stats.readings_dropped.add(readings.dropped);
        };
        match self.kind {
            ObservedKind::Gauge => {
                let gauge = meter.f64_observable_gauge(self.name).with_unit(self.unit);
                gauge.with_description(self.meaning).with_callback(callback).build();
            }
            ObservedKind::Counter => {
                let counter = meter.f64_observable_counter(self.name).with_unit(self.unit);
                counter.with_description(self.meaning).with_callback(callback).build();
            }
        }
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Where the values of one metric are put.
pub struct Readings<'a> {
    instrument: &'a dyn AsyncInstrument<f64>,
    left: usize,
    dropped: u64,
}

impl Readings<'_> {
    /// It is `value` now, for what `labels` say. Each set of labels once; the values of labels must be few, because
    /// each set of them is a series that is kept for good by whoever collects.
    pub fn put(&mut self, value: u64, labels: &[(&'static str, &str)]) {
        #[expect(clippy::cast_precision_loss, reason = "numbers are floats to those who collect them")]
        self.put_f64(value as f64, labels);
    }

    /// It is `value` now, otherwise as [`Readings::put`].
    pub fn put_f64(&mut self, value: f64, labels: &[(&'static str, &str)]) {
        if self.left == 0 {
            self.dropped += 1;
            return;
        }
        self.left -= 1;
        let labels: Vec<KeyValue> = labels
            .iter()
            .map(|(name, value)| KeyValue::new(*name, cut(value, LABEL_VALUE_BYTES_MAX).to_owned()))
            .collect();
        self.instrument.observe(value, &labels);
    }
}

impl fmt::Debug for Readings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readings").field("left", &self.left).finish_non_exhaustive()
    }
}

/// The beginning of `text`, at most `max` bytes, cut at a character.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default()
}

/// Whether all of these can be metrics beside each other and those made of events.
///
/// # Errors
///
/// The first that cannot.
pub(crate) fn check(observed: &[Observed]) -> Result<(), TelemetryError> {
    let mut taken: Vec<String> = Instruments::ALL.iter().map(|metric| flat(metric.name)).collect();
    for one in observed {
        let refused =
            |why| Err(TelemetryError::Observed { name: cut(&one.name, 2 * NAME_BYTES_MAX).to_owned(), why });
        let named = one.name.starts_with("dormouse.") && one.name.len() <= NAME_BYTES_MAX;
        if !named
            || !one.name.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'0'..=b'9' | b'_' | b'.'))
        {
            return refused("use `dormouse.` with up to 54 of a-z, 0-9, `_` and `.` behind it");
        }
        if one.unit.len() > NAME_BYTES_MAX || !one.unit.is_ascii() {
            return refused("its unit is longer than 63 characters, or not ASCII");
        }
        // Prometheus knows no dots.
        let flat = flat(&one.name);
        if taken.contains(&flat) {
            return refused("another metric has this name");
        }
        taken.push(flat);
    }
    Ok(())
}

fn flat(name: &str) -> String {
    name.replace('.', "_")
}
