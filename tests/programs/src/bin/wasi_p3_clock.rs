//! Imports WASI 0.3 beside the contract: its monotonic clock, whose wait is an async function like those
//! of the contract, and shares the task's loop with them.

mod bindings {
    wit_bindgen::generate!({ path: "wit/wasi-0.3.0", world: "clocks", generate_all });
}

use std::pin::pin;
use std::time::Duration;

use bindings::wasi::clocks::monotonic_clock::{now, wait_for};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use futures::future::{Either, select};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let before = now();
    wait_for(20_000_000).await;
    assert!(now() >= before + 20_000_000, "the wait was too short");

    let day = pin!(instance.sleep(Duration::from_secs(24 * 60 * 60)));
    let moment = pin!(wait_for(1_000_000));
    assert!(matches!(select(day, moment).await, Either::Right(_)), "a day is shorter than a millisecond");
    Ok(())
}

fn main() {}
