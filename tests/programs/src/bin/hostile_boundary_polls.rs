//! Has the host look at one timer five hundred times in each call, without end (`again`, as GHSA-j366-h8gg-77pm), or five
//! million times in one call (`once`).

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, no_such_attack};
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::io::poll::poll;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let timer = subscribe_duration(0);
    match arguments(&instance)?.as_str() {
        "once" => {
            poll(&vec![&timer; 5_000_000]);
            Ok(())
        }
        "again" => loop {
            poll(&vec![&timer; 500]);
        },
        other => Err(no_such_attack(other)),
    }
}

fn main() {}
