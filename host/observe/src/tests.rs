//! Telemetry as its users see it: told by hand, scraped and collected over real sockets.

mod collector;
mod labels;
mod limits;
mod metrics;
mod observed;
mod push;
mod scrape;
mod start;
mod story;
mod table;
mod traces;

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::event::{Event, EventKind};
use dormouse_core::{AppEvent, AppId, Observer, RegistrationId, SimClock, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::config::{Config, Sources};
use crate::error::TelemetryError;
use crate::metrics::Observed;
use crate::telemetry::{Prepared, Telemetry};
use collector::{Collector, Mood};

const DAY: i64 = 1_767_225_600_000;

/// The registration number `n`.
fn registration(n: u128) -> RegistrationId {
    RegistrationId::from_uuid(Uuid::from_u128(n))
}

/// `kind`, `millis` into the day, to the registration number `n`.
fn event(millis: i64, n: u128, kind: EventKind) -> Event {
    Event { at: Timestamp::from_millis(DAY + millis), registration: registration(n), kind }
}

/// Registrations up to number 999 are of an app each; nobody knows the others.
fn app_of(registration: RegistrationId) -> Option<AppId> {
    let n = registration.as_uuid().as_u128();
    (n < 1_000).then(|| AppId::new(format!("app{n}")).unwrap())
}

/// Telemetry that is scraped on a free port, on simulated time.
struct Rig {
    clock: SimClock,
    telemetry: Telemetry,
    observer: Arc<dyn Observer>,
}

async fn prepare(change: impl FnOnce(&mut Config)) -> Result<(SimClock, Prepared), TelemetryError> {
    // Another test of this process may have been the first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = SimClock::new();
    let mut config = Config::new(Arc::new(clock.clone()));
    config.prometheus = Some(([127, 0, 0, 1], 0).into());
    change(&mut config);
    Ok((clock, Telemetry::prepare(config).await?))
}

impl Rig {
    async fn new(change: impl FnOnce(&mut Config)) -> Self {
        Self::observing(Vec::new(), change).await
    }

    /// With spans for a collector of this mood.
    async fn traced(mood: Mood, change: impl FnOnce(&mut Config)) -> (Self, Collector) {
        let collector = Collector::new(mood).await;
        let otlp = collector.otlp();
        let rig = Self::new(|config| {
            config.traces = Some(otlp);
            change(config);
        });
        (rig.await, collector)
    }

    /// With metrics and spans for a collector of this mood.
    async fn collected(mood: Mood) -> (Self, Collector) {
        let collector = Collector::new(mood).await;
        let (metrics, traces) = (collector.otlp(), collector.otlp());
        let rig = Self::new(|config| {
            config.metrics = Some(metrics);
            config.traces = Some(traces);
        });
        (rig.await, collector)
    }

    async fn observing(observed: Vec<Observed>, change: impl FnOnce(&mut Config)) -> Self {
        let (clock, prepared) = prepare(change).await.unwrap();
        let observer = prepared.observer().unwrap();
        let mut sources = Sources::new(app_of);
        sources.observed = observed;
        Self { clock, telemetry: prepared.start(sources).unwrap(), observer }
    }

    fn tell(&self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.observer.observe(&event));
    }

    fn tell_of_apps(&self, events: impl IntoIterator<Item = AppEvent>) {
        events.into_iter().for_each(|event| self.observer.observe_app(&event));
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.telemetry.scraped_at().unwrap()).await.unwrap()
    }

    /// Asks with the head `head`; the head of the answer, and its body.
    async fn ask(&self, head: &str) -> (String, String) {
        let mut stream = self.connect().await;
        stream.write_all(format!("{head} HTTP/1.1\r\nHost: here\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// The metrics, after all that was told is in them.
    async fn scrape(&self) -> String {
        self.telemetry.flush().await.unwrap();
        self.ask("GET /metrics").await.1
    }
}

/// The lines of `text` that begin with one of `names`, in order.
fn lines<'a>(text: &'a str, names: &[&str]) -> Vec<&'a str> {
    text.lines().filter(|line| names.iter().any(|name| line.starts_with(name))).collect()
}

/// Waits until `fact` is so. It is real tasks and sockets that make it so.
async fn until(mut fact: impl AsyncFnMut() -> bool) {
    for _ in 0..3_000 {
        if fact().await {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "sockets take real time, simulated time stands still")]
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not become so");
}
