//! Waiting for what takes real time.

use std::time::{Duration, Instant};

/// A test that waits for something that does not happen fails after this.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits for a fact. Simulated time stands still.
#[expect(clippy::disallowed_methods, reason = "what comes over a real connection takes real time")]
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(fact) = look().await {
            return fact;
        }
        assert!(started.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
