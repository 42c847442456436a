//! Reads both clocks and the random numbers: they need no grant.

#![expect(clippy::disallowed_methods, reason = "the clocks that WASI gives are what this looks at")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use wasip2::random::random::get_random_bytes;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let (wall, monotonic) = (SystemTime::now(), Instant::now());
    assert!(wall > UNIX_EPOCH);
    assert_eq!(instance.sleep(Duration::from_millis(20)).await, None);
    assert!(Instant::now() >= monotonic);

    let (a, b) = (get_random_bytes(32), get_random_bytes(32));
    assert_eq!((a.len(), b.len()), (32, 32));
    assert_ne!(a, b);
    Ok(())
}

fn main() {}
