//! The task that every introduction to background tasks begins with: it runs when the machine's time zone changes,
//! if somebody is there to see it.
//!
//! It shows all that a task has: it takes a deferral for work that outlives `run`, tells how far it is, stops when it
//! is cancelled and leaves word of that, and keeps its result where the app finds it, under the id of the registration
//! that woke it.
//!
//! ```text
//! cargo build -p time-zone --release --target wasm32-wasip2
//! cp target/wasm32-wasip2/release/time_zone.wasm examples/time-zone/package/
//! dormouse install examples/time-zone/package
//! dormouse serve
//! ```

#![expect(clippy::print_stdout, reason = "what a task prints is captured by its host")]

use std::fs;
use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

/// Entries are written one by one, so that a cancellation is seen between two of them.
const STEPS: u32 = 4;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let activation = instance.activation();
    println!("{} woke me", activation.name);
    let deferral = instance.get_deferral()?;
    let diary = format!("/local/{}.txt", activation.registration_id);
    let seen = fs::read_to_string(&diary).map_or(0, |text| text.lines().count()) + 1;
    for step in 1..=STEPS {
        if let Some(cancellation) = instance.sleep(Duration::from_millis(5)).await {
            fs::write("/local/cancelled.txt", cancellation.to_string())?;
            println!("cancelled: {cancellation}");
            return Ok(());
        }
        instance.set_progress(step * 100 / STEPS);
    }
    let mut text = fs::read_to_string(&diary).unwrap_or_default();
    text.push_str(&format!("change {seen}, told {} of them at once\n", activation.coalesced));
    fs::write(&diary, text)?;
    println!("change {seen} is written down");
    deferral.complete();
    Ok(())
}
