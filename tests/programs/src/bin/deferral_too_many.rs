//! Takes deferrals until there are no more, and prints how many there were. Completing one makes room
//! for one.

use dormouse_guest::{BackgroundTaskInstance, DeferralError, TaskError};
use test_programs::say;

/// More than any host should allow.
const ENOUGH: usize = 1_000_000;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let mut held = Vec::new();
    let refused = loop {
        match instance.get_deferral() {
            Ok(deferral) => held.push(deferral),
            Err(e) => break e,
        }
        assert!(held.len() < ENOUGH, "there is no limit");
    };
    assert_eq!(refused, DeferralError::TooMany);
    say(held.len());

    held.pop().expect("at least one was given").complete();
    held.push(instance.get_deferral()?);
    assert_eq!(instance.get_deferral().err(), Some(DeferralError::TooMany));
    Ok(())
}

fn main() {}
