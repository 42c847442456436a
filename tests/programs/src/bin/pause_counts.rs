//! Uses CPU until its quota has paused it as often as its arguments say, and prints what it counted
//! (UWP-080, UWP-104). Being paused is no cancellation.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError, ThrottleCounter};
use test_programs::{arguments, compute, say};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let pauses: u32 = arguments(&instance)?.parse()?;
    // Paused before it began, if the quota was spent already.
    assert_eq!(instance.suspended_count(), instance.throttle_count(ThrottleCounter::All));
    while instance.throttle_count(ThrottleCounter::Cpu) < pauses {
        for _ in 0..3000 {
            compute();
        }
        if let Some(cancellation) = instance.sleep(Duration::from_millis(1)).await {
            return Err(TaskError::failed(format_args!("cancelled instead of paused: {cancellation}")));
        }
    }
    let all = instance.throttle_count(ThrottleCounter::All);
    let cpu = instance.throttle_count(ThrottleCounter::Cpu);
    let network = instance.throttle_count(ThrottleCounter::Network);
    assert_eq!(all, cpu + network, "all covers both");
    say(format_args!("suspended={} all={all} cpu={cpu} network={network}", instance.suspended_count()));
    Ok(())
}

fn main() {}
