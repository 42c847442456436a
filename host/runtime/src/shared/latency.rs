//! How long something took, counted into classes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper ends of the classes; what took longer is in one more.
const BOUNDS: [Duration; 14] = [
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
];

/// Written by any thread.
#[derive(Debug, Default)]
pub(crate) struct Latencies {
    classes: [AtomicU64; BOUNDS.len() + 1],
    sum: AtomicU64,
    max: AtomicU64,
}

/// How long something took, of all times that it happened since the start of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latency {
    /// How often it happened.
    pub count: u64,
    /// All of it together.
    pub sum: Duration,
    /// The longest.
    pub max: Duration,
    /// How often it took no longer than so long, the shorter ones included. What is missing to [`Latency::count`] took
    /// longer than the last.
    pub within: Vec<(Duration, u64)>,
}

impl Latencies {
    pub(crate) fn add(&self, span: Duration) {
        let class = BOUNDS.partition_point(|bound| *bound < span);
        if let Some(class) = self.classes.get(class) {
            class.fetch_add(1, Ordering::Relaxed);
        }
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        self.sum.fetch_add(nanos, Ordering::Relaxed);
        self.max.fetch_max(nanos, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Latency {
        let mut count = 0;
        let mut up_to = self.classes.iter().map(|class| {
            count += class.load(Ordering::Relaxed);
            count
        });
        let within = BOUNDS.into_iter().zip(&mut up_to).collect();
        up_to.for_each(drop);
        Latency {
            count,
            sum: Duration::from_nanos(self.sum.load(Ordering::Relaxed)),
            max: Duration::from_nanos(self.max.load(Ordering::Relaxed)),
            within,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_in_its_class_and_all_that_are_longer() {
        let latencies = Latencies::default();
        for span in
            [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(2), Duration::from_secs(60)]
        {
            latencies.add(span);
        }
        let read = latencies.read();
        let within = |bound| read.within.iter().find(|(at, _)| *at == bound).map(|(_, count)| *count);
        assert_eq!(within(Duration::from_micros(100)), Some(1));
        assert_eq!(within(Duration::from_millis(1)), Some(2), "a bound belongs to its class");
        assert_eq!(within(Duration::from_micros(2_500)), Some(3));
        assert_eq!(within(Duration::from_secs(30)), Some(3));
        assert_eq!((read.count, read.max), (4, Duration::from_secs(60)));
        assert_eq!(read.sum, Duration::from_millis(60_003));
    }
}
